// Package wire is what two nodes say to each other: topic names, the bytes of
// every message, the pipe that carries them, and the rule of whom to ask for what is
// missing.
//
// It promises: every name and every message is parsed strictly and within fixed
// limits, whatever the bytes are; the same segment gives the same bytes; a pipe is
// one connection that is never repaired, only replaced, and none of its calls
// blocks longer than its time limit.
//
// It does not verify what is signed (edge/tlog does), and it keeps nothing.
package wire
