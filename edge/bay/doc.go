// Package bay minds the devices of an edge and writes down what they notice.
//
// It promises: scan.started and slot.unlock_intended are on disk before the first
// byte goes to a device; each of them has exactly one ending in the journal,
// whatever happens, a crash included; a request that comes twice does its work
// once. After a break or a restart the whole state of the cabinet is written, as a
// snapshot, when it is not what the journal says; of keys that came or went
// meanwhile only those are told that somebody had been asked to hang or to take.
//
// It does not speak bytes (the drivers do), it does not decide who may have a key
// (edge/desk does), and it never logs a plate or a VIN.
package bay
