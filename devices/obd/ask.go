package obd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// once sends one OBD request. An adapter that has lost its settings ends the scan.
func (x *scan) once(text string, limit time.Duration) (Answer, error) {
	if err := x.pace(); err != nil {
		return Answer{}, err
	}
	ask := x.c.askAgain
	if x.step == StepClear {
		ask = x.c.ask // never sent twice
	}
	lines, err := ask(x.ctx, text, limit)
	if err != nil {
		return Answer{}, x.c.mute(err)
	}
	x.report.Requests++
	if err := x.slower(text, lines); err != nil {
		return Answer{}, err
	}
	a := Decode(text, lines, x.c.settings())
	if a.Banner || slices.Contains(a.Kinds, KindLowVoltage) || x.forgotten(a) {
		return a, x.c.fail(errReset)
	}
	x.overhear(text, a)
	return a, nil
}

// mostLossy is how many answers may lack bytes before the raised speed is given up.
const mostLossy = 2

// slower gives the raised speed up where it loses bytes.
func (x *scan) slower(request string, lines []string) error {
	if !x.c.faster() || x.c.noRaise || !x.c.lostBytes(request, lines) {
		return nil
	}
	if x.c.lossy++; x.c.lossy < mostLossy {
		return nil
	}
	x.c.lossy = 0
	return x.c.mute(x.c.slow(x.ctx))
}

// full sends one OBD request and asks again where that can help: half an answer, a
// disturbed line, an ECU that wants more time.
func (x *scan) full(text string, limit time.Duration) (Answer, error) {
	var best Answer
	patient := false
	for try := 0; ; try++ {
		a, err := x.once(text, limit)
		if err != nil {
			return a, err
		}
		if try == 0 || worth(a) >= worth(best) {
			best = a
		}
		again, waits := wantsAgain(a)
		if !again || try >= 1 && !waits || try >= 5 {
			break
		}
		if waits && !patient && (try > 0 || wantsTime(a)) {
			patient = true
			if err := x.patience("ATSTFF"); err != nil {
				return best, err
			}
		}
	}
	if patient {
		if err := x.patience("ATST32"); err != nil {
			return best, err
		}
	}
	x.total = max(x.total, x.report.Requests)
	return best, x.count(best)
}

// patience sets how long the adapter waits for an ECU (ATST, 4 ms a step).
func (x *scan) patience(word string) error {
	_, _, err := x.c.command(x.ctx, word)
	if err != nil {
		return x.c.mute(err)
	}
	return nil
}

// worth is how many ECUs answered with data.
func worth(a Answer) int {
	n := 0
	for _, e := range a.ECUs {
		if e.State == OK {
			n++
		}
	}
	return n
}

// wantsAgain reports whether asking again may give more, and whether an ECU asked
// for time (0x78) or for a repeat (0x21).
func wantsAgain(a Answer) (again, waits bool) {
	for _, e := range a.ECUs {
		switch {
		case e.State == Incomplete:
			again = true
		case e.NRC == "78" || e.NRC == "21":
			again, waits = true, true
		}
	}
	for _, k := range a.Kinds {
		again = again || k != KindNoData && k != KindActAlert && k != KindUnable
	}
	return again || a.torn || a.Kind == KindNoAnswer || a.Kind == KindDataError, waits
}

// wantsTime reports whether an ECU asked for time (0x78): it will answer by itself. One
// that is busy (0x21) has answered, and may be free the next moment (ISO 14229-1).
func wantsTime(a Answer) bool {
	for _, e := range a.ECUs {
		if e.NRC == "78" {
			return true
		}
	}
	return false
}

// forgotten reports whether the adapter has lost its settings without a word: its
// answers had headers in this scan, and have none any more.
func (x *scan) forgotten(a Answer) bool {
	return x.c.headers && len(x.ecus) > 0 && len(a.Order) > 0 && strings.HasPrefix(a.Order[0], "#")
}

// count ends the scan when the bus fails again and again.
func (x *scan) count(a Answer) error {
	if a.Kind == "" || stateOfKind(a.Kind) != BusFault {
		x.faults = 0
		return nil
	}
	x.faults++
	if x.faults < 3 || x.step == StepProtocol {
		return nil
	}
	f := kindFailure(a.Kind)
	x.report.Error = f
	return f.fault(errors.New(a.Kind))
}

// mostMute is how many requests in a row may be answered by nobody, though somebody
// says that he knows them, before it is asked whether anybody is there at all.
const mostMute = 4

// stillThere ends the scan when the car has fallen silent: its ignition is off.
func (x *scan) stillThere(e expectation, a Answer) error {
	if len(a.ECUs) > 0 || len(e.ids) == 0 || len(x.ecus) == 0 {
		x.mute = 0
		return nil
	}
	if x.mute++; x.mute < mostMute {
		return nil
	}
	x.mute = 0
	first := "0100"
	if x.uds {
		first = "22F400"
	}
	there, err := x.once(first, limitRequest)
	if err != nil || len(there.ECUs) > 0 {
		return err
	}
	x.report.Error = kindFailure(KindNoData)
	return x.report.Error.fault(errors.New(KindNoData))
}

// pace holds a request back where the rate is capped.
func (x *scan) pace() error {
	if x.opts.Rate <= 0 {
		return nil
	}
	now := x.opts.Clock()
	wait := x.next - now
	x.next = max(now, x.next) + time.Second/time.Duration(x.opts.Rate)
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-x.ctx.Done():
		return fmt.Errorf("wait for the next request: %w", x.ctx.Err())
	}
}
