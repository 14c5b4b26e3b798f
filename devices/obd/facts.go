package obd

import (
	"fmt"
	"slices"
	"strings"
)

// vin reads the VIN: of the first ECU that has one, and it must be the only one.
func (x *scan) vin() error {
	a, err := x.request("0902", limitRequest)
	if err != nil {
		return err
	}
	state := State("")
	for _, id := range a.Order {
		e := a.ECUs[id]
		switch {
		case e.State == OK && x.report.VIN.Value == "":
			x.report.VIN = VIN{State: OK, Value: e.VIN}
		case e.State == OK && x.report.VIN.Value != e.VIN:
			x.note("0902", id, ECUAnswer{State: OK}, "this unit reports another VIN")
		case e.State != OK:
			state = e.State
			x.note("0902", id, e, "")
		}
	}
	if x.report.VIN.Value == "" {
		if state == "" {
			state = stateOfKind(a.Kind)
			if state, err = x.vinUnsupported(state); err != nil {
				return err
			}
			x.note("0902", "", ECUAnswer{State: state}, words(a.Kind))
		}
		x.report.VIN.State = state
	}
	x.say()
	return nil
}

// vinUnsupported tells a car without a VIN from one that did not answer.
func (x *scan) vinUnsupported(state State) (State, error) {
	if state != NoAnswer {
		return state, nil
	}
	a, err := x.infoTypes()
	if err != nil {
		return state, err
	}
	for _, e := range a.ECUs {
		if e.State == OK && slices.Contains(e.Supported, "02") {
			return NoAnswer, nil
		}
	}
	if worth(a) > 0 {
		return Unsupported, nil
	}
	return NoAnswer, nil
}

// supported follows the bitmaps as far as any ECU has them.
func (x *scan) supported() error {
	claims := func(id, pid string) bool { return x.ecus[id].supported[pid] }
	last, known, err := x.bitmapsAtOnce("01", claims, x.take)
	if err != nil {
		return err
	}
	var bases []string
	for base := 0x20; base < 0x100; base += 0x20 {
		pid := fmt.Sprintf("%02X", base)
		if known && pid <= last {
			continue
		}
		if !x.anySupports(pid) {
			break
		}
		bases = append(bases, pid)
		a, err := x.request("01"+pid, limitRequest)
		if err != nil {
			return err
		}
		for _, id := range a.Order {
			if e := a.ECUs[id]; e.State == OK {
				x.take(id, e)
			}
		}
		x.missing("01"+pid, pid, a)
		x.say()
	}
	if !known {
		x.learnBitmaps("01", bases, claims)
	}
	x.total = x.report.Requests + 4 + len(x.pids())
	return nil
}

func (x *scan) anySupports(pid string) bool {
	for _, u := range x.ecus {
		if u.supported[pid] {
			return true
		}
	}
	return false
}

// missing notes every ECU that claims a PID and gave no data for it.
func (x *scan) missing(request, pid string, a Answer) {
	for _, id := range x.ids() {
		if e, said := a.ECUs[id]; said {
			if e.State != OK {
				x.note(request, id, e, "")
			}
			continue
		}
		if x.ecus[id].supported[pid] {
			x.note(request, id, ECUAnswer{State: absent(a)}, words(a.Kind))
		}
	}
}

// absent is the state of an ECU that is not in an answer: the bus failed, or it
// alone was silent.
func absent(a Answer) State {
	switch {
	case a.Kind != "":
		return stateOfKind(a.Kind)
	case len(a.Kinds) > 0: // the adapter gave up after others had spoken
		return stateOfKind(worst(a.Kinds))
	case a.torn: // somebody spoke, and nobody could tell who
		return Incomplete
	}
	return NoAnswer
}

// codes reads stored, pending and permanent codes. An ECU is without codes only
// when it said so itself.
func (x *scan) codes() error {
	for _, request := range []string{"03", "07", "0A"} {
		if err := x.codesOf(request); err != nil {
			return err
		}
	}
	return nil
}

// codesOf reads one list of codes.
func (x *scan) codesOf(request string) error {
	a, err := x.request(request, limitRequest)
	if err != nil {
		return err
	}
	x.heard(request, a)
	x.each(a, func(id string, u *unit, e ECUAnswer, _ bool) {
		c := map[string]*Codes{"03": &u.Stored, "07": &u.Pending, "0A": &u.Permanent}[request]
		c.State, c.NRC, c.Codes = e.State, e.NRC, codesIn(e)
		x.keep(id, e)
		if e.State != OK {
			x.note(request, id, e, words(a.Kind))
		}
	})
	x.standard(a)
	x.say()
	return nil
}

