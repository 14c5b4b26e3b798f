package obd

import (
	"fmt"
	"slices"
	"strings"
)

// protocolUDS finds a car that is silent to 0100, or refuses it, and tells which
// identifiers it supports: one of SAE J1979-2 or ISO 27145. These speak on CAN alone
// (ISO 15765-4).
func (x *scan) protocolUDS(m *memory, first Answer) (bool, error) {
	for _, number := range x.candidates(m, first) {
		if err := x.choose(number); err != nil {
			return false, err
		}
		a, err := x.once("22F400", limitRequest)
		if _, waits := wantsAgain(a); waits && err == nil {
			a, err = x.full("22F400", limitRequest)
		}
		if err != nil {
			return false, err
		}
		x.uds = true
		if a = x.taken("0100", a); !x.note0100(a) {
			x.uds = false
			continue
		}
		if err := x.named(number); err != nil {
			return false, err
		}
		x.report.Protocol.Standard = standardUDS // until more is known
		x.recall(a, m)
		m.spoke(x.report.Protocol.Number, true)
		x.say()
		return true, nil
	}
	return false, nil
}

// candidates are the protocols on which such a car may be: not where the adapter or
// the bus was at fault, since that says nothing of the car.
func (x *scan) candidates(m *memory, first Answer) []string {
	can := []string{"6", "7", "8", "9"}
	switch first.Kind {
	case "", KindNoData, KindNoAnswer, KindUnable, KindCANError, KindBusInit:
	default:
		return nil
	}
	if fixed := strings.ToUpper(x.opts.Protocol); fixed != "" && fixed != "AUTO" {
		return slices.DeleteFunc(can, func(n string) bool { return n != fixed })
	}
	if slices.Contains(can, m.Number) {
		return append([]string{m.Number}, slices.DeleteFunc(can, func(n string) bool { return n == m.Number })...)
	}
	return can
}

// standard tells a heavy vehicle of ISO 27145 from a car of SAE J1979-2: the same
// services, but values that only WWH-OBD has (PIDs 90, 91, 93), a kind of OBD that
// only heavy vehicles have (PID 1C), or codes in the form of SAE J1939-73.
func (x *scan) standard(a Answer) {
	if !x.uds {
		return
	}
	for _, id := range x.ids() {
		u := x.ecus[id]
		heavy := u.supported["90"] || u.supported["91"] || u.supported["93"] || a.ECUs[id].DTCFormat == formatJ1939
		for _, r := range u.Readings {
			kind, _ := r.Value.(string)
			heavy = heavy || r.PID == "1C" && r.Name != nil && (strings.Contains(kind, "HD") || strings.Contains(kind, "WWH"))
		}
		if heavy {
			x.report.Protocol.Standard = standardWWH
		}
	}
}

// readGroup reads some PIDs of a car of UDS in one request, and reports whether every
// unit gave all of them that it has. Nothing is taken from an answer that is not so.
func (x *scan) readGroup(pids []string) (bool, error) {
	of := map[string]bool{}
	for _, pid := range pids {
		for _, id := range x.claiming(pid) {
			of[id] = true
		}
	}
	ids := x.ids()
	ids = slices.DeleteFunc(ids, func(id string) bool { return !of[id] })
	a, err := x.requestOf("01"+strings.Join(pids, ""), ids, limitRequest)
	if err != nil {
		return false, err
	}
	want := map[string][]string{}
	for _, id := range ids {
		for _, pid := range pids {
			if x.ecus[id].supported[pid] {
				want[id] = append(want[id], pid)
			}
		}
	}
	if x.takeWhole(a, want) {
		return true, nil
	}
	for _, id := range ids {
		if !whole(a.ECUs[id], want[id]) && !slices.Contains(x.fast.car.Single, id) {
			x.fast.car.Single = append(x.fast.car.Single, id)
		}
	}
	slices.Sort(x.fast.car.Single)
	return false, nil
}

