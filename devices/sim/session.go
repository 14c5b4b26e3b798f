package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// session is one power cycle after another of an adapter on a line.
type session struct {
	a   *Adapter
	rw  io.ReadWriter
	in  <-chan []byte
	rng *rand.Rand

	set   settings
	got   []byte // the command being received
	last  string // repeated by a lone CR
	rest  []byte // what followed a byte that interrupted
	plugs int    // of the line, when it can tell
}

// settings are what ATZ, ATWS and ATD put back.
type settings struct {
	echo, linefeeds, spaces, headers bool
	format, answers                  bool // ATCAF, ATR
	proto                            string
	auto                             bool
	st                               int // ATST, 4 ms each; 0: default
	adaptive                         int
	header, receive                  string

	live string // the protocol in use, "" before the first answer
	bus  bool   // initialised, where the bus needs it
	car  int    // the plug count of the car that live was found on
}

func fresh() settings {
	return settings{echo: true, spaces: true, format: true, answers: true, proto: "0", auto: true}
}

// step is something to print and how long to wait before it.
type step struct {
	wait time.Duration
	text string
}

func (s *session) run(ctx context.Context) error {
	s.set = fresh()
	s.plugs = s.linePlugs()
	if s.a.cfg.Banner {
		s.play(ctx, s.banner(""))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case data, ok := <-s.in:
			if !ok {
				return nil
			}
			for s.feed(ctx, data); len(s.rest) > 0 && ctx.Err() == nil; {
				data, s.rest = s.rest, nil
				s.feed(ctx, data)
			}
		}
	}
}

// deaf reports whether the line has another speed than the chip.
func (s *session) deaf() bool {
	l, ok := s.rw.(interface{ Baud() int })
	return ok && s.a.cfg.Baud != 0 && l.Baud() != s.a.cfg.Baud
}

// linePlugs counts the power cycles of a line that feeds the adapter.
func (s *session) linePlugs() int {
	if l, ok := s.rw.(interface{ Plugs() int }); ok {
		return l.Plugs()
	}
	return 0
}

// feed takes bytes from the line, one command after the other.
func (s *session) feed(ctx context.Context, data []byte) {
	if n := s.linePlugs(); n != s.plugs {
		s.plugs, s.set, s.got, s.last = n, fresh(), nil, ""
	}
	if s.deaf() {
		return
	}
	for _, b := range data {
		s.echo(b)
		switch {
		case b == '\r':
			command := normal(string(s.got))
			s.got = s.got[:0]
			if command == "" {
				command = s.last
			}
			s.last = command
			s.play(ctx, s.execute(command))
		case b != 0 && len(s.got) < 256:
			s.got = append(s.got, b)
		}
	}
}

func (s *session) echo(b byte) {
	if !s.set.echo && !s.a.Faults().EchoStuck {
		return
	}
	out := string([]byte{b})
	if b == '\r' {
		out = s.eol()
	}
	s.print(out)
}

// print writes to the line; a line that does not take it says so to the reader.
func (s *session) print(text string) { _, _ = io.WriteString(s.rw, text) }

func (s *session) eol() string {
	if s.set.linefeeds {
		return "\r\n"
	}
	return "\r"
}

// reply is a whole answer: lines and the prompt.
func (s *session) reply(lines ...string) []step {
	return []step{{text: strings.Join(lines, s.eol()) + s.eol() + s.prompt()}}
}

func (s *session) prompt() string { return s.eol() + ">" }

func (s *session) banner(before string) []step {
	return []step{{text: before + s.eol() + s.eol() + s.a.cfg.Identity + s.eol() + s.prompt()}}
}

// play prints steps in their time. A byte that comes meanwhile interrupts: the
// chip says STOPPED and forgets the byte, but not those behind it.
func (s *session) play(ctx context.Context, steps []step) {
	at := time.Now()
	for _, st := range steps {
		at = at.Add(st.wait + s.a.timing.wire(len(st.text)))
		if !s.until(ctx, at) {
			return
		}
		s.print(st.text)
	}
}

// until waits for a time and reports whether nothing interrupted.
func (s *session) until(ctx context.Context, at time.Time) bool {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case data, ok := <-s.in:
		if ok {
			s.rest = data[1:]
			s.print(s.eol() + "STOPPED" + s.eol() + s.prompt())
		}
		return false
	case <-ctx.Done():
		return false
	}
}

// execute answers one command.
func (s *session) execute(command string) []step {
	if command == "" {
		return []step{{text: s.prompt()}}
	}
	s.a.note(command)
	f := s.a.faultsFor(command)
	car, _, _ := s.a.plugged()
	steps := s.answer(command, f)
	if c, ok := car.(commander); ok {
		if said, ok := c.command(command); ok {
			steps = s.reply(said...)
		}
	}
	switch {
	case f.Silent:
		return nil
	case f.BrownOut:
		s.set = fresh()
		return append(half(steps), s.banner("")...)
	case strings.Contains(f.Error, "RESET"):
		s.set = fresh()
	}
	return steps
}

func (s *session) answer(command string, f Faults) []step {
	for _, no := range s.a.cfg.Refuses {
		if command == no {
			return s.reply("?")
		}
	}
	switch {
	case strings.HasPrefix(command, "AT"):
		return s.at(command[2:], f)
	case strings.HasPrefix(command, "ST"):
		return s.st(command)
	}
	return s.request(command, f)
}

// commander is a car whose recording holds the adapter's words too.
type commander interface {
	command(text string) (lines []string, ok bool)
}

// half is the first half of an answer, cut within a line.
func half(steps []step) []step {
	total := 0
	for _, st := range steps {
		total += len(st.text)
	}
	var out []step
	for left := total / 2; len(steps) > 0 && left > 0; steps = steps[1:] {
		st := steps[0]
		st.text = st.text[:min(left, len(st.text))]
		left -= len(st.text)
		out = append(out, st)
	}
	return out
}
