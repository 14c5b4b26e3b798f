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

// Exchange is one request to the adapter and the exact bytes that came back.
type Exchange struct {
	Request string
	Raw     []byte
	Took    time.Duration
	Headers bool // how the adapter was set meanwhile
	Echo    bool
	At      time.Duration // when it was sent: on the scanner's clock, in a Session since the scan began
	Broken  bool          // no prompt ended the answer
	Baud    int           // speed of the line, 0 where it is not known; a Session does not keep it
}

// How long the adapter may take. It ends every answer with a prompt, so these
// bound a fault, they pace nothing.
const (
	tick          = 20 * time.Millisecond // a read without a byte
	limitCommand  = 2 * time.Second
	limitWarm     = 2 * time.Second
	limitReset    = 3 * time.Second
	limitDead     = 1500 * time.Millisecond // ATZ to an adapter that has said nothing at all
	limitRequest  = 10 * time.Second        // a K-line may have to be woken again
	limitSearch   = 45 * time.Second        // every protocol there is, one after the other
	limitDefaults = 300 * time.Millisecond
	limitStale    = 400 * time.Millisecond
	limitBare     = time.Second // what follows a prompt that ended nothing
	limitGarbled  = 100 * time.Millisecond
	limitSilent   = 2 * time.Second // on CAN: twice what ATSTFF makes the adapter wait
)

// maxAnswer bounds what an adapter may send without a prompt: what sends more is no
// adapter, or has lost its mind.
const maxAnswer = 256 << 10

// Why the talk with the adapter broke.
var (
	errSilent = errors.New("the adapter does not answer")
	errReset  = errors.New("the adapter has restarted by itself")
)

// conn is the talk with one adapter over one open port. It belongs to the owner
// goroutine.
type conn struct {
	port    devices.Port
	opts    *Options
	adapter Adapter
	headers bool
	echo    bool
	number  string // protocol in use
	known   known  // what was learned on this port before; zero to greet it like a new one
	stn     bool   // it is an STN chip
	receive string // the address that alone is heard; "" for all
	// measured is when the voltage was asked for last.
	measured time.Duration
	setter   devices.BaudSetter // nil: the port has one speed
	rate     int                // speed of the line now, 0: not known
	base     int                // speed of the adapter after a loss of supply
	heard    bool               // something came back at its speed while it was looked for
	raised   int                // speed the line was raised to, 0: it was not
	noRaise  bool               // it is of no use with this adapter
	lossy    int                // answers at the raised speed that lacked bytes
	gap      time.Duration      // silence in an answer that means that no more will come; 0: only the limit does
	rest     []byte             // what came behind the last prompt
	broken   error              // why the talk cannot go on; nil while it can
	recorder recorder
}

// settings are those under which a reply is read.
func (c *conn) settings() Settings {
	return Settings{Headers: c.headers, Echo: c.echo, Protocol: c.number, Receive: c.receive, Check: checkOf(c.number)}
}

// ask sends a command and returns the lines up to the prompt. Nothing else ends
// an answer. An adapter that says its name unasked has lost its settings.
func (c *conn) ask(ctx context.Context, command string, limit time.Duration) ([]string, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	started := c.opts.Clock()
	stale := c.rest
	c.rest = nil
	if slices.ContainsFunc(SplitResponse(append(stale, '>')), isBanner) && !resets(command) {
		return nil, c.fail(errReset)
	}
	if _, err := c.port.Write([]byte(command + "\r")); err != nil {
		return nil, c.fail(fmt.Errorf("send %s: %w", command, err))
	}
	raw, err := c.read(ctx, limit)
	c.trace(command, raw, started, err)
	if err != nil {
		return nil, c.fail(fmt.Errorf("wait for the answer to %s: %w", command, err))
	}
	lines := SplitResponse(raw)
	if !resets(command) && !asksName(command) && slices.ContainsFunc(lines, isBanner) {
		return nil, c.fail(errReset)
	}
	return lines, nil
}

