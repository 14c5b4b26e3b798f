package obd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitlane/devices"
)

// Of the handshake of a new speed (ELM327 "Using Higher RS232 Baud Rates").
const (
	limitAgree = 300 * time.Millisecond
	limitHello = 250 * time.Millisecond // 75 ms, the name, and what a USB bridge adds
	limitBack  = 300 * time.Millisecond // until the adapter has gone back by itself
)

// enough is the speed above which more of it saves nothing worth a handshake.
const enough = 115200

// raises are the speeds tried, the best first.
func raises() []int { return []int{500000, 115200} }

// faster reports whether the adapter stands at a speed that a loss of supply ends.
func (c *conn) faster() bool { return c.raised > 0 && c.rate != c.base }

// raise makes the line faster where that was not found to be of no use. Nothing is
// lost when it fails: the adapter goes back by itself, or is looked for.
func (c *conn) raise(ctx context.Context) error {
	same := c.known.Identity == c.adapter.Identity
	c.noRaise = same && c.known.NoRaise
	if c.setter != nil && c.rate != c.base { // left there by somebody: it will do
		c.raised = c.rate
		return nil
	}
	if c.opts.NoRaise || c.opts.Plain || c.setter == nil || c.rate >= enough || c.noRaise {
		return nil
	}
	name := c.adapter.Identity
	defer func() { c.adapter.Identity = name }() // as it was said where no byte is lost
	targets := raises()
	if same && c.known.Raised > 0 {
		targets = []int{c.known.Raised}
	}
	for _, to := range targets {
		met, known, err := c.shift(ctx, to)
		if err != nil {
			return err
		}
		if met {
			c.raised = c.rate
			if to == c.known.Raised {
				return nil
			}
			return c.prove(ctx)
		}
		if c.rate != c.base { // it followed, and could not say so
			c.raised = c.rate
			return c.retreat(ctx)
		}
		if !known {
			break
		}
	}
	c.noRaise = true
	return nil
}

// proofs is how often the name must come whole at a speed that is new to the adapter.
const proofs = 3

// prove leaves a speed at which bytes are lost.
func (c *conn) prove(ctx context.Context) error {
	name := c.adapter.Identity
	for range proofs {
		met, err := c.knocks(ctx, limitFirst, 1)
		if err != nil {
			return err
		}
		if !met || c.adapter.Identity != name {
			return c.retreat(ctx)
		}
	}
	return nil
}

// retreat gives the raised speed up for good. It is asked for as often as the adapter's
// word may be lost on the way; an adapter that does not go back stays where it is.
func (c *conn) retreat(ctx context.Context) error {
	name := c.adapter.Identity
	for range proofs {
		met, _, err := c.shift(ctx, c.base)
		c.adapter.Identity = name
		if err != nil {
			return err
		}
		if met {
			c.raised = 0
			break
		}
	}
	c.noRaise = true
	return nil
}

// slow gives up a speed that loses bytes in the middle of the talk, and says so.
func (c *conn) slow(ctx context.Context) error {
	c.hint("its line loses bytes at higher speeds: it is left at its own")
	return c.retreat(ctx)
}

// lostBytes reports whether lines of an answer lack bytes: on a bus of 11-bit addresses
// a line with its header has an odd number of digits, on the others an even one.
func (c *conn) lostBytes(request string, lines []string) bool {
	odd := c.headers && busOf(c.number) == busCAN11
	return slices.ContainsFunc(lines, func(line string) bool {
		line = compact(line)
		return len(line) > 3 && line != request && isHex(line) && len(line)%2 == 1 != odd
	})
}

// leave resets an adapter that does not do as it is told at another speed than its own:
// that puts its speed back too.
func (c *conn) leave(ctx context.Context) error {
	if c.setter == nil || c.rate == c.base {
		return nil
	}
	c.known.NoRaise = true
	if _, err := c.port.Write([]byte("ATZ\r")); err != nil {
		return c.fail(fmt.Errorf("reset the adapter: %w", err))
	}
	return c.settleFor(ctx, limitBack)
}

// shiftWord is the word for a speed: by its divisor, or plainly on STN chips. It is
// empty where the chip cannot make the speed well enough.
func (c *conn) shiftWord(to int) string {
	if c.stn {
		return fmt.Sprintf("STBR%d", to)
	}
	divisor := (4_000_000 + to/2) / to
	if off := 4_000_000/divisor - to; divisor > 0xFF || max(off, -off)*40 > to {
		return ""
	}
	return fmt.Sprintf("ATBRD%02X", divisor)
}

