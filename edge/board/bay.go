package board

import (
	"encoding/json"
	"slices"

	"pitlane/edge/job"
)

// bay is the technician's screen (requirements section 4, column TE): the car in
// this bay with its approved lines; no name, phone, price, key slot or assistance
// (K-096, K-097, K-153).
func (b *Board) bay() BayView {
	v := BayView{
		Bay: b.cfg.Bay, Node: b.cfg.Node, Next: []BayNext{}, Scanner: b.moment.scanner,
		People: nonNil(b.cfg.People), Faults: nonNil(b.moment.faults),
	}
	cars := b.carsOf(b.cfg.Bay)
	if len(cars) == 0 {
		return v
	}
	v.Job = b.bayJob(cars[0])
	v.Scan = b.scanOf(cars[0])
	v.Clear = b.clearOf(cars[0])
	for _, s := range cars[1:] {
		v.Next = append(v.Next, BayNext{Ticket: s.Ticket, Plate: s.Plate})
	}
	return v
}

// carsOf are the jobs of a bay, the one in it first: at work, then done and to be
// inspected, then assigned. An inspected car goes back to reception (K-188).
func (b *Board) carsOf(bay string) []job.State {
	cars := slices.DeleteFunc(b.sorted(), func(s job.State) bool {
		return bay == "" || s.Bay != bay || s.Inspected || s.Gatepass || s.Back || (s.Declined && !s.Received)
	})
	slices.SortStableFunc(cars, func(x, y job.State) int { return turn(x) - turn(y) })
	return cars
}

func turn(s job.State) int {
	switch {
	case s.Received && !s.Finished:
		return 0
	case s.Finished:
		return 1
	}
	return 2
}

func (b *Board) bayJob(s job.State) *BayJob {
	j := &BayJob{
		ID: s.ID, Tips: nonNil(s.Tips), Ticket: s.Ticket, Plate: s.Plate, VIN: s.VIN,
		Phase: s.Phase, Word: s.Phase.Word(), Complaint: symptom(s), Lines: []BayLine{}, Lead: s.Lead,
		Extras: []BayExtra{}, Scans: b.summaries(s), Promised: promise(s.Promised), Mismatch: s.Mismatch,
		Locked: locked(s), NoScan: b.noScan(s), NoClear: b.noClear(s), Wrong: wrongCar(s), Compare: b.Compare(s),
	}
	for _, l := range job.Approved(s) {
		j.Lines = append(j.Lines, BayLine{ID: l.ID, Text: l.Text})
	}
	for _, x := range s.Extras {
		j.Extras = append(j.Extras, BayExtra{ID: x.ID, Text: x.Text, Safety: x.Safety, State: x.State})
	}
	return j
}

// symptom is what the car does wrong, which the technician needs. A visit that is
// itself a complaint about the shop is another thing: it is not for the bay (K-260).
func symptom(s job.State) job.Complaint {
	if s.Purpose == "complaint" {
		return job.Complaint{}
	}
	return s.Complaint
}

// locked is why work may not start; work that has started is not locked.
func locked(s job.State) string {
	why := job.CanStart(s)
	if why == job.Already {
		return ""
	}
	return string(why)
}

func (b *Board) noScan(s job.State) string {
	why := job.CanScan(s)
	switch {
	case why != job.Free:
		return string(why)
	case b.scanning():
		return string(job.Running)
	case b.moment.scanner.State != "online":
		return "scanner_offline"
	}
	return ""
}

// scanning: the scanner is at work, for whichever job.
func (b *Board) scanning() bool {
	now := b.moment.scan
	return now != nil && now.State.Running && !ended(b.states[now.Job], now.State.ID)
}

// summaries are the scans of a job, oldest first.
func (b *Board) summaries(s job.State) []ScanSummary {
	list := []ScanSummary{}
	for _, x := range s.Scans {
		list = append(list, ScanSummary{
			ID: x.ID, At: at(x.AtMS), State: x.State, Why: x.Why, Complete: x.Complete, Codes: b.codes(x.Codes),
			OtherCar: x.OtherCar(), Recorded: x.Recorded,
		})
	}
	return list
}

func (b *Board) codes(codes []job.Code) []CodeText {
	list := []CodeText{}
	for _, c := range codes {
		text := CodeText{ECU: c.ECU, Code: c.Code, Status: c.Status, Plain: map[string]string{}}
		if b.cfg.Plain != nil {
			text.Plain = b.cfg.Plain(c.Code)
		}
		list = append(list, text)
	}
	return list
}

// scanOf is the scan that runs now, as Tell last said, or else the job's last one
// as the journal has it. A scan that the journal has ended does not run, whatever
// Tell said before.
func (b *Board) scanOf(s job.State) *ScanState {
	last := len(s.Scans) - 1
	if now := b.moment.scan; now != nil && now.Job == s.ID && !ended(s, now.State.ID) {
		state := now.State
		state.Codes = nonNil(state.Codes)
		return &state
	}
	if last < 0 || s.Scans[last].State == job.ScanRuns {
		return nil
	}
	x := s.Scans[last]
	state := &ScanState{ID: x.ID, Step: "done", Codes: b.codes(x.Codes), Report: report(x.Report)}
	if x.State == job.ScanNot {
		state.Error = &Fault{Kind: x.Why}
	}
	return state
}

func ended(s job.State, scan string) bool {
	return slices.ContainsFunc(s.Scans, func(x job.Scan) bool { return x.ID == scan && x.State != job.ScanRuns })
}

// report is the JSON of a packed report; nil when it is none.
func report(packed []byte) json.RawMessage {
	if len(packed) == 0 {
		return nil
	}
	b, err := job.UnpackReport(packed)
	if err != nil || !json.Valid(b) {
		return nil
	}
	return b
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
