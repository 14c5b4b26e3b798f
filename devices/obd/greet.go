package obd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pitlane/devices"
)

// greet brings an adapter in any state and at any speed into ours: its settings as
// after a restart, no echo, no line feeds, no spaces, headers on; and learns who it is.
// It is restarted only when it does not do as it is told.
func (c *conn) greet(ctx context.Context) error {
	c.headers, c.echo, c.number, c.gap, c.raised, c.heard = false, true, "", 0, 0, false
	met, err := c.find(ctx)
	if met {
		err = c.begin(ctx)
	}
	if met && (errors.Is(err, errSilent) || errors.Is(err, errReset) || errors.Is(err, errOther)) {
		c.broken, c.adapter, c.heard = nil, Adapter{}, true
		if met, err = false, c.settle(ctx, limitStale); err == nil {
			err = c.leave(ctx)
		}
	}
	if err != nil {
		return err
	}
	if !met {
		if err := c.restart(ctx); err != nil {
			return err
		}
	}
	return c.raise(ctx)
}

// begin goes on with an adapter that has said its name.
func (c *conn) begin(ctx context.Context) error {
	if err := c.defaults(ctx); err != nil {
		return err
	}
	if err := c.quiet(ctx); err != nil {
		return err
	}
	if c.adapter.Identity != c.known.Identity {
		return c.identify(ctx)
	}
	c.adapter.Description, c.stn = c.known.Description, c.known.STN
	if !c.stn {
		c.suspect()
	}
	return c.volts(ctx)
}

// restart wakes the adapter at the speed it should have.
func (c *conn) restart(ctx context.Context) error {
	if err := c.setRate(c.base); err != nil {
		return err
	}
	if err := c.wake(ctx); err != nil {
		return err
	}
	if err := c.quiet(ctx); err != nil {
		return err
	}
	return c.identify(ctx)
}

// errOther: it is not the adapter that was met before, or it is in no state to talk.
var errOther = errors.New("the adapter answers otherwise than before")

// defaults puts all settings back.
func (c *conn) defaults(ctx context.Context) error {
	lines, err := c.ask(ctx, "ATD", limitDefaults)
	if err != nil {
		return err
	}
	if n := len(lines); n > 1 && compact(lines[0]) == "ATD" {
		lines = lines[1:]
	}
	if len(lines) != 1 || compact(lines[0]) != "OK" {
		return errOther
	}
	return nil
}

// wake resets the adapter until it says its name. A half command that someone left
// behind spoils the first attempt at most. Some say their name only when asked.
func (c *conn) wake(ctx context.Context) error {
	c.headers, c.echo, c.number = false, true, ""
	heard, prompted := c.heard, false
	words := []string{"ATWS", "ATZ", "ATZ", "ATI"}
	if !heard {
		words = words[1:2] // dead, or not there: it will not wake of more
	}
	for i, word := range words {
		limit := limitReset
		switch {
		case !c.heard:
			limit = limitDead
		case i == 0:
			limit = limitWarm
		}
		if i >= 2 && !heard && !prompted || word == "ATI" && !prompted {
			break // nobody there, or at another speed
		}
		lines, err := c.ask(ctx, word, limit)
		if err != nil && !errors.Is(err, errSilent) {
			return err
		}
		prompted = prompted || err == nil
		heard = heard || len(lines) > 0 || len(c.rest) > 0
		if namesItself(lines) {
			return c.settle(ctx, limitStale)
		}
		if err := c.settle(ctx, limitStale); err != nil {
			return err
		}
	}
	f := &devices.Fault{
		Kind: "not_an_adapter", Err: errSilent,
		Message: "nothing on this port answers as an OBD adapter",
		Hint: "check that it is the adapter's port, that the adapter has power (it takes it from the car), " +
			"and the speed: try --baud 38400, 115200 or 9600",
	}
	if heard {
		f.Message = "what answers on this port is not an OBD adapter"
	}
	return c.fail(f)
}

// namesItself reports whether an answer to a reset holds a banner: a known name,
// or a word with a version.
func namesItself(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		line = compact(line)
		at := strings.LastIndexByte(line, 'V')
		return isBanner(line) || at >= 3 && len(line) > at+3 && line[at+2] == '.' && isHex(line[at+1:at+2])
	})
}

// quiet switches off what only costs time and switches the headers on.
func (c *conn) quiet(ctx context.Context) error {
	for _, word := range []string{"ATE0", "ATL0", "ATS0", "ATH1", "ATAT1"} {
		text, ok, err := c.command(ctx, word)
		if err != nil {
			return c.mute(err)
		}
		if word == "ATE0" {
			c.echo = false
		}
		if !ok || !strings.Contains(compact(text), "OK") {
			c.hint(fmt.Sprintf("clone: it does not know %s", word))
		}
		c.headers = c.headers || word == "ATH1" && ok
	}
	if c.echo {
		c.hint("clone: its echo cannot be switched off")
	}
	return nil
}

// identify asks for names and voltage. What an adapter does not know, it says.
func (c *conn) identify(ctx context.Context) error {
	for _, q := range []struct {
		word string
		to   *string
	}{{"ATI", &c.adapter.Identity}, {"AT@1", &c.adapter.Description}} {
		text, ok, err := c.command(ctx, q.word)
		if err != nil {
			return c.mute(err)
		}
		if ok {
			*q.to = strings.ReplaceAll(text, "\n", " ")
		}
	}
	stn, ok, err := c.command(ctx, "STI")
	if err != nil {
		return c.mute(err)
	}
	c.stn = ok && isBanner(stn)
	if c.stn {
		c.adapter.Description = strings.TrimSpace(c.adapter.Description + " " + stn)
	}
	if !c.stn {
		c.suspect()
	}
	return c.volts(ctx)
}

// suspect says what the name of the adapter makes one think.
func (c *conn) suspect() {
	switch {
	case strings.Contains(c.adapter.Identity, "v1.5"):
		c.hint("clone: there never was an ELM327 v1.5")
	case strings.Contains(c.adapter.Identity, "v2.1"):
		c.hint("perhaps a clone: most adapters that say v2.1 are copies")
	}
}

// volts asks for the voltage at the plug.
func (c *conn) volts(ctx context.Context) error {
	text, _, err := c.command(ctx, "ATRV")
	if err != nil {
		return c.mute(err)
	}
	c.adapter.Volts, c.measured = voltsOf("ATRV", text), c.opts.Clock()
	if c.adapter.Volts != nil && *c.adapter.Volts == 0 { // it would not run without any
		c.adapter.Volts = nil
		c.hint("the adapter measures no voltage")
	}
	return nil
}

// mute makes silence in the middle of a talk the end of it.
func (c *conn) mute(err error) error {
	if errors.Is(err, errSilent) {
		c.broken = err
	}
	return err
}

// hint notes something once.
func (c *conn) hint(text string) {
	if !slices.Contains(c.adapter.Hints, text) {
		c.adapter.Hints = append(c.adapter.Hints, text)
	}
}
