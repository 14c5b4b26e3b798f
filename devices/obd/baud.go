package obd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitlane/devices"
)

// An adapter may stand at another speed than the configured one: as it was delivered,
// or because somebody left it there. And most can be made faster for as long as they
// have power.

// How long an answer to ATI may take where it is not known whether anybody listens at
// this speed: a whole answer at 9600 baud with what a USB bridge adds, twice over. The
// first attempt may meet an adapter that is busy.
const (
	limitFirst = 300 * time.Millisecond
	limitKnock = 100 * time.Millisecond
)

// Quiet is how long an adapter's line should be silent at open before it is used:
// longer than a USB bridge holds bytes back. The greeting bears the rest.
const Quiet = 20 * time.Millisecond

// speeds are where adapters are found, the likely ones first.
func speeds() []int {
	return []int{38400, 115200, 9600, 500000, 230400, 57600, 19200, 1000000, 2000000}
}

// setRate sets the speed of our side. A port that cannot is asked no more.
func (c *conn) setRate(baud int) error {
	if c.setter == nil || baud == c.rate {
		return nil
	}
	err := c.setter.SetBaud(baud)
	switch {
	case err == nil:
		c.rate = baud
	case errors.Is(err, devices.ErrUnplugged), errors.Is(err, devices.ErrClosed):
		return c.fail(err)
	default:
		c.setter = nil
	}
	return nil
}

// find looks for the speed at which the adapter says its name. The likeliest is tried
// again after each other one: the adapter may be starting.
func (c *conn) find(ctx context.Context) (bool, error) {
	if c.known.Rate > 0 && c.setter != nil {
		c.base = c.known.Rate
		if err := c.setRate(c.base); err != nil {
			return false, err
		}
	}
	if met, err := c.knock(ctx, limitFirst); met || err != nil || c.setter == nil || c.opts.Plain {
		return met, err
	}
	for _, at := range c.order() {
		if met, err := c.try(ctx, at, limitKnock); met || err != nil || c.setter == nil {
			return met, err
		}
	}
	if !c.heard {
		return false, nil
	}
	// Somebody is there. On a busy machine a whole answer may take longer.
	for _, at := range slices.Compact(slices.Sorted(slices.Values(c.order()))) {
		if met, err := c.try(ctx, at, limitFirst); met || err != nil || c.setter == nil {
			return met, err
		}
	}
	return false, nil
}

// try asks for the adapter's name at a speed.
func (c *conn) try(ctx context.Context, at int, limit time.Duration) (bool, error) {
	if err := c.setRate(at); err != nil || c.setter == nil {
		return false, err
	}
	met, err := c.knock(ctx, limit)
	if !met || err != nil {
		return false, err
	}
	if at != c.known.Raised {
		c.base = at
	}
	return true, c.settle(ctx, limitStale) // what it made of the other speeds
}

// order is every speed but the one tried, and that one again after each.
func (c *conn) order() []int {
	var order []int
	for _, baud := range append([]int{c.opts.Baud, c.known.Raised}, speeds()...) {
		if baud > 0 && baud != c.base && !slices.Contains(order, baud) {
			order = append(order, baud, c.base)
		}
	}
	return order
}

// knock asks for the adapter's name. What somebody typed before, or what another speed
// made of it, spoils the first answer at most. Never a lone CR: it repeats whatever was
// asked last.
func (c *conn) knock(ctx context.Context, limit time.Duration) (bool, error) {
	return c.knocks(ctx, limit, 3)
}

// knocks is knock, at most so often.
func (c *conn) knocks(ctx context.Context, limit time.Duration, most int) (bool, error) {
	const word = "ATI"
	for range most {
		c.rest = nil
		started := c.opts.Clock()
		if _, err := c.port.Write([]byte(word + "\r")); err != nil {
			return false, c.fail(fmt.Errorf("send %s: %w", word, err))
		}
		raw, err := c.read(ctx, limit)
		c.heard = c.heard || c.rate == c.base && len(raw) > 0
		if err != nil && !errors.Is(err, errSilent) {
			return false, c.fail(fmt.Errorf("wait for the answer to %s: %w", word, err))
		}
		if err != nil || garbled(raw) {
			return false, nil
		}
		c.trace(word, raw, started, nil)
		lines := SplitResponse(raw)
		if namesItself(lines) {
			c.adapter.Identity = strings.Join(sortLines(word, lines, c.settings()).text, " ")
			return true, nil
		}
	}
	return false, nil
}

// garbled reports whether bytes are none that an adapter prints: they were sent at
// another speed.
func garbled(raw []byte) bool {
	n := odd(raw) - bytes.Count(raw, []byte{0}) // which is noise by the data sheet
	return n > 0 && 4*n >= len(raw)
}

// odd counts the bytes that no adapter prints.
func odd(raw []byte) int {
	n := 0
	for _, b := range raw {
		if b >= 0x80 || b < ' ' && b != '\r' && b != '\n' {
			n++
		}
	}
	return n
}