// takeWhole takes the readings of an answer that holds everything that is wanted.
func (x *scan) takeWhole(a Answer, want map[string][]string) bool {
	for id, pids := range want {
		if !whole(a.ECUs[id], pids) {
			return false
		}
	}
	for id := range want {
		x.ecus[id].Readings = append(x.ecus[id].Readings, fitted(a.ECUs[id].Readings)...)
	}
	return true
}

// mostDIDs are the identifiers of one request: with the service they fill a frame.
const mostDIDs = 3

// groupUDS is the first of some PIDs and those that can go in one request with it:
// their widths are known, so that the answer can be cut.
func (x *scan) groupUDS(pids []string) []string {
	group := []string{pids[0]}
	if x.fast.off || fixedWidth(pidNumber(pids[0])) > maxGrouped || !x.groupable(pids[0]) {
		return group
	}
	for _, pid := range pids[1:] {
		if len(group) < mostDIDs && fixedWidth(pidNumber(pid)) <= maxGrouped && x.groupable(pid) {
			group = append(group, pid)
		}
	}
	return group
}

// maxGrouped keeps a value that has a message of its own out of groups.
const maxGrouped = 4

// moreUDS reads what only a car of UDS tells: the readiness groups, the extended
// values (F5xx) and the tests of extended monitors (F7xx).
func (x *scan) moreUDS() error {
	if !x.uds {
		return nil
	}
	if err := x.groups(); err != nil {
		return err
	}
	err := x.identifiers("F5", func(id string, e ECUAnswer, did string) {
		if len(e.Raw) > 6 {
			u := x.ecus[id]
			u.Readings = append(u.Readings, Reading{PID: did, Raw: e.Raw[6:]})
		}
	})
	if err != nil {
		return err
	}
	return x.identifiers("F7", func(id string, e ECUAnswer, _ string) {
		if x.extras.tests += len(e.Tests); x.extras.tests <= mostTests {
			u := x.ecus[id]
			u.Tests = append(slices.Clip(u.Tests), e.Tests...)
		}
	})
}

// identifiers reads all identifiers of a page (F5xx, F7xx) that any unit says it has.
// A car that has none of the page is silent, which is no fault.
func (x *scan) identifiers(page string, take func(id string, e ECUAnswer, did string)) error {
	has := lists{"": {"00": true}}
	for base := 0; base < 0x100; base += 0x20 {
		low := fmt.Sprintf("%02X", base)
		if !has.any(low) {
			break
		}
		a, err := x.requestOf("22"+page+low, nil, limitRequest)
		if err != nil {
			return err
		}
		for id, e := range a.ECUs {
			for _, did := range e.Supported {
				has.add(id, []string{did[2:]})
			}
		}
	}
	delete(has, "")
	for _, low := range has.items() {
		of := has.having(low)
		a, err := x.requestOf("22"+page+low, of, limitRequest)
		if err != nil {
			return err
		}
		for _, id := range of {
			e, said := a.ECUs[id]
			if !said {
				e.State = absent(a)
			}
			if e.State != OK {
				x.note("22"+page+low, id, e, words(a.Kind))
				continue
			}
			take(id, e, page+low)
		}
	}
	return nil
}

// Readiness groups are asked for one by one. Their numbers are those of SAE J1979-DA;
// a few in a row that no unit knows end the asking.
const (
	mostGroups   = 0x20
	silentGroups = 3
)

// groups reads the readiness groups (19 56): a group is complete when every test that
// belongs to it has run since the codes were cleared.
func (x *scan) groups() error {
	silent := 0
	for n := 1; n <= mostGroups && silent < silentGroups; n++ {
		text := fmt.Sprintf("19%02X%s%02X", byReadiness, emissions, n)
		a, err := x.once(text, limitRequest)
		if err != nil {
			return err
		}
		silent++
		for _, id := range a.Order {
			e := a.ECUs[id]
			if e.State != OK || len(e.UDSCodes) == 0 {
				continue
			}
			silent = 0
			g := Group{Group: e.Group, Name: groupName(e.Group), Codes: len(e.UDSCodes), Complete: true}
			for _, c := range e.UDSCodes {
				g.Complete = g.Complete && statusOf(c)&statusNotRun == 0
			}
			u := x.unit(id)
			u.Readiness.Groups = append(slices.Clip(u.Readiness.Groups), g)
		}
	}
	return nil
}

