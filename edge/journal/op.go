package journal

import (
	"context"
	"fmt"
)

// op is one call of Append or Adopt on its way through the writer.
type op struct {
	drafts  []prepared
	adopt   *checked
	look    bool // it writes nothing and asks for room
	cut     *cut
	renew   string // why a new epoch is begun; "" for none
	from    string // and instead of which origin
	coming  bool   // counted in Journal.coming until the writer has it
	done    chan struct{}
	entries []Entry
	wrote   bool // it is no mere repeat
	err     error
}

func (o *op) count() int {
	if o.adopt != nil {
		return len(o.adopt.entries)
	}
	return len(o.drafts)
}

// device says whether the op may use the reserve.
func (o *op) device() bool {
	for _, d := range o.drafts {
		if !d.Device {
			return false
		}
	}
	return o.adopt == nil && !o.look
}

// room estimates what the op adds to the file: records lie in pages of 4 KiB, a
// page is at worst half used.
func (o *op) room() int64 {
	n := int64(0)
	if o.look {
		n = roomInFile
	}
	for _, d := range o.drafts {
		n += 2 * (1024 + payloadLen(d.work) + payloadLen(d.contact))
	}
	if o.adopt != nil {
		for _, e := range o.adopt.entries {
			n += 2 * (int64(len(e.Leaf)) + 256 + e.payloads())
		}
	}
	return n
}

func payloadLen(o *Opening) int64 {
	if o == nil {
		return 0
	}
	return int64(len(o.Payload)) + 78 // salt, and what sealing adds
}

// submit hands an op to the writer and waits for its commit.
func (j *Journal) submit(ctx context.Context, o *op) error {
	if err := j.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, ctx.Err())
	}
}

// enqueue waits until the writer has the op.
func (j *Journal) enqueue(ctx context.Context, o *op) error {
	if o.coming {
		defer j.coming.Add(-1)
	}
	if j.readOnly {
		return ErrReadOnly
	}
	o.done = make(chan struct{})
	select {
	case <-j.closing:
		return ErrClosed
	default:
	}
	select {
	case j.queue <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-j.closing:
		return ErrClosed
	}
}
