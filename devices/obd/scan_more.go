package obd

import (
	"fmt"
	"slices"
)

// extras is what the steps beside codes and values keep while a scan runs.
type extras struct {
	types  *Answer              // to 0900, asked once
	tests  int                  // results kept
	raw    map[string][]UDSCode // codes of a car of UDS as they were sent, by unit
	format string               // their DTCFormatIdentifier
}

// mostTests are the results of on-board tests that a scan keeps: the bytes of a
// broken unit do not make a report that is too large to keep. Cars have some 200.
const mostTests = 2048

// more reads what there is beside codes, readiness and values: the freeze frames,
// the results of the on-board tests, and what each unit says of itself.
func (x *scan) more() error {
	for _, part := range []step{{StepFreeze, x.freeze}, {StepTests, x.tests}, {StepTests, x.oxygen}, {StepInfo, x.info}, {StepInfo, x.moreUDS}} {
		x.step = part.name
		if err := part.do(); err != nil {
			return err
		}
		x.say()
	}
	return nil
}

// each goes through all units known with what they said to a request.
func (x *scan) each(a Answer, do func(id string, u *unit, e ECUAnswer, said bool)) {
	for _, id := range a.Order {
		x.unit(id)
	}
	for _, id := range x.ids() {
		e, said := a.ECUs[id]
		if !said {
			e = ECUAnswer{State: absent(a)}
		}
		do(id, x.ecus[id], e, said)
	}
}

// lists is what units say there is of a service, by unit.
type lists map[string]map[string]bool

func (l lists) add(id string, items []string) {
	if l[id] == nil {
		l[id] = map[string]bool{}
	}
	for _, item := range items {
		l[id][item] = true
	}
}

func (l lists) any(item string) bool {
	for _, has := range l {
		if has[item] {
			return true
		}
	}
	return false
}

// having are the units that have an item.
func (l lists) having(item string) []string {
	var ids []string
	for id, has := range l {
		if has[item] {
			ids = append(ids, id)
		}
	}
	return ids
}

// items are all that any unit has but the bitmaps.
func (l lists) items() []string {
	var out []string
	for n := range 0x100 {
		if item := fmt.Sprintf("%02X", n); n%0x20 != 0 && l.any(item) {
			out = append(out, item)
		}
	}
	return out
}

// ask asks for one item and hands on what the units that have it said. What is not
// data is noted.
func (x *scan) ask(request, item string, of lists, take func(*unit, ECUAnswer) bool) error {
	a, err := x.requestOf(request, of.having(item), limitRequest)
	if err != nil {
		return err
	}
	x.each(a, func(id string, u *unit, e ECUAnswer, _ bool) {
		switch {
		case !of[id][item]:
		case e.State != OK:
			x.note(request, id, e, words(a.Kind))
		case !take(u, e):
			x.note(request, id, ECUAnswer{State: Incomplete}, "not in a form that is known")
		}
	})
	return nil
}

// mayFreeze reports whether a unit may hold a freeze frame: one that has no code has
// none, and one that did not tell its codes may.
func mayFreeze(u *unit) bool {
	none := func(c Codes) bool { return c.State == OK && len(c.Codes) == 0 }
	return !none(u.Stored) || u.Pending.State == OK && len(u.Pending.Codes) > 0
}

// freeze reads freeze frame 0 of every unit that names the code that caused it: a
// frame without its code tells nothing.
func (x *scan) freeze() error {
	if x.uds {
		return x.freezeUDS()
	}
	if !slices.ContainsFunc(x.ids(), func(id string) bool { return mayFreeze(x.ecus[id]) }) {
		return nil
	}
	const trigger = "020200"
	a, err := x.request(trigger, limitRequest)
	if err != nil {
		return err
	}
	frames := map[string]*Freeze{}
	has := lists{}
	x.each(a, func(id string, u *unit, e ECUAnswer, said bool) {
		if e.State == OK && !ofFrame(e) {
			e = ECUAnswer{State: Incomplete}
		}
		if e.State == OK && len(e.Codes) > 0 {
			frames[id] = &Freeze{Code: e.Codes[0], Readings: []Reading{}}
			has.add(id, []string{"00"})
		}
		u.FreezeState = e.State
		if e.State != OK && (said || mayFreeze(u)) {
			x.note(trigger, id, e, words(a.Kind))
		}
	})
	if err := x.freezeLists(has); err != nil {
		return err
	}
	items := has.items()
	x.total = x.report.Requests + len(items)
	for _, pid := range items {
		if pid == "02" {
			continue // the code, which is known
		}
		err := x.ask("02"+pid+"00", pid, has, func(u *unit, e ECUAnswer) bool {
			if f := frames[u.ID]; ofFrame(e) {
				f.Readings = append(f.Readings, fitted(e.Readings)...)
			}
			return ofFrame(e)
		})
		if err != nil {
			return err
		}
	}
	for id, f := range frames {
		x.ecus[id].Freeze = []Freeze{*f}
	}
	return nil
}

