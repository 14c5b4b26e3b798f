package keycab

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/housetest"
)

func noLine(context.Context) (devices.Port, error) { return nil, devices.ErrMissing }

// told plays polls (one character each, 100 ms apart) into an input and writes
// what is believed after each: '?' unknown, '!' found flapping just now.
func told(in *input, step time.Duration, polls string) string {
	out := make([]byte, 0, len(polls))
	for i, c := range polls {
		_, flaps := in.see(time.Duration(i)*step, c == '1')
		b := byte('?')
		switch {
		case flaps:
			b = '!'
		case in.known && in.value:
			b = '1'
		case in.known:
			b = '0'
		}
		out = append(out, b)
	}
	return string(out)
}

func TestAnInputIsBelievedOnlyWhenItRests(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	cases := []struct {
		name  string
		rule  rule
		step  time.Duration
		polls string
		want  string
	}{
		{"a switch after two equal polls", switchRule(), 100 * ms, "00011", "?0001"},
		{"a switch polled faster waits for 50 ms", switchRule(), 20 * ms, "0000111111", "???0000111"},
		{"one odd poll of a switch is nothing", switchRule(), 100 * ms, "0001000", "?000000"},
		{"a beam after 300 ms", beamRule(), 100 * ms, "00001111", "???00001"},
		{"a beam polled slowly waits for three polls", beamRule(), 400 * ms, "000111", "??0001"},
		{"a hand through the beam is nothing", beamRule(), 100 * ms, "0000111000000", "???0000000000"},
		{"changing all the time is unknown", switchRule(), 100 * ms, "001010101", "?000000!?"},
		{"slow changes are changes", switchRule(), 2000 * ms, "00110011", "?0011001"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := told(&input{rule: c.rule}, c.step, c.polls); got != c.want {
				t.Errorf("got  %s\nwant %s\nfor  %s", got, c.want, c.polls)
			}
		})
	}
}

func TestAFlappingInputIsKnownAgainWhenItRests(t *testing.T) {
	t.Parallel()
	in := &input{rule: switchRule()}
	at, raw, warned := time.Duration(0), false, 0
	see := func() {
		at += 100 * time.Millisecond
		if _, flaps := in.see(at, raw); flaps {
			warned++
		}
	}
	for range 50 {
		raw = !raw
		see()
	}
	if in.known || warned != 1 {
		t.Fatalf("after 5 s of flapping: known %v, %d warnings, want unknown and one", in.known, warned)
	}
	raw = true
	for range 29 {
		see()
	}
	if in.known {
		t.Error("known after less than 3 s of rest")
	}
	for range 4 {
		see()
	}
	if !in.known || !in.value || warned != 1 {
		t.Errorf("after 3 s of rest: known %v value %v, %d warnings, want 1 and one warning", in.known, in.value, warned)
	}
}

// Property: whatever was believed, one frame that shows something else changes
// nothing, for hooks and keys alike.
func TestNoEventFromOneFrame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	one := 1
	for round := range housetest.Rounds(t, 30) {
		rk := newRack(2, 16, &one)
		at := time.Duration(0)
		see := func(board int, s sample) []any {
			at += time.Duration(60+r.IntN(80)) * time.Millisecond
			return rk.see(at, board, s)
		}
		calm := []sample{{Hooks: uint64(r.Uint32()), Keys: uint64(r.Uint32()), HasKeys: true}, {Hooks: uint64(r.Uint32()), Keys: uint64(r.Uint32()), HasKeys: true}}
		for range 12 {
			see(0, calm[0])
			see(1, calm[1])
		}
		want := rk.slots()
		for range 40 {
			at += time.Duration(r.IntN(8)) * time.Second // any pace
			b := r.IntN(2)
			odd := sample{Hooks: uint64(r.Uint32()), Keys: uint64(r.Uint32()), HasKeys: true}
			if got := see(b, odd); len(changesIn(got)) > 0 && !slotsFlap(rk) {
				t.Fatalf("round %d: one frame made %v", round, got)
			}
			for range 110 { // rest, so that the turns of the odd frames grow old
				if got := see(b, calm[b]); len(changesIn(got)) > 0 {
					t.Fatalf("round %d: the frame after an odd one made %v", round, got)
				}
			}
		}
		if got := rk.slots(); !equalSlots(got, want) {
			t.Fatalf("round %d: slots are %v, want %v", round, got, want)
		}
	}
}

