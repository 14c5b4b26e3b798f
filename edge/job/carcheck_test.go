package job_test

import (
	"testing"

	"pitlane/edge/job"
)

// scanned is a whole scan as the bay writes it.
func scanned(id, vin string, other bool) []job.Payload {
	p := []job.Payload{
		job.ScanStarted{Scan: id, Bay: "1"}, job.ScanRecorded{Scan: id, Part: 1, Of: 1, Data: []byte("raw")},
		job.ScanCompleted{Scan: id, Bay: "1", VIN: vin, Complete: true, Codes: []job.Code{}},
	}
	if other {
		p = append(p, job.CarMismatched{Scan: id})
	}
	return p
}

func say(scan, decision string) job.MismatchDecided {
	return job.MismatchDecided{Scan: scan, Decision: decision, Reason: "the unit was exchanged", By: "sa1"}
}

func TestAnotherCarWaitsForAPerson(t *testing.T) {
	const own, other = "WVWZZZ1JZXW000001", "WVWZZZ1JZXW000002"
	wrong := func() *story {
		return received().tell(bay1, scanned("s1", own, false)...).tell(bay1, scanned("s2", other, true)...)
	}
	torn := wrong()
	n := len(torn.events)
	torn.apart(n, reception, say("s2", job.SameCar)).apart(n, central, say("s2", job.EarlierWrong))
	for name, c := range map[string]struct {
		from     *story
		mismatch bool
		vin      string
		start    job.Reason
		before   string
		after    string
	}{
		"nobody has decided":                    {wrong(), true, own, job.Mismatched, "s1", ""},
		"a scan without a number tells nothing": {wrong().tell(bay1, scanned("s3", "", false)...), true, own, job.Mismatched, "s1", "s3"},
		"it is the same car":                    {wrong().tell(reception, say("s2", job.SameCar)), false, other, job.Free, "s1", "s2"},
		"it is the wrong car":                   {wrong().tell(reception, say("s2", job.WrongCar)), false, own, job.NotReceived, "s1", ""},
		"the right car is signed in":            {wrong().tell(reception, say("s2", job.WrongCar)).tell(bay1, job.CarReceived{Bay: "1", By: "te1"}), false, own, job.Free, "s1", ""},
		"the first one was the wrong car":       {wrong().tell(bay1, say("s2", job.EarlierWrong)), false, other, job.Free, "s2", ""},
		"the job's own car is read":             {wrong().tell(bay1, scanned("s3", own, false)...), false, own, job.Free, "s1", "s3"},
		"two decide otherwise at once":          {torn, true, "", job.Mismatched, "s2", ""}, // whose numbers these are is open
		"a decision on no such scan":            {wrong().tell(reception, say("s9", job.SameCar)), true, own, job.Mismatched, "s1", ""},
		"a decision on a scan of the car":       {wrong().tell(reception, say("s1", job.WrongCar)), true, own, job.Mismatched, "s1", ""},
	} {
		s := c.from.state()
		before, after := job.BeforeAfter(s)
		if s.Mismatch != c.mismatch || s.VIN != c.vin || job.CanStart(s) != c.start || idOf(before) != c.before || idOf(after) != c.after {
			t.Errorf("%s: mismatch %v, right number %v, start %q, before %q, after %q; want %v, start %q, %q, %q", name,
				s.Mismatch, s.VIN == c.vin, job.CanStart(s), idOf(before), idOf(after), c.mismatch, c.start, c.before, c.after)
		}
		if x, open := job.Undecided(s); open != c.mismatch || open && x.ID != "s2" {
			t.Errorf("%s: to be decided is %q %v", name, x.ID, open)
		}
	}
}

func idOf(x *job.Scan) string {
	if x == nil {
		return ""
	}
	return x.ID
}

func TestWhoMayDecideOnACar(t *testing.T) {
	wrong := func() *story {
		return received().tell(bay1, scanned("s1", "A", false)...).tell(bay1, scanned("s2", "B", true)...)
	}
	for name, c := range map[string]struct {
		from *story
		say  job.MismatchDecided
		want job.Reason
	}{
		"as it stands":     {wrong(), say("s2", job.SameCar), job.Free},
		"without a reason": {wrong(), job.MismatchDecided{Scan: "s2", Decision: job.SameCar, By: "sa1"}, job.NoReason},
		"wrong car, as is": {wrong(), job.MismatchDecided{Scan: "s2", Decision: job.WrongCar, By: "sa1"}, job.Free},
		"of the job's car": {wrong(), say("s1", job.WrongCar), job.NotMismatched},
		"decided already":  {wrong().tell(reception, say("s2", job.SameCar)), say("s2", job.WrongCar), job.Already},
		"a visit gone by":  {wrong().tell(reception, job.CarHandedBack{}), say("s2", job.SameCar), job.Closed},
	} {
		if got := job.CanDecide(c.from.state(), c.say); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheRawRecordIsWholeWithItsLastPart(t *testing.T) {
	part := func(n int) job.ScanRecorded { return job.ScanRecorded{Scan: "s1", Part: n, Of: 2, Data: []byte("raw")} }
	start := job.ScanStarted{Scan: "s1", Bay: "1"}
	for name, c := range map[string]struct {
		told []job.Payload
		want bool
	}{
		"all parts":      {[]job.Payload{start, part(1), part(2)}, true},
		"one is missing": {[]job.Payload{start, part(2)}, false},
		"not yet":        {[]job.Payload{start, part(1)}, false},
	} {
		s := received().tell(bay1, append(c.told, job.ScanFailed{Scan: "s1", Why: "interrupted"})...).state()
		if s.Scans[0].Recorded != c.want {
			t.Errorf("%s: recorded %v, want %v", name, s.Scans[0].Recorded, c.want)
		}
	}
	if s := received().tell(bay1, part(1)).state(); len(s.Scans) != 0 {
		t.Error("a record alone makes no scan")
	}
}

func TestBeforeIsTheFirstCompleteScan(t *testing.T) {
	scan := func(id string, complete bool) job.Payload {
		return job.ScanCompleted{Scan: id, Complete: complete, Codes: []job.Code{}}
	}
	for name, c := range map[string]struct {
		told          []job.Payload
		before, after string
	}{
		"none":                        {nil, "", ""},
		"one":                         {[]job.Payload{scan("s1", true)}, "s1", ""},
		"two":                         {[]job.Payload{scan("s1", true), scan("s2", true)}, "s1", "s2"},
		"the first one is incomplete": {[]job.Payload{scan("s1", false), scan("s2", true), scan("s3", true)}, "s2", "s3"},
		"only the last one is whole":  {[]job.Payload{scan("s1", false), scan("s2", true)}, "s1", "s2"},
		"the last one is incomplete":  {[]job.Payload{scan("s1", true), scan("s2", false)}, "s1", "s2"},
		"one that failed in between":  {[]job.Payload{scan("s1", true), job.ScanFailed{Scan: "s2", Why: "port"}, scan("s3", true), job.ScanFailed{Scan: "s4", Why: "port"}}, "s1", "s3"},
	} {
		before, after := job.BeforeAfter(received().tell(bay1, c.told...).state())
		if idOf(before) != c.before || idOf(after) != c.after {
			t.Errorf("%s: %q and %q, want %q and %q", name, idOf(before), idOf(after), c.before, c.after)
		}
	}
}
