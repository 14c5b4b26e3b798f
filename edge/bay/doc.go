// Package bay minds the devices of an edge and writes down what they notice.
//
// It promises: the intent to scan, to open a slot or to clear codes is on disk before
// the byte that does it goes to a device; each of them has exactly one ending in the
// journal, whatever happens, a crash included; a request that comes twice does its
// work once. An alarm of the cabinet stands until a named person has looked. Live
// values are told to the bay's screen and written nowhere. After a break or a restart the whole state of the cabinet is written, as a
// snapshot, when it is not what the journal says; of keys that came or went
// meanwhile only those are told that somebody had been asked to hang or to take.
//
// It does not speak bytes (the drivers do), it does not decide who may have a key
// (edge/desk does), and it never logs a plate or a VIN.
package bay
