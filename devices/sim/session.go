package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
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

	baud int           // the speed now; 0: any
	brt  time.Duration // how long a handshake of a new speed waits
	hung bool          // until power is cut

	wrote int // bytes sent at a speed that loses some
}

// settings are what ATZ, ATWS and ATD put back.
type settings struct {
	echo, linefeeds, spaces, headers bool
	format, answers                  bool          // ATCAF, ATR
	segments                         bool          // STCSEGR
	timeout                          time.Duration // STPTO; 0: as ATST says
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
	wait    time.Duration
	text    string
	restart bool // the chip starts anew before it: its speed is that after power-up
}

func (s *session) run(ctx context.Context) error {
	s.restart()
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
		s.plugs, s.got, s.last = n, nil, ""
		s.restart()
	}
	if s.hung {
		return
	}
	for _, b := range s.heard(data) {
		s.echo(b)
		switch {
		case b == '\r':
			typed := len(s.got) + 1
			command := normal(string(s.got))
			s.got = s.got[:0]
			if command == "" {
				command = s.last
			}
			s.last = command
			s.obey(ctx, command, typed)
		case b != 0 && len(s.got) < 256:
			s.got = append(s.got, b)
		}
	}
}

// obey carries a command out that took some bytes on the line.
func (s *session) obey(ctx context.Context, command string, typed int) {
	f := s.a.faultsFor(command)
	if !f.Silent && s.speed(ctx, command, f) {
		s.a.note(command)
		return
	}
	steps := s.execute(command, f)
	if len(steps) > 0 {
		steps[0].wait += s.wire(typed)
	}
	s.play(ctx, steps)
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
func (s *session) print(text string) {
	_, _ = s.rw.Write(s.across(s.thin([]byte(text)), s.baud, s.lineBaud()))
}

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
		if st.restart {
			s.restart()
		}
		at = at.Add(st.wait + s.wire(len(st.text)))
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
func (s *session) execute(command string, f Faults) []step {
	if command == "" {
		return []step{{text: s.prompt()}}
	}
	s.a.note(command)
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
		again := s.banner("")
		again[0].restart = true
		return append(half(steps), again...)
	case strings.Contains(f.Error, "RESET"):
		s.set = fresh()
		for i := range steps {
			steps[i].restart = strings.Contains(steps[i].text, f.Error)
		}
	}
	return steps
}

func (s *session) answer(command string, f Faults) []step {
	switch {
	case s.refuses(command):
		return s.reply("?")
	case s.patience(command):
		return s.reply("OK")
	case strings.HasPrefix(command, "AT"):
		return s.at(command[2:], f)
	case strings.HasPrefix(command, "ST"):
		return s.st(command, f)
	}
	return s.request(command, f)
}

// refuses reports whether the chip does not know a command that others know.
func (s *session) refuses(command string) bool {
	return slices.ContainsFunc(s.a.cfg.Refuses, func(no string) bool {
		begin, all := strings.CutSuffix(no, "*")
		return command == no || all && strings.HasPrefix(command, begin)
	})
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
