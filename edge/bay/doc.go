// Package bay minds the devices of an edge and writes down what they notice.
//
// It promises: scan.started and slot.unlock_intended are on disk before the first
// byte goes to a device; each of them has exactly one ending in the journal,
// whatever happens, a crash included; a request that comes twice does its work
// once; no edge is invented after a break, only what is seen is written.
//
// It does not speak bytes (the drivers do), it does not decide who may have a key
// (edge/desk does), and it never logs a plate or a VIN.
package bay
