package sim

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Faults are what can be wrong with an adapter, its bus or its supply. Several may
// be on at once.
type Faults struct {
	Only  string // only commands that begin with it, upper case, no spaces; "": all requests, no AT commands
	Times int    // switched off after so many commands; 0: until switched off

	// Of the adapter; these two do not look at Only and Times.
	StrayFC   bool // a byte FC before the banner of ATZ
	EchoStuck bool // echo cannot be switched off

	NoCount  bool          // a request with a count digit gives NO DATA
	OddCount bool          // a request with a count digit gives a question mark
	AnyCount bool          // the count digit is passed over: the wait is as long as without
	BadCount bool          // the count digit is sent to the car as a byte of its own
	Short    bool          // one frame less than a count digit asks for
	Silent   bool          // nothing comes back, no prompt either
	Slow     time.Duration // more time before each line
	BrownOut bool          // reset in mid answer: half a line, banner, all settings lost
	BaudLie  bool          // a new speed is agreed to and not taken; Only names the word
	BaudHang bool          // a new speed is agreed to, and then nothing more until power is cut

	// Of the answer.
	Error     string // in place of lines: CAN ERROR, BUS INIT: ...ERROR, BUFFER FULL, DATA ERROR, LV RESET, ...
	After     int    // with Error: so many good lines come first
	Mark      string // after the last line: <DATA ERROR, <RX ERROR
	Garbage   bool   // random bytes within lines
	HalfLine  bool   // the last line ends in its middle
	Foreign   bool   // frames another tester asked for lie between ours
	Duplicate bool   // each frame twice
	Pad       *byte  // CAN frames are filled to eight bytes with it
	Swap      bool   // the units answer in the opposite order
}

func (f Faults) meets(command string) bool {
	if f.Only != "" {
		return strings.HasPrefix(command, f.Only)
	}
	return !strings.HasPrefix(command, "AT") && !strings.HasPrefix(command, "ST")
}

// lasting are the faults that do not look at the command.
func (f Faults) lasting() Faults {
	return Faults{StrayFC: f.StrayFC, EchoStuck: f.EchoStuck}
}

// messages changes what the units say.
func (f Faults) messages(proto string, m []Message) []Message {
	if f.Swap {
		m = slices.Clone(m)
		slices.Reverse(m)
		for i := range m {
			m[i].After = 0
		}
	}
	if f.Foreign && len(m) > 0 {
		other := m[0].From
		m = append(slices.Clone(m), Message{From: other, Data: []byte{0x41, 0x0D, 0x00}}, Message{From: other, Data: []byte{0x41, 0x11, 0x26}})
	}
	return m
}

// lines changes what is printed.
func (f Faults) lines(in []line, rng *rand.Rand) []line {
	var out []line
	for _, l := range in {
		l.after += f.Slow
		out = append(out, l)
		if f.Duplicate {
			out = append(out, l)
		}
	}
	if f.Error != "" {
		out = out[:min(f.After, len(out))]
		out = append(out, line{text: f.Error})
	}
	if len(out) == 0 {
		return out
	}
	last := &out[len(out)-1]
	last.text += f.Mark
	if f.HalfLine {
		last.text = last.text[:len(last.text)/2]
	}
	if f.Garbage {
		for i := range out {
			out[i].text = garble(out[i].text, rng)
		}
	}
	return out
}

// garble puts one or two bytes that no adapter prints into a line.
func garble(text string, rng *rand.Rand) string {
	for range 1 + rng.IntN(2) {
		at := rng.IntN(len(text) + 1)
		text = text[:at] + string([]byte{byte(0x80 + rng.IntN(0x7F))}) + text[at:]
	}
	return text
}