func changesIn(vs []any) []Change {
	var out []Change
	for _, v := range vs {
		if c, ok := v.(Change); ok {
			out = append(out, c)
		}
	}
	return out
}

func slotsFlap(r *rack) bool {
	for _, p := range r.places {
		if p.hook.flapping || p.key.flapping {
			return true
		}
	}
	return false
}

func equalSlots(a, b []Slot) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestPolarityIsNeverAssumed(t *testing.T) {
	t.Parallel()
	s := sample{Hooks: 0b01, Keys: 0b10, HasKeys: true}
	zero, one := 0, 1
	cases := []struct {
		name   string
		closed *int
		want   []Slot
	}{
		{"not told", nil, []Slot{{1, HookUnknown, KeyAbsent, false}, {2, HookUnknown, KeyPresent, false}}},
		{"1 is closed", &one, []Slot{{1, HookClosed, KeyAbsent, false}, {2, HookOpen, KeyPresent, false}}},
		{"0 is closed", &zero, []Slot{{1, HookOpen, KeyAbsent, false}, {2, HookClosed, KeyPresent, false}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRack(1, 2, c.closed)
			for i := range 5 {
				r.see(time.Duration(i)*100*time.Millisecond, 0, s)
			}
			if got := r.slots(); !equalSlots(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAGaugeNeedsManyPolls(t *testing.T) {
	t.Parallel()
	var g gauge
	rises := 0
	for range garbledOn {
		g.next()
		if g.mark(garbledOn) {
			rises++
		}
	}
	if !g.on || rises != 1 {
		t.Errorf("after %d marks: on %v, rose %d times, want on, once", garbledOn, g.on, rises)
	}
	for range gaugePolls {
		g.next()
	}
	if g.on {
		t.Errorf("still on after %d polls without a mark", gaugePolls)
	}
}

// A change that a tick of 100 ms saw is believed when its time is over, not at the
// tick after that: due names that moment, and only while a poll would settle it.
func TestAPollIsDueWhenItWouldSettleADoubt(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	r := newRack(1, 2, new(int)) // a closed hook shows 0
	for _, at := range []time.Duration{0, 100, 200, 300} {
		r.see(at*ms, 0, sample{HasKeys: true})
	}
	if d, ok := r.due(300*ms, 0); ok {
		t.Fatalf("nothing is in doubt, but a poll is due at %v", d)
	}
	keyed := sample{Keys: 2, HasKeys: true}
	for _, c := range []struct{ at, want time.Duration }{{407, 0}, {512, 707}, {603, 707}, {706, 707}} {
		if changes := r.see(c.at*ms, 0, keyed); len(changes) != 0 {
			t.Fatalf("at %d ms: %v", c.at, changes)
		}
		if d, ok := r.due(c.at*ms, 0); ok != (c.want != 0) || d != c.want*ms {
			t.Errorf("at %d ms: due at %v, %v; want %d ms", c.at, d, ok, c.want)
		}
	}
	if changes := r.see(707*ms, 0, keyed); len(changes) != 1 {
		t.Errorf("at the time named: %v, want the key", changes)
	}
	if d, ok := r.due(707*ms, 0); ok {
		t.Errorf("it is known, but a poll is due at %v", d)
	}
	r.see(800*ms, 0, sample{Hooks: 1, Keys: 2, HasKeys: true})
	if d, ok := r.due(800*ms, 0); !ok || d != 850*ms {
		t.Errorf("a hook that was seen once is due at %v, %v; want after 50 ms", d, ok)
	}
}
