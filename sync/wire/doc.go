// Package wire is what two nodes say to each other: topic names, the bytes of
// every message, and the pipe that carries them.
//
// It promises: every name and every message is parsed strictly and within fixed
// limits, whatever the bytes are; the same segment gives the same bytes; a pipe is
// one connection that is never repaired, only replaced, and none of its calls
// blocks longer than its time limit.
//
// It does not verify signatures (edge/journal does), and it decides nothing about
// who asks whom for what (sync/link and sync/central do).
package wire
