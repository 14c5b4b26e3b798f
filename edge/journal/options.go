package journal

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"time"

	"pitlane/edge/tlog"
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
	Keys tlog.Sealer
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

// fill checks the options and sets what is left out.
func (o *Options) fill() error {
	if !tlog.ValidNode(o.Node) {
		return fmt.Errorf("a node's name is 3 to 48 of a-z, 0-9 and -: %q", o.Node)
	}
	if len(o.Key) != ed25519.PrivateKeySize {
		return fmt.Errorf("open the journal of %s: no node key", o.Node)
	}
	n, ok := o.Roster.Node(o.Node)
	if !ok {
		return fmt.Errorf("open the journal of %s: the node is not on the roster: add it with `pitlane shop add`", o.Node)
	}
	if !n.Key.Equal(o.Key.Public()) {
		return fmt.Errorf("open the journal of %s: its key is not the one on the roster: take the node's folder as `pitlane shop add` made it", o.Node)
	}
	if o.Clock == nil {
		c, err := SystemClock()
		if err != nil {
			return err
		}
		o.Clock = c
	}
	if o.Quality == nil {
		o.Quality = func() uint8 { return 0 }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SegmentLeaves <= 0 {
		o.SegmentLeaves = 100_000
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 64 << 20
	}
	return o.fillReserve()
}

func (o *Options) fillReserve() error {
	if o.Reserve == 0 {
		o.Reserve = min(max(o.MaxSize/16, 1<<20), 8<<20)
	}
	if o.Reserve < 0 {
		o.Reserve = 0
	}
	if o.MaxSize > 0 && o.Reserve >= o.MaxSize {
		return fmt.Errorf("the journal may take %d bytes and keeps %d of them in reserve: allow more", o.MaxSize, o.Reserve)
	}
	return nil
}
