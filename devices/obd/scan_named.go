package obd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Asking control units by their address: a unit that keeps codes of its own, brakes or
// body, is not reached by what asks all (ISO 15765-4), and answers UDS 19 02.

// errUnit says that an address cannot be one.
var errUnit = errors.New("not the address of a control unit")

// addressee is a control unit to be asked by its address.
type addressee struct {
	header  string   // as ATSH takes it
	answers []string // the addresses from which it may answer, most common first
	wide    bool     // of 29 bits
}

// Distances between the address of a unit and that of its answer: ISO 15765-4, then
// what makers use for their other units.
const (
	answersAt8  = 0x08 // most
	answersAt6A = 0x6A // Volkswagen group
	answersAt20 = 0x20 // Renault, Nissan
)

// CheckUnit reports whether s names a control unit for Options.Units: 7E0, 745:765
// where the address of the answer is known, or DA10 (18DA10F1, 10) on 29 bits. The
// error says what is wrong.
func CheckUnit(s string) error {
	_, err := parseUnit(s)
	return err
}

// parseUnit reads the name of a control unit.
func parseUnit(s string) (addressee, error) {
	text := strings.ToUpper(strings.TrimSpace(s))
	ask, answer, both := strings.Cut(text, ":")
	if !isHex(ask) || both && !isHex(answer) {
		return addressee{}, fmt.Errorf("%w: %q", errUnit, s)
	}
	at, err := strconv.ParseUint(ask, 16, 32)
	if err != nil {
		return addressee{}, fmt.Errorf("%w: %q", errUnit, s)
	}
	switch {
	case len(ask) == 3 && at <= 0x7FF && both && len(answer) == 3:
		return addressee{header: ask, answers: []string{answer}}, nil
	case len(ask) == 3 && at <= 0x7FF && !both:
		n := addressee{header: ask}
		for _, d := range []uint64{answersAt8, answersAt20, answersAt6A} {
			if at+d <= 0x7FF {
				n.answers = append(n.answers, fmt.Sprintf("%03X", at+d))
			}
		}
		return n, nil
	case both:
	case len(ask) == 2:
		return addressee{header: "DA" + ask + "F1", answers: []string{"18DAF1" + ask}, wide: true}, nil
	case len(ask) == 4 && ask[:2] == "DA":
		return parseUnit(ask[2:])
	case len(ask) == 8 && ask[:4] == "18DA" && ask[6:] == "F1":
		return parseUnit(ask[4:6])
	}
	return addressee{}, fmt.Errorf("%w: %q", errUnit, s)
}

// units asks every unit that was named. What it sets in the adapter it puts back.
func (x *scan) units() error {
	if len(x.opts.Units) == 0 {
		return nil
	}
	x.total = x.report.Requests + len(x.opts.Units)
	for _, s := range x.opts.Units {
		n, err := parseUnit(s)
		if err != nil {
			return fmt.Errorf("ask a control unit: %w", err)
		}
		if !x.isCAN() || n.wide != (busOf(x.c.number) == busCAN29) {
			x.note("1902", s, ECUAnswer{State: Unsupported}, "there is no such address on this bus")
			continue
		}
		if err := x.askUnit(n); err != nil {
			return err
		}
		x.say()
	}
	return x.everyone()
}

// unitCodes asks for the codes that are failing, pending or confirmed.
const unitCodes = "19020D"

// askUnit reads all codes that a unit keeps, from the first address it answers at.
func (x *scan) askUnit(n addressee) error {
	var a Answer
	for _, id := range n.answers {
		if word, err := x.address(n, id); err != nil {
			return err
		} else if word != "" {
			x.note(unitCodes, id, ECUAnswer{State: AdapterFault}, "the adapter does not know "+word)
			return nil
		}
		var err error
		var extended bool
		if a, extended, err = x.askCodes(); err != nil {
			return err
		}
		if e, said := a.ECUs[id]; said {
			x.takeUnit(id, e)
			return errors.Join(x.details(id, e), x.leave(extended))
		}
	}
	x.takeUnit(n.answers[0], ECUAnswer{State: absent(a)})
	return nil
}

// askCodes asks for the codes of the unit that is addressed. A unit that tells them in
// its extended session only (NRC 7E, 7F) is put into it, and has to leave it.
func (x *scan) askCodes() (a Answer, extended bool, err error) {
	a, err = x.full(unitCodes, limitRequest)
	if err != nil || !slices.ContainsFunc(a.Order, func(id string) bool { nrc := a.ECUs[id].NRC; return nrc == "7E" || nrc == "7F" }) {
		return a, false, err
	}
	if _, err := x.full("1003", limitRequest); err != nil {
		return a, true, err
	}
	a, err = x.full(unitCodes, limitRequest)
	return a, true, err
}

// leave takes the unit that is addressed out of its extended session.
func (x *scan) leave(extended bool) error {
	if !extended {
		return nil
	}
	_, err := x.full("1001", limitRequest)
	return err
}

// takeUnit takes what a unit said of its codes. One that all were not asked for has
// none of the facts of an emission-related unit.
func (x *scan) takeUnit(id string, e ECUAnswer) {
	if _, known := x.ecus[id]; !known {
		u := x.unit(id)
		u.Stored.State, u.Pending.State, u.Permanent.State, u.Readiness.State = Unsupported, Unsupported, Unsupported, Unsupported
		u.TestsState, u.Info.State = Unsupported, Unsupported
	}
	x.ecus[id].Maker = &Codes{State: e.State, NRC: e.NRC, Codes: codesIn(e)}
	if e.State != OK {
		x.note(unitCodes, id, e, "")
	}
}

// address makes the adapter speak to one unit and hear it alone, with flow control to
// it (ELM327, "Flow Control Messages"). Word is one the adapter does not know.
func (x *scan) address(n addressee, answer string) (word string, err error) {
	words := []string{"ATSH" + n.header, "ATCRA" + answer}
	if !n.wide {
		words = append(words, "ATFCSH"+n.header, "ATFCSD300000", "ATFCSM1")
	}
	if word, err = x.words(words); err == nil && word == "" {
		x.c.receive = answer
	}
	return word, err
}

// everyone puts back what address has set. An adapter that does not do so is greeted
// anew before it is used again.
func (x *scan) everyone() error {
	x.c.receive = ""
	header := "7DF"
	if busOf(x.c.number) == busCAN29 {
		header = "DB33F1"
	}
	word, err := x.words([]string{"ATFCSM0", "ATAR", "ATSH" + header})
	if err == nil && word != "" {
		_ = x.c.fail(errAgain) // the facts are read; only the next scan needs it
	}
	return err
}

// words says words to the adapter and stops at one that it does not know.
func (x *scan) words(words []string) (unknown string, err error) {
	for _, word := range words {
		_, ok, err := x.c.command(x.ctx, word)
		if err != nil {
			return "", x.c.mute(err)
		}
		if !ok {
			return word, nil
		}
	}
	return "", nil
}
