package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// ReaderConfig is a 125 kHz tag reader.
type ReaderConfig struct {
	Once   bool          // ID-12LA: a tag is sent once, with CR LF; else RDM6300: again and again
	Repeat time.Duration // of an RDM6300; 0: 65 ms
	Seed   uint64        // of noise
}

// TagReader is a practice tag reader: it only ever sends. Everything may be called
// from anywhere; one Serve runs at a time.
type TagReader struct {
	cfg ReaderConfig

	mu     sync.Mutex
	tag    [5]byte
	there  bool
	fresh  bool // not sent yet
	faults ReaderFaults
	shown  chan struct{} // wakes Serve
}

// ReaderFaults are what can be wrong with a reader.
type ReaderFaults struct {
	Noise    bool // random bytes before each frame
	Half     bool // every second frame is cut, and the next follows at once
	WrongSum bool
}

// NewTagReader makes a reader with no tag before it.
func NewTagReader(cfg ReaderConfig) *TagReader {
	if cfg.Repeat == 0 {
		cfg.Repeat = 65 * time.Millisecond
	}
	return &TagReader{cfg: cfg, shown: make(chan struct{}, 1)}
}

// Show lays a tag before the reader; the first byte is its version.
func (r *TagReader) Show(tag [5]byte) { r.lay(tag, true) }

// Take takes the tag away.
func (r *TagReader) Take() { r.lay([5]byte{}, false) }

func (r *TagReader) lay(tag [5]byte, there bool) {
	r.mu.Lock()
	r.tag, r.there, r.fresh = tag, there, there
	r.mu.Unlock()
	select {
	case r.shown <- struct{}{}:
	default:
	}
}

// SetFaults switches faults; the next frame meets them.
func (r *TagReader) SetFaults(f ReaderFaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// Serve sends the tag that lies there over rw until ctx ends.
func (r *TagReader) Serve(ctx context.Context, rw io.ReadWriter) error {
	rng := rand.New(rand.NewPCG(r.cfg.Seed, 3))
	tick := time.NewTicker(r.cfg.Repeat)
	defer tick.Stop()
	for n := 0; ; n++ {
		again := tick.C
		if r.cfg.Once {
			again = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.shown:
		case <-again:
		}
		for _, out := range r.frames(n, rng) {
			if _, err := rw.Write(out); err != nil {
				return err
			}
		}
	}
}

// frames is what goes over the line for one reading of the tag.
func (r *TagReader) frames(n int, rng *rand.Rand) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.there || r.cfg.Once && !r.fresh {
		return nil
	}
	r.fresh = false
	f := TagFrame(r.tag, r.cfg.Once)
	if r.faults.WrongSum {
		f[11] ^= 1 // a digit of the sum
	}
	var out [][]byte
	if r.faults.Noise {
		noise := make([]byte, 1+rng.IntN(5))
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		out = append(out, noise)
	}
	if r.faults.Half && n%2 == 0 {
		out = append(out, f[:1+rng.IntN(len(f)-1)])
	}
	return append(out, f)
}

// TagFrame is the frame of a tag: with once that of an ID-12LA.
func TagFrame(tag [5]byte, once bool) []byte {
	text := fmt.Sprintf("%X%02X", tag[:], xor8(tag[:]))
	if once {
		text += "\r\n"
	}
	return append(append([]byte{stx}, text...), etx)
}