// readiness reads PID 01 of every ECU that has it.
func (x *scan) readiness() error {
	a, err := x.request("0101", limitRequest)
	if err != nil {
		return err
	}
	x.heard("0101", a)
	for _, id := range x.ids() {
		u := x.ecus[id]
		e, said := a.ECUs[id]
		switch {
		case said && e.State == OK && e.Readiness != nil:
			u.Readiness = *e.Readiness
			u.Readings = append(u.Readings, fitted(e.Readings)...)
			continue
		case said:
			u.Readiness.State = e.State
		case !u.supported["01"]:
			u.Readiness.State = Unsupported
		default:
			u.Readiness.State = absent(a)
		}
	}
	x.missing("0101", "01", a)
	err = x.readinessUDS()
	x.say()
	return err
}

// heard remembers what nobody answered.
func (x *scan) heard(request string, a Answer) {
	if len(a.ECUs) == 0 {
		x.silent = append(x.silent, request)
	}
}

// askAgain asks once more for codes and readiness where nobody answered though the car
// has gone on talking: the ignition was off for a moment, or a unit sulked after it had
// refused something. Silence to 0A alone is that of an older car.
func (x *scan) askAgain() error {
	again := x.silent
	x.silent = nil
	if len(again) == 1 && again[0] == "0A" {
		return nil
	}
	for _, request := range again {
		x.report.Errors = slices.DeleteFunc(x.report.Errors, func(e RequestError) bool { return e.Request == x.sent(request) })
		do := func() error { return x.codesOf(request) }
		if request == "0101" {
			do = x.readiness
		}
		if err := do(); err != nil {
			return err
		}
	}
	x.sortReadings()
	return nil
}

// readings reads every other PID that any ECU supports.
func (x *scan) readings() error {
	pids := x.pids()
	x.total = x.report.Requests + len(pids)
	for len(pids) > 0 {
		group := x.group(pids)
		pids = slices.DeleteFunc(pids, func(pid string) bool { return slices.Contains(group, pid) })
		if err := x.read(group); err != nil {
			return err
		}
		x.say()
	}
	x.standard(Answer{})
	x.sortReadings()
	return nil
}

func (x *scan) sortReadings() {
	for _, u := range x.ecus {
		slices.SortStableFunc(u.Readings, func(a, b Reading) int { return strings.Compare(a.PID, b.PID) })
	}
}

// read reads some PIDs: together where that goes, else one after the other.
func (x *scan) read(pids []string) error {
	var d *doubts
	if len(pids) > 1 {
		done, err := false, error(nil)
		if x.uds {
			done, err = x.readGroup(pids)
		} else {
			done, d, err = x.together(pids)
		}
		if done || err != nil {
			return err
		}
	}
	var failed []string
	for _, pid := range pids {
		a, err := x.request("01"+pid, limitRequest)
		if err != nil {
			return err
		}
		for _, id := range a.Order {
			if e := a.ECUs[id]; e.State == OK {
				u := x.unit(id)
				u.Readings = append(u.Readings, fitted(e.Readings)...)
			}
		}
		x.missing("01"+pid, pid, a)
		if slices.ContainsFunc(x.claiming(pid), func(id string) bool { return a.ECUs[id].State != OK }) {
			failed = append(failed, pid)
		}
	}
	x.blame(failed, d)
	return nil
}

// fitted leaves out values of sensors that this car does not have.
func fitted(readings []Reading) []Reading {
	return slices.DeleteFunc(slices.Clone(readings), func(r Reading) bool { return r.Unsupported })
}

// pids are the PIDs to read: all that any ECU supports but the bitmaps and 01.
func (x *scan) pids() []string {
	all := map[string]bool{}
	for _, u := range x.ecus {
		for pid := range u.supported {
			all[pid] = true
		}
	}
	var pids []string
	for n := 0x02; n < 0x100; n++ {
		if pid := fmt.Sprintf("%02X", n); n%0x20 != 0 && all[pid] {
			pids = append(pids, pid)
		}
	}
	return pids
}