// askAgain is ask for what may be asked twice. At a raised speed that loses bytes the
// prompt may be one of them: then the adapter is asked at its own.
func (c *conn) askAgain(ctx context.Context, command string, limit time.Duration) ([]string, error) {
	lines, err := c.ask(ctx, command, limit)
	if !errors.Is(err, errSilent) || !c.faster() || c.noRaise {
		return lines, err
	}
	if met, failed := c.knock(ctx, limitFirst); failed != nil || !met {
		return nil, errors.Join(err, failed)
	}
	if err := c.slow(ctx); err != nil {
		return nil, err
	}
	return c.ask(ctx, command, limit)
}

// trace hands an exchange to who records them.
func (c *conn) trace(command string, raw []byte, started time.Duration, err error) {
	said := Exchange{
		Request: command, Raw: raw, Took: c.opts.Clock() - started, Headers: c.headers, Echo: c.echo,
		At: started, Broken: err != nil, Baud: c.rate,
	}
	c.recorder.note(said)
	if c.opts.Trace != nil && (len(raw) > 0 || err == nil) {
		c.opts.Trace(said)
	}
}

func resets(command string) bool { return command == "ATZ" || command == "ATWS" }
func asksName(command string) bool {
	return strings.HasPrefix(command, "ATI") || strings.HasPrefix(command, "AT@") ||
		strings.HasPrefix(command, "ST") && !strings.HasPrefix(command, "STPX")
}

// fail remembers that the talk is over: an answer may still be on its way, so that
// no later one could be trusted. Silence after a reset command ends nothing.
func (c *conn) fail(err error) error {
	if !errors.Is(err, errSilent) {
		c.broken = err
	}
	return err
}

// read collects bytes up to a prompt that follows something: a prompt alone may be
// left over from before. When nothing follows it, it was an empty answer.
func (c *conn) read(ctx context.Context, limit time.Duration) ([]byte, error) {
	var raw []byte
	buf := make([]byte, 1024)
	full := time.Now().Add(limit)
	end, bare, last := full, false, time.Now()
	if err := c.port.SetReadTimeout(tick); err != nil {
		return nil, err
	}
	for time.Now().Before(end) && len(raw) < maxAnswer {
		if err := ctx.Err(); err != nil {
			return raw, err
		}
		n, err := c.port.Read(buf)
		if err != nil {
			return raw, err
		}
		raw = append(raw, buf[:n]...)
		if n > 0 {
			last = time.Now()
		}
		if silence := time.Since(last); c.faster() && silence > limitGarbled && odd(raw) >= 3 {
			return raw, errReset // at the speed of the power-up
		} else if c.gap > 0 && silence > c.gap {
			return raw, errSilent
		}
		at := bytes.IndexByte(raw, '>')
		for at >= 0 && len(SplitResponse(raw[:at])) == 0 {
			raw, bare = raw[at+1:], true
			end = earlier(full, time.Now().Add(limitBare))
			at = bytes.IndexByte(raw, '>')
		}
		if n > 0 && len(SplitResponse(raw)) > 0 {
			end = full // the answer is coming
		}
		if at >= 0 {
			c.rest = slices.Clone(raw[at+1:])
			return raw[:at+1], nil
		}
	}
	if bare && len(SplitResponse(raw)) == 0 {
		return []byte{'>'}, nil
	}
	return raw, errSilent
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// settle reads until a tick passes in silence, but not for long: an adapter in
// monitor mode never falls silent by itself.
func (c *conn) settle(ctx context.Context, limit time.Duration) error {
	c.rest = nil
	if err := c.port.SetReadTimeout(tick); err != nil {
		return c.fail(err)
	}
	buf := make([]byte, 1024)
	for end := time.Now().Add(limit); time.Now().Before(end) && ctx.Err() == nil; {
		n, err := c.port.Read(buf)
		if err != nil {
			return c.fail(err)
		}
		if n == 0 {
			return nil
		}
	}
	return ctx.Err()
}

// command sends a word to the adapter and returns what it said, without the echo.
// An unknown word is not an error: ok is false.
func (c *conn) command(ctx context.Context, word string) (text string, ok bool, err error) {
	lines, err := c.askAgain(ctx, word, limitCommand)
	if err != nil {
		return "", false, err
	}
	sorted := sortLines(word, lines, c.settings())
	if sorted.echoed && word != "ATE0" {
		c.echo = true
	}
	text = strings.Join(sorted.text, "\n")
	return text, !slices.Contains(sorted.kinds, KindUnknown), nil
}