// shift changes the speed of both sides. It is false when the adapter is where it was;
// known then says whether it knows the word at all.
func (c *conn) shift(ctx context.Context, to int) (met, known bool, err error) {
	word, from, started := c.shiftWord(to), c.rate, c.opts.Clock()
	if word == "" {
		return false, true, nil
	}
	c.rest = nil
	if _, err := c.port.Write([]byte(word + "\r")); err != nil {
		return false, false, c.fail(fmt.Errorf("send %s: %w", word, err))
	}
	said, err := c.hear(ctx, limitAgree, func(raw []byte) bool {
		return bytes.Contains(raw, []byte("OK\r")) || bytes.IndexByte(raw, '>') >= 0
	})
	c.trace(word, said, started, err)
	if err != nil {
		return false, false, err
	}
	if !bytes.Contains(said, []byte("OK\r")) {
		if bytes.IndexByte(said, '>') >= 0 {
			return false, false, nil // it does not know the word, and stays where it is
		}
		return false, true, c.back(ctx, from)
	}
	if err := c.setRate(to); err != nil {
		return false, true, err
	}
	if c.setter == nil {
		return false, true, c.back(ctx, from)
	}
	if met, err = c.confirm(ctx); met || err != nil {
		return met, true, err
	}
	return false, true, c.back(ctx, from)
}

// confirm answers the adapter's name at the new speed, and sees that it stays there.
func (c *conn) confirm(ctx context.Context) (bool, error) {
	said, err := c.hear(ctx, limitHello, func(raw []byte) bool {
		return bytes.HasSuffix(bytes.TrimRight(raw, "\n"), []byte("\r")) && namesItself(SplitResponse(append(raw, '>')))
	})
	if err != nil || !namesItself(SplitResponse(append(said, '>'))) || garbled(said) {
		return false, err
	}
	if _, err := c.port.Write([]byte("\r")); err != nil {
		return false, c.fail(fmt.Errorf("confirm the speed: %w", err))
	}
	said, err = c.hear(ctx, limitHello, func(raw []byte) bool { return bytes.IndexByte(raw, '>') >= 0 })
	if err != nil || !bytes.Contains(said, []byte("OK")) {
		return false, err
	}
	return c.knock(ctx, limitFirst)
}

// back is the way to an adapter that did not follow: it goes back by itself, and where
// it did not, it is looked for everywhere.
func (c *conn) back(ctx context.Context, to int) error {
	if err := c.setRate(to); err != nil {
		return err
	}
	if err := c.settleFor(ctx, limitBack); err != nil {
		return err
	}
	if met, err := c.knock(ctx, limitFirst); met || err != nil {
		return err
	}
	c.known.Rate, c.known.Raised = c.base, 0
	base := c.base
	met, err := c.find(ctx)
	c.base = base // where it is found now, it was sent
	if met || err != nil {
		return err
	}
	c.noRaise = true // also when it has to be cut from power now
	return c.fail(errSilent)
}

// lower puts the adapter's speed back. It is asked for on the way out: what does not
// work then costs the next greeting some time and nothing else.
func (c *conn) lower(ctx context.Context) {
	if c.setter == nil || !c.faster() {
		return
	}
	for _, gone := range []error{devices.ErrUnplugged, devices.ErrClosed, errSilent, errReset} {
		if errors.Is(c.broken, gone) {
			return // or it is back at its own speed
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitLower)
	defer cancel()
	c.broken = nil
	if err := c.settle(ctx, limitStale); err != nil { // an answer under way
		return
	}
	if met, known, err := c.shift(ctx, c.base); met || err != nil || known && c.shiftWord(c.base) != "" {
		return
	}
	if _, err := c.port.Write([]byte("ATZ\r")); err != nil { // its speed is that of the power-up then
		return
	}
	_ = c.settleFor(ctx, tick) // the word must be out before the port is closed
}

// limitLower bounds the way out.
const limitLower = time.Second

// hear collects bytes until they are enough or the time is over.
func (c *conn) hear(ctx context.Context, limit time.Duration, enough func([]byte) bool) ([]byte, error) {
	if err := c.port.SetReadTimeout(tick); err != nil {
		return nil, c.fail(err)
	}
	var raw []byte
	buf := make([]byte, 256)
	for end := time.Now().Add(limit); time.Now().Before(end) && len(raw) < maxAnswer; {
		if err := ctx.Err(); err != nil {
			return raw, err
		}
		n, err := c.port.Read(buf)
		if err != nil {
			return raw, c.fail(err)
		}
		if raw = append(raw, buf[:n]...); n > 0 && enough(raw) {
			break
		}
	}
	return raw, nil
}

// settleFor throws away what comes within a time.
func (c *conn) settleFor(ctx context.Context, limit time.Duration) error {
	c.rest = nil
	_, err := c.hear(ctx, limit, func([]byte) bool { return false })
	return err
}
