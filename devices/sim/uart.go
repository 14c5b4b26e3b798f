package sim

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// The chip's side of the serial line: its speed, what becomes of bytes when the
// other side has another one, and the ways to change it.

// Times of the handshake of a new speed.
const (
	brtDefault = 75 * time.Millisecond // ELM327 "AT BRT hh": 0F steps of 5 ms
	brtStep    = 5 * time.Millisecond
)

// alike reports whether two speeds are near enough for ten bits to be read.
func alike(a, b int) bool {
	d := a - b
	return a > 0 && b > 0 && max(d, -d)*40 < b
}

// lineBaud is the speed of the other side, 0 where the line has none.
func (s *session) lineBaud() int {
	if l, ok := s.rw.(interface{ Baud() int }); ok {
		return l.Baud()
	}
	return 0
}

// heard are the bytes as the chip's receiver makes them out.
func (s *session) heard(data []byte) []byte {
	return s.across(data, s.lineBaud(), s.baud)
}

// across is what a receiver at one speed reads of bytes sent at another.
func (s *session) across(data []byte, from, to int) []byte {
	switch {
	case s.baud == 0 || from == 0 || to == 0:
		return data // speeds do not matter here
	case s.a.cfg.MaxBaud > 0 && s.baud > s.a.cfg.MaxBaud:
		return resample(data, from*3/2, to) // the level shifter does not follow
	case alike(from, to):
		return data
	}
	return resample(data, from, to)
}

// thin is what leaves the chip where its line loses bytes at high speeds.
func (s *session) thin(data []byte) []byte {
	if s.a.cfg.LossEvery == 0 || s.baud <= s.a.cfg.LossyBaud {
		return data
	}
	out := make([]byte, 0, len(data))
	for _, b := range data {
		if s.wrote++; s.wrote%s.a.cfg.LossEvery != 0 {
			out = append(out, b)
		}
	}
	return out
}

// resample reads a line sent at one speed with a receiver of another: it waits for
// a start bit and looks at the line in the middle of where it thinks each bit is. A
// byte without its stop bit is handed on too, as most receivers do.
func resample(data []byte, from, to int) []byte {
	bits := make([]bool, 0, 10*len(data))
	for _, b := range data {
		bits = append(bits, false)
		for i := range 8 {
			bits = append(bits, b>>i&1 == 1)
		}
		bits = append(bits, true)
	}
	level := func(t float64) bool { return int(t) >= len(bits) || bits[int(t)] }
	step := float64(from) / float64(to)
	var out []byte
	for t := 0.0; int(t) < len(bits); {
		if level(t) || level(t+step/2) {
			t = float64(int(t) + 1)
			continue
		}
		var b byte
		for i := range 8 {
			if level(t + step*(1.5+float64(i))) {
				b |= 1 << i
			}
		}
		out = append(out, b)
		for t += step * 9.5; !level(t); {
			t = float64(int(t) + 1)
		}
	}
	return out
}

// wire is the time n bytes need at the present speed.
func (s *session) wire(n int) time.Duration {
	t := s.a.timing
	if t.Baud > 0 && s.baud > 0 {
		t.Baud = s.baud
	}
	return t.wire(n)
}

// restart is what a loss of supply or ATZ does: all settings and the speed are back.
func (s *session) restart() {
	s.set, s.brt, s.hung = fresh(), brtDefault, false
	s.baud = s.a.saved()
}

// speed answers the words that change the speed. It is false for other words.
func (s *session) speed(ctx context.Context, command string, f Faults) bool {
	divisor, elm := strings.CutPrefix(command, "ATBRD")
	rate, friendly := strings.CutPrefix(command, "STBR")
	typed, direct := strings.CutPrefix(command, "STSBR")
	if s.refuses(command) || !elm && s.a.cfg.STN == "" || strings.HasPrefix(command, "STBRT") {
		return false
	}
	to := 0
	switch {
	case elm && isHex(divisor, 2) && divisor != "00":
		n, _ := strconv.ParseUint(divisor, 16, 8) // two hex digits
		to = 4_000_000 / int(n)
	case friendly:
		to, _ = strconv.Atoi(rate) // 0 is refused below
	case direct:
		to, _ = strconv.Atoi(typed)
	default:
		return false
	}
	id := s.a.cfg.Identity
	if friendly {
		id = s.a.cfg.STN
	}
	switch {
	case to < 38 || to > 10_000_000:
		s.play(ctx, s.reply("?"))
	case direct:
		s.play(ctx, []step{{text: "OK" + s.eol()}, {wait: s.brt}})
		s.baud = to
		s.play(ctx, []step{{text: s.prompt()}})
	default:
		s.handshake(ctx, to, id, f)
	}
	return true
}

// handshake tries a speed (ELM327 "Using Higher RS232 Baud Rates", STN "STBR"): OK
// at the old one, a wait, the name at the new one; only a CR within the same time
// makes it stay.
func (s *session) handshake(ctx context.Context, to int, id string, f Faults) {
	old := s.baud
	s.play(ctx, []step{{text: "OK" + s.eol()}})
	switch {
	case f.BaudHang:
		s.hung = true
		return
	case !f.BaudLie:
		s.baud = to
	}
	s.listen(ctx, s.brt)
	s.play(ctx, []step{{text: id + s.eol()}})
	if s.listen(ctx, s.brt) {
		s.play(ctx, s.reply("OK"))
		return
	}
	s.baud = old
	s.play(ctx, []step{{text: s.prompt()}})
}

// listen waits for a CR, but no longer than limit; other bytes are lost.
func (s *session) listen(ctx context.Context, limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case data, ok := <-s.in:
			if !ok || strings.ContainsRune(string(s.heard(data)), '\r') {
				return ok
			}
		case <-t.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// patience sets how long a handshake waits.
func (s *session) patience(command string) bool {
	if hexed, ok := strings.CutPrefix(command, "ATBRT"); ok && isHex(hexed, 2) {
		n, _ := strconv.ParseUint(hexed, 16, 8) // two hex digits
		if n == 0 {
			n = 256
		}
		s.brt = time.Duration(n) * brtStep
		return true
	}
	if ms, ok := strings.CutPrefix(command, "STBRT"); ok && s.a.cfg.STN != "" {
		n, err := strconv.ParseUint(ms, 10, 16)
		s.brt = time.Duration(n) * time.Millisecond
		return err == nil
	}
	return false
}
