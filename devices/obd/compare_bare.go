package obd

import (
	"slices"
	"strings"
)

// bareUnits is the name of all units that an adapter without headers numbers by their
// order of arrival.
const bareUnits = "#"

// comparableUnits are two reports whose units can be compared by their names. Without
// headers a number is that of whoever spoke first, second, third to one request: where
// there are several, what was #1 in one scan may be #2 in the other, and even in the
// same one. They are then one unit, which reports what any of them does.
func comparableUnits(before, after *Report) (*Report, *Report) {
	if bareCount(before) < 2 && bareCount(after) < 2 {
		return before, after
	}
	most := max(bareCount(before), bareCount(after))
	return joinBare(before, most), joinBare(after, most)
}

func isBare(e ECU) bool { return strings.HasPrefix(e.ID, bareUnits) }

// bareCount is how many units a report has that are numbered by their order.
func bareCount(r *Report) (n int) {
	for _, e := range r.ECUs {
		if isBare(e) {
			n++
		}
	}
	return n
}

// joinBare makes one unit of those. Whose readiness and values are whose is not known:
// it has none. Where fewer spoke than in the other scan, somebody did not.
func joinBare(r *Report, most int) *Report {
	one := ECU{ID: bareUnits}
	out := *r
	out.ECUs = nil
	for _, e := range r.ECUs {
		if !isBare(e) {
			out.ECUs = append(out.ECUs, e)
			continue
		}
		one.Stored = joinCodes(one.Stored, e.Stored)
		one.Pending = joinCodes(one.Pending, e.Pending)
		one.Permanent = joinCodes(one.Permanent, e.Permanent)
	}
	if bareCount(r) < most {
		for _, list := range []*Codes{&one.Stored, &one.Pending, &one.Permanent} {
			list.State = NoAnswer
		}
	}
	if bareCount(r) > 0 {
		out.ECUs = append(out.ECUs, one)
	}
	return &out
}

// joinCodes is two lists as one, which was read when both were.
func joinCodes(a, b Codes) Codes {
	out := Codes{State: a.State, NRC: a.NRC, Codes: slices.Concat(a.Codes, b.Codes)}
	told := a.State == "" || a.State == OK || a.State == Unsupported
	if told && (a.State == "" || b.State != Unsupported) {
		out.State, out.NRC = b.State, b.NRC
	}
	return out
}

// bareSaid is what units without names said together: a refusal of one before what is
// not an answer, and that before an answer.
func bareSaid(a Answer) (said ECUAnswer, heard bool) {
	worst := []State{OK, NoAnswer, Incomplete, Refused}
	for _, id := range a.Order {
		if e := a.ECUs[id]; strings.HasPrefix(id, bareUnits) {
			if !heard || slices.Index(worst, e.State) > slices.Index(worst, said.State) {
				said = e
			}
			heard = true
		}
	}
	return said, heard
}