// ofFrame reports whether an answer tells of frame 0.
func ofFrame(e ECUAnswer) bool { return e.Frame != nil && *e.Frame == 0 }

// freezeLists follows the support bitmaps of mode 02.
func (x *scan) freezeLists(has lists) error {
	for base := 0; base < 0x100; base += 0x20 {
		item := fmt.Sprintf("%02X", base)
		if !has.any(item) {
			return nil
		}
		err := x.ask("02"+item+"00", item, has, func(u *unit, e ECUAnswer) bool {
			if ofFrame(e) {
				has.add(u.ID, e.Supported)
			}
			return ofFrame(e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tests reads the results of the on-board tests (mode 06).
func (x *scan) tests() error {
	a, err := x.request("0600", limitRequest)
	if err != nil {
		return err
	}
	has := lists{}
	x.each(a, func(id string, u *unit, e ECUAnswer, _ bool) {
		u.TestsState = e.State
		if e.State != OK {
			x.note("0600", id, e, words(a.Kind))
			return
		}
		has.add(id, e.Supported)
	})
	if err := x.testLists(has); err != nil {
		return err
	}
	items := has.items()
	x.total = x.report.Requests + len(items)
	for _, mid := range items {
		err := x.ask("06"+mid, mid, has, func(u *unit, e ECUAnswer) bool {
			if x.extras.tests += len(e.Tests); x.extras.tests > mostTests {
				x.note("06"+mid, u.ID, ECUAnswer{State: Incomplete}, "more results than a report holds")
				return true
			}
			u.Tests = append(slices.Clip(u.Tests), e.Tests...)
			return e.Tests != nil
		})
		if err != nil {
			return err
		}
		x.say()
	}
	return nil
}

// testLists follows the support bitmaps of mode 06.
func (x *scan) testLists(has lists) error {
	claims := func(id, item string) bool { return has[id][item] }
	last, known, err := x.bitmapsAtOnce("06", claims, func(id string, e ECUAnswer) { has.add(id, e.Supported) })
	if err != nil {
		return err
	}
	var bases []string
	for base := 0x20; base < 0x100; base += 0x20 {
		item := fmt.Sprintf("%02X", base)
		if known && item <= last {
			continue
		}
		if !has.any(item) {
			break
		}
		bases = append(bases, item)
		err := x.ask("06"+item, item, has, func(u *unit, e ECUAnswer) bool {
			has.add(u.ID, e.Supported)
			return e.Supported != nil
		})
		if err != nil {
			return err
		}
	}
	if !known {
		x.learnBitmaps("06", bases, claims)
	}
	return nil
}

// infoTypes asks which information there is (0900), once a scan.
func (x *scan) infoTypes() (Answer, error) {
	if x.extras.types != nil {
		return *x.extras.types, nil
	}
	a, err := x.request("0900", limitRequest)
	if err == nil {
		x.extras.types = &a
	}
	return a, err
}

// info reads what each unit says of itself (mode 09) beside the VIN: calibrations
// and their check numbers, its name, how often its monitors ran.
func (x *scan) info() error {
	a, err := x.infoTypes()
	if err != nil {
		return err
	}
	has := lists{}
	x.each(a, func(id string, u *unit, e ECUAnswer, _ bool) {
		u.Info.State = e.State
		if e.State != OK {
			x.note("0900", id, e, words(a.Kind))
			return
		}
		has.add(id, e.Supported)
	})
	for _, kind := range []string{"04", "06", "08", "0A", "0B"} {
		if !has.any(kind) {
			continue
		}
		err := x.ask("09"+kind, kind, has, func(u *unit, e ECUAnswer) bool {
			u.Info.CalibrationIDs = append(u.Info.CalibrationIDs, e.CalibrationIDs...)
			u.Info.CVNs = append(u.Info.CVNs, e.CVNs...)
			u.Info.Counters = append(u.Info.Counters, e.Counters...)
			if e.Name != "" {
				u.Info.Name = e.Name
			}
			return e.CalibrationIDs != nil || e.CVNs != nil || e.Counters != nil || e.Name != ""
		})
		if err != nil {
			return err
		}
	}
	return x.infoMore(has)
}

// infoMore reads the kinds of mode 09 that have no field of their own. On older buses
// what is left are numbers of lines.
func (x *scan) infoMore(has lists) error {
	if !x.isCAN() {
		return nil
	}
	before := 3 // service, kind and number of items; by UDS service and identifier
	for _, kind := range has.items() {
		if kind <= "0B" {
			continue
		}
		err := x.ask("09"+kind, kind, has, func(u *unit, e ECUAnswer) bool {
			item, ok := infoItem(kind, e.Raw, before)
			if ok {
				u.Info.More = append(slices.Clip(u.Info.More), item)
			}
			return ok
		})
		if err != nil {
			return err
		}
	}
	return nil
}
