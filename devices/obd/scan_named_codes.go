package obd

import (
	"fmt"
	"slices"
)

// What a unit that is asked by its address keeps with each of its codes: snapshots, its
// freeze frames, and extended data, which its maker lays down.

// details reads both of every code of a unit; e is what it said when asked for them. A
// unit that does not know one of the two is not asked for it again.
func (x *scan) details(id string, e ECUAnswer) error {
	u := x.ecus[id]
	for _, sub := range []int{snapshots, extendedData} {
		for i, c := range e.UDSCodes[:min(len(e.UDSCodes), mostSnapshots)] {
			more, err := x.detail(u, sub, i, c)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// detail reads the snapshots, or the extended data, of code i. More is false where the
// unit does not know what that is.
func (x *scan) detail(u *unit, sub, i int, c UDSCode) (more bool, err error) {
	text := fmt.Sprintf("19%02X%sFF", sub, c.Code)
	a, err := x.full(text, limitRequest)
	if err != nil {
		return false, err
	}
	e, said := a.ECUs[u.ID]
	if !said {
		e.State = absent(a)
	}
	if sub == snapshots && (u.FreezeState == "" || u.FreezeState == OK) {
		u.FreezeState = e.State
	}
	if e.State != OK {
		x.note(text, u.ID, e, words(a.Kind))
		return !slices.Contains([]string{"11", "12", "7E", "7F"}, e.NRC), nil
	}
	x.total = x.report.Requests
	const head = 2 * 6 // service, subfunction, code and its status
	if len(e.Raw) <= head {
		return true, nil // it keeps none with this code
	}
	if sub == extendedData {
		u.Maker.Codes[i].Extended = e.Raw[head:]
		return true, nil
	}
	code := u.Maker.Codes[i].Code
	if e.Frames == nil {
		u.Freeze = append(slices.Clip(u.Freeze), Freeze{Code: code, Readings: []Reading{}, Raw: e.Raw[head:]})
	}
	u.takeFrames(e.Frames, code)
	return true, nil
}
