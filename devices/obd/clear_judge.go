package obd

import "slices"

// judge says what came of the request in each unit, and of the whole.
func (out *Cleared) judge(answer Answer) {
	out.ECUs = []ClearedECU{}
	was, is := comparableUnits(out.Before, out.After)
	for _, before := range was.ECUs {
		said, heard := answer.ECUs[before.ID]
		if before.ID == bareUnits {
			said, heard = bareSaid(answer)
		}
		out.ECUs = append(out.ECUs, judge(before, unitNamed(is, before.ID), said, heard))
	}
	worst := []ClearOutcome{ClearUnknown, ClearFailed, ClearRefused, ClearDone}
	out.Outcome = ClearUnknown // where nobody answered and nobody had anything to clear
	for _, o := range worst {
		if slices.ContainsFunc(out.ECUs, func(e ClearedECU) bool { return e.Outcome == o }) {
			out.Outcome = o
			return
		}
	}
}

func unitNamed(r *Report, id string) ECU {
	for _, e := range r.ECUs {
		if e.ID == id {
			return e
		}
	}
	return ECU{ID: id, Stored: Codes{State: NoAnswer}, Pending: Codes{State: NoAnswer}, Permanent: Codes{State: NoAnswer}}
}

// judge is the outcome of one unit: what it said is held against what is read after it.
func judge(before, after ECU, said ECUAnswer, heard bool) ClearedECU {
	had := append(named(before.Stored), named(before.Pending)...)
	out := ClearedECU{
		ID: before.ID, NRC: said.NRC, Gone: []string{}, Remain: []string{}, Permanent: named(after.Permanent),
	}
	read := after.Stored.State == OK
	if read {
		out.Remain = distinct(append(named(after.Stored), named(after.Pending)...))
		out.Gone = distinct(slices.DeleteFunc(had, func(c string) bool { return slices.Contains(out.Remain, c) }))
	}
	for _, m := range after.Readiness.Monitors {
		if m.Supported && !m.Complete {
			out.Incomplete++
		}
	}
	stays := slices.ContainsFunc(named(before.Stored), func(c string) bool { return slices.Contains(named(after.Stored), c) })
	yes := heard && said.State == OK
	silent := !heard || said.State == NoAnswer && said.NRC == ""
	switch {
	case heard && said.State == Refused && said.NRC == "22":
		out.Outcome, out.Why = ClearRefused, "conditions_not_correct"
	case heard && said.State == Refused:
		out.Outcome, out.Why = ClearRefused, "refused"
	case !read && silent && before.Stored.State != OK:
		out.Outcome = ClearNothing // it takes no part in codes at all
	case !read:
		out.Outcome, out.Why = ClearUnknown, "not_read"
	case stays:
		out.Outcome, out.Why = ClearFailed, "codes_remain"
	case yes:
		out.Outcome = ClearDone
	case len(out.Gone) > 0:
		out.Outcome, out.Why = ClearDone, "seen"
	case silent && len(out.Remain) == 0:
		out.Outcome = ClearNothing
	case silent:
		out.Outcome, out.Why = ClearFailed, "codes_remain"
	case said.NRC == "78":
		out.Outcome, out.Why = ClearUnknown, "pending"
	default:
		out.Outcome, out.Why = ClearUnknown, "not_read"
	}
	return out
}

// named are the codes of a list that was read.
func named(c Codes) []string {
	out := []string{}
	for _, code := range c.Codes {
		out = append(out, code.Code)
	}
	return out
}

// distinct are the codes in order, each once: one may be stored and pending.
func distinct(codes []string) []string {
	out := []string{}
	for _, c := range codes {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