// mostSnapshots bounds how many codes of a scan are asked for their snapshots.
const mostSnapshots = 64

// freezeUDS reads the snapshots of every code that is confirmed or pending: they are
// the freeze frames of such a car, each told with its code.
func (x *scan) freezeUDS() error {
	asked := map[string]bool{}
	for _, id := range x.ids() {
		u := x.ecus[id]
		for _, c := range slices.Concat(x.extras.raw[id]) {
			if asked[c.Code] || len(asked) >= mostSnapshots {
				continue
			}
			asked[c.Code] = true
			if err := x.snapshotsOf(c.Code); err != nil {
				return err
			}
		}
		if mayFreeze(u) && u.FreezeState == "" {
			u.FreezeState = NoAnswer
		}
	}
	return nil
}

// snapshotsOf reads the snapshots of one code, of every unit that keeps it.
func (x *scan) snapshotsOf(code string) error {
	text := fmt.Sprintf("19%02X%sFF", snapshots, code)
	var of []string
	for id, codes := range x.extras.raw {
		if slices.ContainsFunc(codes, func(c UDSCode) bool { return c.Code == code }) {
			of = append(of, id)
		}
	}
	slices.Sort(of)
	a, err := x.requestOf(text, of, limitRequest)
	if err != nil {
		return err
	}
	for _, id := range of {
		u := x.ecus[id]
		e, said := a.ECUs[id]
		if !said {
			e.State = absent(a)
		}
		if e.State == OK && e.Frames == nil {
			e = ECUAnswer{State: Incomplete}
		}
		if u.FreezeState == "" || u.FreezeState == OK {
			u.FreezeState = e.State
		}
		if e.State != OK {
			x.note(text, id, e, words(a.Kind))
		}
		u.takeFrames(e.Frames, codeOfUDS(UDSCode{Code: code}, x.extras.format).Code)
	}
	return nil
}

// takeFrames takes snapshots of a code as freeze frames.
func (u *unit) takeFrames(frames []Freeze, code string) {
	for _, f := range frames {
		f.Code = code
		for i := range f.Readings {
			f.Readings[i].PID = strings.TrimPrefix(f.Readings[i].PID, "F4")
		}
		f.Readings = fitted(f.Readings)
		u.Freeze = append(slices.Clip(u.Freeze), f)
	}
}

// keep remembers the codes of an answer as they were sent: snapshots are asked for by
// them.
func (x *scan) keep(id string, e ECUAnswer) {
	if !x.uds || len(e.UDSCodes) == 0 {
		return
	}
	if x.extras.raw == nil {
		x.extras.raw = map[string][]UDSCode{}
	}
	x.extras.raw[id] = append(x.extras.raw[id], e.UDSCodes...)
	x.extras.format = e.DTCFormat
}

// readinessUDS asks the units that did not tell PID 01 for what has taken its place in
// SAE J1979-2.
func (x *scan) readinessUDS() error {
	lacks := func(id string) bool { return x.ecus[id].Readiness.State != OK }
	if !x.uds || !slices.ContainsFunc(x.ids(), lacks) {
		return nil
	}
	a, err := x.requestOf(didMonitors, nil, limitRequest)
	if err != nil {
		return err
	}
	for _, id := range a.Order {
		raw := parseRequest(a.ECUs[id].Raw)
		if a.ECUs[id].State != OK || len(raw.data) < 3 {
			continue
		}
		r, ok := decodeMonitors(raw.data[3:])
		if u := x.unit(id); ok && u.Readiness.State != OK {
			r.Groups = u.Readiness.Groups
			u.Readiness = r
			told := func(e RequestError) bool { return e.Request == x.sent("0101") && (e.ECU == id || e.ECU == "") }
			x.report.Errors = slices.DeleteFunc(x.report.Errors, told)
		}
	}
	if !slices.ContainsFunc(x.ids(), lacks) {
		x.silent = slices.DeleteFunc(x.silent, func(r string) bool { return r == "0101" })
	}
	return nil
}
