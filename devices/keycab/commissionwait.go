package keycab

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"pitlane/devices"
)

var errSkipped = errors.New("the step was skipped")

// How long a raw state must stay, in polls, before a step believes it.
const (
	stepEvery = 100 * time.Millisecond
	stepPolls = 4 // a hand crosses a beam for less
)

// calmly is a raw state that has stayed the same for stepPolls polls.
type calmly struct {
	last sample
	same int
}

func (c *calmly) see(s sample) bool {
	if s != c.last {
		c.last, c.same = s, 0
	}
	c.same++
	return c.same >= stepPolls
}

// confirm waits for the person's word and returns what the board shows then.
func (c *commission) confirm(ctx context.Context, addr int, step CommissionStep) (sample, error) {
	c.Tell(step)
	limit := time.NewTimer(c.Limit)
	defer limit.Stop()
	for {
		if c.Says == nil {
			return sample{}, aborted()
		}
		select {
		case <-ctx.Done():
			return sample{}, ctx.Err()
		case <-limit.C:
			return sample{}, late(step)
		case w, open := <-c.Says:
			switch {
			case !open || w == WordAbort:
				return sample{}, aborted()
			case w == WordRepeat:
				c.Tell(step)
				continue
			case w != WordDone:
				continue
			}
		}
		s, err := c.still(ctx, addr)
		if err != nil {
			return s, err
		}
		c.ok(step)
		return s, nil
	}
}

// still reads a board until it shows the same for a while.
func (c *commission) still(ctx context.Context, addr int) (sample, error) {
	var now calmly
	for range 10 * stepPolls {
		s, ok, err := c.poll(ctx, addr)
		if err != nil {
			return s, err
		}
		if ok && now.see(s) {
			return s, nil
		}
	}
	return sample{}, fault("cabinet", fmt.Sprintf("board %d does not come to rest", addr), "check its wires; a loose feedback switch flickers", nil)
}

// poll reads a board once, a poll's time after the last.
func (c *commission) poll(ctx context.Context, addr int) (sample, bool, error) {
	t := time.NewTimer(stepEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return sample{}, false, ctx.Err()
	case <-t.C:
	}
	s, ok, _, err := c.line.raw(addr, 1)
	return s, ok, err
}

// see waits until exactly the wanted bit differs, for a while. With pulse it sends
// the frame that opens the slot first, and again when the person says repeat.
func (c *commission) see(ctx context.Context, addr int, step CommissionStep, differs func(sample) uint64, want uint64, pulse bool) (sample, error) {
	var now calmly
	told := uint64(0)
	end := time.Now().Add(c.Limit)
	again := true // the step is told before the first poll
	for time.Now().Before(end) {
		if again {
			c.Tell(step)
			if pulse {
				if err := c.line.pulse(ctx, addr, c.Slot-1); err != nil {
					return sample{}, err
				}
			}
		}
		s, ok, err := c.poll(ctx, addr)
		if err != nil {
			return s, err
		}
		word, err := c.word(step)
		if err != nil {
			return s, err
		}
		again = word == WordRepeat
		if !ok || !now.see(s) {
			continue
		}
		switch d := differs(s); {
		case d == want:
			c.ok(step)
			return s, nil
		case d != 0 && d != told:
			told = d
			c.Tell(CommissionStep{Step: step.Step, Board: step.Board, Slot: bits.TrailingZeros64(d&^want) + 1,
				Text: fmt.Sprintf("Something else moved than slot %d alone: look at the wiring, or put it back as it was.", c.Slot)})
		}
	}
	return sample{}, late(step)
}

// word is what the person has said since; errSkipped and ErrAborted end the step.
func (c *commission) word(step CommissionStep) (CommissionWord, error) {
	for {
		select {
		case w, open := <-c.Says:
			switch {
			case !open:
				c.Says = nil // nobody is left to say anything; the sensors still show
				return "", nil
			case w == WordAbort:
				return "", aborted()
			case w == WordSkip && step.Step == "key_in":
				return "", errSkipped
			case w == WordRepeat:
				return w, nil
			}
		default:
			return "", nil
		}
	}
}

func (c *commission) ok(step CommissionStep) {
	step.OK, step.Text = true, ""
	c.Tell(step)
}

func aborted() error {
	return fault("interrupted", "the commissioning was ended; nothing was written", "start it again when somebody is at the cabinet", ErrAborted)
}

func late(step CommissionStep) error {
	return fault("cabinet", fmt.Sprintf("the step %s took too long: nothing was seen of slot %d", step.Step, step.Slot),
		"look at the lock's feedback wires and at the board's address, and start again", ErrNothingMoved)
}

// reader learns that a tag reader works: a tag is held to it, and taken away.
func (c *commission) reader(ctx context.Context) error {
	c.got.Baud = c.Baud
	if c.got.Baud == 0 {
		c.got.Baud = Baud(c.Driver)
	}
	r, err := NewReader(c.Line(c.got.Baud), ReaderOptions{Name: "reader", Driver: c.Driver})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	says, ended := make(chan any), make(chan error, 1)
	go func() {
		ended <- r.Run(ctx, func(x devices.Reading) {
			select {
			case says <- x.Value:
			case <-ctx.Done():
			}
		})
	}()
	err = c.tags(ctx, says, r.TellsGone())
	stop()
	return errors.Join(err, <-ended)
}

func (c *commission) tags(ctx context.Context, says <-chan any, gone bool) error {
	steps := []CommissionStep{{Step: "tag_in", Text: "Hold a tag to the reader."}}
	if gone {
		steps = append(steps, CommissionStep{Step: "tag_out", Text: "Take the tag away."})
	}
	for i, step := range steps {
		c.Tell(step)
		if err := c.tag(ctx, says, step, []TagAction{TagSeen, TagGone}[i]); err != nil {
			return err
		}
		c.ok(step)
	}
	return nil
}

// tag waits for a tag to do something.
func (c *commission) tag(ctx context.Context, says <-chan any, step CommissionStep, want TagAction) error {
	limit := time.NewTimer(c.Limit)
	defer limit.Stop()
	words := c.Says
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return late(step)
		case w, open := <-words:
			if !open {
				words = nil
			}
			if w == WordAbort {
				return aborted()
			}
		case v := <-says:
			switch v := v.(type) {
			case Snapshot:
				if !v.Online {
					return v.Fault
				}
				if want == TagSeen && len(v.Tags) > 0 {
					return nil
				}
			case Tag:
				if v.Action == want {
					return nil
				}
			}
		}
	}
}
