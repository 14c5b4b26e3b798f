package job

import (
	"cmp"
	"slices"
)

// ScanRecorded is a piece of the raw record of a scan, or of a clearing of codes, which
// it names by the same field: what was sent to the adapter and the exact bytes that came
// back, packed by devices/obd (PackSession). Parts count from 1 to Of and come before
// the event that ends it, whichever way it ended.
type ScanRecorded struct {
	Scan string `json:"scan"`
	Part int    `json:"part"`
	Of   int    `json:"of"`
	Data []byte `json:"data"`
}

// Kind implements Payload.
func (ScanRecorded) Kind() string { return "scan.recorded" }

// The decisions on a car whose identification number is not the job's.
const (
	// SameCar: it is the job's car, its number reads otherwise now (a control unit
	// was exchanged or programmed).
	SameCar = "same_car"
	// WrongCar: another car stands in the bay. What was read of it is not used.
	WrongCar = "wrong_car"
	// EarlierWrong: this is the job's car; those scanned before were not.
	EarlierWrong = "earlier_wrong"
)

// MismatchDecided is a person's word on a car.mismatched. Decision: same_car,
// wrong_car, earlier_wrong; the reason may be left out with wrong_car only.
type MismatchDecided struct {
	Scan     string `json:"scan"`
	Decision string `json:"decision"`
	Reason   string `json:"reason,omitempty"`
	By       string `json:"by"`
}

// Kind implements Payload.
func (MismatchDecided) Kind() string { return "car.mismatch_decided" }

// MismatchDecidedTwice is two people who said at once whose car it is, and not the same.
const MismatchDecidedTwice = "mismatch_decided_twice"

// Mismatched is a newest car that is not the job's, of which nobody has said yet
// what that means.
const Mismatched Reason = "mismatch"

// SameAsBooked stands in the way of what may be done to the job's own car alone,
// while it is open whether this is the car.
func SameAsBooked(s State) Reason { return unless(!s.Mismatch, Mismatched) }

// CanDecide guards car.mismatch_decided: there is such a scan, it met another car,
// and nobody has decided, or two have decided otherwise.
func CanDecide(s State, d MismatchDecided) Reason {
	i := slices.IndexFunc(s.Scans, func(x Scan) bool { return x.ID == d.Scan && x.Mismatch })
	if i < 0 {
		return first(going(s), NotMismatched)
	}
	return first(going(s), unless(s.Scans[i].Decided == "" || s.torn(), Already),
		unless(d.Reason != "" || d.Decision == WrongCar, NoReason))
}

// What stands in the way of a decision.
const (
	NotMismatched Reason = "not_mismatched"
	NoReason      Reason = "no_reason"
)

// torn: two decisions on one car contradict each other.
func (s State) torn() bool { return slices.Contains(s.seen, MismatchDecidedTwice) }

// OtherCar says that the scan met a car that is not known to be the job's: nothing
// of it is used for the job.
func (x Scan) OtherCar() bool { return x.Mismatch && x.Decided != SameCar && x.Decided != EarlierWrong }

// stepCar takes the raw record and the decisions on cars. A scan that nobody began
// here is not made by them.
func (s *State) stepCar(e Event) {
	switch p := e.Payload.(type) {
	case ScanRecorded:
		if x := s.known(p.Scan); x != nil && p.Part == x.raw+1 {
			x.raw, x.Recorded = p.Part, p.Part == p.Of
		}
		s.clearRecorded(p)
	case MismatchDecided:
		if x := s.known(p.Scan); x != nil && x.Mismatch {
			x.Decided, x.DecidedBy, x.DecidedWhy = p.Decision, p.By, p.Reason
			s.decided(*x)
		}
	}
}

// decided draws what follows from a decision beyond the scan itself. A wrong car
// leaves the bay, so that the right one has to be signed in.
func (s *State) decided(x Scan) {
	switch {
	case x.Decided == WrongCar && !s.Finished && !s.Inspected:
		s.Received, s.Started = false, false
	case x.Decided == EarlierWrong:
		for i := range s.Scans {
			o := &s.Scans[i]
			if o.ID == x.ID {
				return
			}
			if o.VIN != "" && o.VIN != x.VIN {
				o.Mismatch, o.Decided, o.DecidedBy, o.DecidedWhy = true, WrongCar, x.DecidedBy, x.DecidedWhy
			}
		}
	}
}

func (s *State) known(scan string) *Scan {
	i := slices.IndexFunc(s.Scans, func(x Scan) bool { return x.ID == scan })
	if i < 0 {
		return nil
	}
	return &s.Scans[i]
}

// settleScans: the newest completed scan of the job's car tells its number. One
// that met another car keeps the job waiting until a person has decided, or the
// job's own car has been read.
func (s *State) settleScans() {
	s.VIN, s.Mismatch = "", false
	for _, x := range s.Scans {
		switch {
		case x.State != ScanDone:
		case x.Mismatch && (x.Decided == "" || s.torn()):
			s.Mismatch = true
		case x.VIN != "" && !x.OtherCar():
			s.VIN, s.Mismatch = x.VIN, false
		}
	}
}

// Undecided is the scan whose car a person has to decide on; false when there is none.
func Undecided(s State) (Scan, bool) {
	for _, x := range slices.Backward(s.Scans) {
		if s.Mismatch && x.State == ScanDone && x.Mismatch && (x.Decided == "" || s.torn()) {
			return x, true
		}
	}
	return Scan{}, false
}

// BeforeAfter are the scans of the job's car that a comparison is made of: the
// first one that is complete (the first one, where none but the newest is), and the
// newest one after it. What is missing is nil.
func BeforeAfter(s State) (before, after *Scan) {
	var own []Scan
	for _, x := range s.Scans {
		if x.State == ScanDone && !x.OtherCar() {
			own = append(own, x)
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	last := len(own) - 1
	i := slices.IndexFunc(own[:last], func(x Scan) bool { return x.Complete })
	if last > 0 {
		after = &own[last]
	}
	return &own[max(i, 0)], after
}

func checkCar(c *checker, p Payload) {
	switch p := p.(type) {
	case ScanRecorded:
		c.need("scan", p.Scan)
		c.between("of", int64(p.Of), 1, maxList)
		c.between("part", int64(p.Part), 1, int64(cmp.Or(p.Of, maxList)))
	case MismatchDecided:
		c.need("scan", p.Scan)
		c.need("decision", p.Decision)
		c.need("by", p.By)
		c.line("reason", p.Reason)
	}
}

func decodeCar(kind string) func([]byte) (Payload, error) {
	switch kind {
	case ScanRecorded{}.Kind():
		return as[ScanRecorded]
	case MismatchDecided{}.Kind():
		return as[MismatchDecided]
	}
	return nil
}
