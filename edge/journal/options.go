package journal

import (
	"crypto/ed25519"
	"log/slog"
	"time"
)

// Options says where a journal lies, whose it is and how it behaves.
type Options struct {
	// Dir is the node's folder. It is made when missing.
	Dir string
	// Node is the node's name, <shop>-<node>.
	Node string
	// Key signs the checkpoints of this node. Its public half is on the roster.
	Key ed25519.PrivateKey
	// Roster says whose origins are taken in.
	Roster *Roster
	// MaxSize caps the bytes of all segment files; 0 is no cap.
	MaxSize int64
	// Reserve is kept free for what devices already did (Draft.Device): a part of
	// MaxSize, and a file of this size that is given up on a full disk. 0 is a
	// sixteenth of MaxSize, at least 1 MiB and at most 8 MiB.
	Reserve int64
	// Clock is the machine's clock; nil is the real one.
	Clock Clock
	// Quality says how far the wall clock can be trusted now, 0 to 3; nil is 0.
	Quality func() uint8
	// Keys seals and opens payloads (edge/vault); with nil they are kept in clear,
	// and a folder that holds sealed ones is not opened for writing.
	Keys Sealer
	// Log hears what a person must know; nil is silence.
	Log *slog.Logger
	// SelfCheck reads back and verifies every commit. For tests.
	SelfCheck bool

	// SegmentLeaves and SegmentBytes end a segment file; 0 is 100,000 and 64 MiB.
	SegmentLeaves int
	SegmentBytes  int64
}

// Clock tells the time. Its methods are called from the writer's goroutine, once
// a draft.
type Clock interface {
	// Now is the wall clock.
	Now() time.Time
	// Boot is the id of this boot and the time since it began, which counts on
	// through suspend.
	Boot() (id string, since time.Duration)
}
