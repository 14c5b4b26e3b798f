package job_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pitlane/edge/job"
)

// step is what one event of a visit makes true.
type step struct {
	origin string
	says   job.Payload
	phase  job.Phase
	word   job.Word
	next   []string
}

// wholeVisit is a visit with an extra item and a failed inspection.
func wholeVisit() []step {
	return []step{
		{reception, opened(), job.PhaseArrived, job.WordWaiting, nil},
		{reception, job.Inspected{Marks: []string{"scratch, left door"}}, job.PhaseArrived, job.WordWaiting, nil},
		{reception, job.Belongings{Items: []string{"umbrella"}, Box: "7"}, job.PhaseArrived, job.WordWaiting, nil},
		{reception, offered(), job.PhaseArrived, job.WordWaiting, nil},
		{reception, job.Consented{Scan: true, TextHash: textHash}, job.PhaseConsented, job.WordWaiting, nil},
		{reception, job.Signed{TextHash: textHash}, job.PhaseSigned, job.WordWaiting, nil},
		{reception, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "hang"}, job.PhaseSigned, job.WordWaiting, nil},
		{reception, job.SlotOpened{Cabinet: "c1", Slot: 4}, job.PhaseSigned, job.WordWaiting, nil},
		{reception, job.KeyHung{Cabinet: "c1", Slot: 4}, job.PhaseSigned, job.WordWaiting, nil},
		{reception, job.HandedOver{}, job.PhaseHandedOver, job.WordWaiting, []string{"assign"}},
		{reception, job.BayAssigned{Bay: "1", Lead: "te1"}, job.PhaseDispatched, job.WordWaiting, []string{"assign"}},
		{bay1, job.CarReceived{Bay: "1", By: "te1"}, job.PhaseReceived, job.WordChecking, []string{"assign"}},
		{bay1, job.ScanStarted{Scan: "s1", Bay: "1"}, job.PhaseDiagnosing, job.WordChecking, []string{"assign"}},
		{bay1, job.ScanCompleted{Scan: "s1", Bay: "1", Complete: true}, job.PhaseReceived, job.WordChecking, []string{"assign"}},
		{bay1, job.WorkStarted{Bay: "1", By: "te1"}, job.PhaseInRepair, job.WordRepair, nil},
		{bay1, job.WorkPaused{By: "te1", Reason: "lunch"}, job.PhasePaused, job.WordRepair, nil},
		{bay1, job.WorkResumed{By: "te1"}, job.PhaseInRepair, job.WordRepair, nil},
		{bay1, job.PartAwaited{Part: "sensor"}, job.PhaseParts, job.WordParts, nil},
		{bay1, job.PartArrived{Part: "sensor"}, job.PhaseInRepair, job.WordRepair, nil},
		{bay1, job.ExtraRaised{Extra: "x1", Text: "brake pads", Safety: true, By: "te1"}, job.PhaseInRepair, job.WordRepair, []string{"offer"}},
		{reception, job.ExtraOffered{Extra: "x1", Price: 50000, Promised: promised + 3_600_000}, job.PhaseAnswer, job.WordAnswer, []string{"answer"}},
		{reception, job.ExtraApproved{Extra: "x1", Channel: "phone", By: "sa1"}, job.PhaseInRepair, job.WordRepair, nil},
		{bay1, job.WorkFinished{Bay: "1", By: "te1", Cause: "worn"}, job.PhaseDone, job.WordInspection, []string{"inspect"}},
		{reception, job.InspectionFailed{By: "in1", Reason: "noise"}, job.PhaseRework, job.WordRepair, []string{"assign"}},
		{bay1, job.WorkStarted{Bay: "1", By: "te1"}, job.PhaseInRepair, job.WordRepair, nil},
		{bay1, job.WorkFinished{Bay: "1", By: "te1"}, job.PhaseDone, job.WordInspection, []string{"inspect"}},
		{reception, job.InspectionPassed{By: "in1", Checks: []string{"drive"}}, job.PhasePassed, job.WordPreparing, []string{"prepare"}},
		{reception, job.CarPrepared{By: "sa1"}, job.PhasePrepared, job.WordReady, []string{"notify", "settle"}},
		{reception, job.ReadyNotified{By: "sa1", Channel: "phone"}, job.PhasePrepared, job.WordReady, []string{"settle"}},
		{reception, job.BillStated{Lines: nil}, job.PhasePrepared, job.WordReady, []string{"settle"}},
		{reception, job.BillSettled{Paid: 89900, Method: "card"}, job.PhaseSettled, job.WordReady, []string{"gatepass"}},
		{reception, job.GatepassIssued{By: "ca1"}, job.PhaseGatepass, job.WordReady, []string{"pickup"}},
		{reception, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "release"}, job.PhaseGatepass, job.WordReady, []string{"pickup"}},
		{reception, job.KeyTaken{Cabinet: "c1", Slot: 4, Authorised: true}, job.PhaseKeyOut, job.WordReady, nil},
		{reception, job.CarHandedBack{By: "sa1"}, job.PhaseLeft, job.WordReady, nil},
		{reception, job.Rated{Stars: 5}, job.PhaseLeft, job.WordReady, nil},
	}
}

// TestVisit goes through a whole visit, step by step.
func TestVisit(t *testing.T) {
	steps := wholeVisit()
	st, one, before := newStory(), job.State{}, 0
	for i, s := range steps {
		st.tell(s.origin, s.says)
		got := st.state()
		if got.Phase != s.phase || got.Phase.Word() != s.word {
			t.Fatalf("step %d %s: phase %q, word %q; want %q, %q", i, s.says.Kind(), got.Phase, got.Phase.Word(), s.phase, s.word)
		}
		if next := job.Next(got); !slices.Equal(next, s.next) {
			t.Fatalf("step %d %s: next %v, want %v", i, s.says.Kind(), next, s.next)
		}
		if one = job.Apply(one, st.events[i]); !reflect.DeepEqual(one, got) {
			t.Fatalf("step %d %s: told one by one it is\n%+v\nfolded\n%+v", i, s.says.Kind(), one, got)
		}
		if p := job.Progress(got); s.says.Kind() != "inspection.failed" && s.phase != job.PhaseReceived && p < before && st.state().Rework == 0 {
			t.Errorf("step %d %s: progress falls from %d to %d", i, s.says.Kind(), before, p)
		}
		before = job.Progress(got)
	}
	end := st.state()
	if end.Total != 89900 || end.Promised != promised+3_600_000 || len(end.Lines) != 3 || end.Rework != 1 || end.Stars != 5 {
		t.Errorf("at the end: total %d, promised %d, %d lines, rework %d, stars %d", end.Total, end.Promised, len(end.Lines), end.Rework, end.Stars)
	}
	if job.Progress(end) != 100 || end.Events != len(steps) || !end.Key.Taken || end.Key.In {
		t.Errorf("at the end: progress %d, events %d, key %+v", job.Progress(end), end.Events, end.Key)
	}
	if !slices.Equal(end.Conflicts, []string(nil)) {
		t.Errorf("conflicts %v, want none", end.Conflicts)
	}
}

func TestWhoDeclinesGetsTheKeyAfterTheGatePass(t *testing.T) {
	st := checkedIn().tell(reception, job.Declined{Reason: "too dear"})
	s := st.state()
	if s.Phase != job.PhaseDeclined || !slices.Equal(job.Next(s), []string{"settle", "gatepass"}) {
		t.Fatalf("declined: phase %q, next %v", s.Phase, job.Next(s))
	}
	if why := job.CanRelease(s); why != job.NoGatepass {
		t.Errorf("the key may go before the gate pass: %q", why)
	}
	fee := job.BillStated{Lines: []job.Line{{ID: job.FeeLine, Text: "diagnosis", Price: 9900}}, Total: 9900}
	if why := job.CanBill(s, fee); why != job.Free {
		t.Errorf("the fee of a declined diagnosis: %q", why)
	}
	s = st.tell(reception, fee).state()
	if why := job.CanGatepass(s); why != job.NotSettled {
		t.Errorf("a gate pass with an open bill: %q", why)
	}
	s = st.tell(reception, job.BillSettled{Paid: 9900}, job.GatepassIssued{By: "ca1"}).state()
	if s.Phase != job.PhaseGatepass || !slices.Equal(job.Next(s), []string{"pickup"}) {
		t.Errorf("with the pass: phase %q, next %v", s.Phase, job.Next(s))
	}
	s = st.tell(
		reception, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "release"}, job.KeyTaken{Cabinet: "c1", Slot: 4, Authorised: true},
	).state()
	if s.Phase != job.PhaseKeyOut {
		t.Errorf("key taken: phase %q", s.Phase)
	}
	if s = st.tell(reception, job.CarHandedBack{By: "sa1"}).state(); s.Phase != job.PhaseLeft {
		t.Errorf("signed for: phase %q", s.Phase)
	}
}

func TestWhoDeclinesAtTheKioskIsGoneWithTheGatePass(t *testing.T) {
	st := newStory().tell(reception, opened(), offered(), job.Declined{})
	if s := st.state(); s.Phase != job.PhaseDeclined {
		t.Fatalf("phase %q", s.Phase)
	}
	if s := st.tell(reception, job.GatepassIssued{By: "ca1"}).state(); s.Phase != job.PhaseLeft {
		t.Errorf("phase %q, want left: no key was ever taken in", s.Phase)
	}
}

func TestASignatureHoldsForItsTextOnly(t *testing.T) {
	other := offered()
	other.TextHash, other.Total = "another", 10
	s := checkedIn().tell(reception, other).state()
	if s.Signed || !slices.Contains(s.Conflicts, job.SignedOtherText) {
		t.Errorf("signed %v, conflicts %v after the order was changed", s.Signed, s.Conflicts)
	}
	if len(job.Approved(s)) != 0 {
		t.Errorf("%d lines may be worked on, none is signed", len(job.Approved(s)))
	}
	s = checkedIn().tell(reception, other, job.Signed{TextHash: "another"}).state()
	if !s.Signed || len(s.Conflicts) != 0 {
		t.Errorf("signed %v, conflicts %v after the new text was signed", s.Signed, s.Conflicts)
	}
}

func TestKey(t *testing.T) {
	hang := job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "hang"}
	release := job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "release"}
	taken := job.KeyTaken{Cabinet: "c1", Slot: 4, Authorised: true}
	in := job.KeyHung{Cabinet: "c1", Slot: 4, Tag: "62E3"}
	for name, c := range map[string]struct {
		told     []job.Payload
		want     job.Key
		conflict []string
	}{
		"an intent is not an opening":        {[]job.Payload{hang}, job.Key{Cabinet: "c1", Slot: 4, Unlock: "intended", Purpose: "hang"}, nil},
		"nobody saw the outcome":             {[]job.Payload{hang, job.OutcomeUnknown{Slot: 4}}, job.Key{Cabinet: "c1", Slot: 4, Unlock: "unknown", Purpose: "hang"}, nil},
		"the hook did not confirm":           {[]job.Payload{hang, job.UnlockFailed{Slot: 4}}, job.Key{Cabinet: "c1", Slot: 4, Unlock: "failed", Purpose: "hang"}, nil},
		"hung":                               {[]job.Payload{hang, job.SlotOpened{Slot: 4}, in}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", In: true, Where: "slot", Unlock: "opened", Purpose: "hang"}, nil},
		"hung and at once taken again":       {[]job.Payload{hang, in, taken}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", Where: "customer", Unlock: "intended", Purpose: "hang"}, nil},
		"released":                           {[]job.Payload{hang, in, release, taken}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", Where: "customer", Taken: true, Unlock: "intended", Purpose: "release"}, nil},
		"brought back":                       {[]job.Payload{hang, in, release, taken, in}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", In: true, Where: "slot", Unlock: "intended", Purpose: "release"}, nil},
		"gone without an unlock":             {[]job.Payload{hang, in, job.KeyTaken{Slot: 4}}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", Where: "unknown", Unlock: "intended", Purpose: "hang"}, []string{job.KeyTakenUnasked}},
		"hangs in two slots":                 {[]job.Payload{hang, in, job.KeyHung{Cabinet: "c1", Slot: 9}}, job.Key{Cabinet: "c1", Slot: 9, Tag: "62E3", In: true, Where: "slot", Unlock: "intended", Purpose: "hang"}, []string{job.KeyInTwoSlots}},
		"a wish for another slot moves none": {[]job.Payload{in, job.UnlockIntended{Cabinet: "c1", Slot: 9, Purpose: "release"}}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", In: true, Where: "slot", Unlock: "intended", Purpose: "release"}, nil},
		"taken for work":                     {[]job.Payload{hang, in, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "work", By: "te1"}, taken}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", Where: "technician", Holder: "te1", Unlock: "intended", Purpose: "work"}, nil},
		"brought back from work":             {[]job.Payload{hang, in, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "work", By: "te1"}, taken, job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "return", By: "te1"}, in}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", In: true, Where: "slot", Unlock: "intended", Purpose: "return"}, nil},
		"missing when the cabinet came back": {[]job.Payload{hang, in, job.AlarmRaised{Alarm: "a", What: job.AlarmKeyMissing, Slot: 4}}, job.Key{Cabinet: "c1", Slot: 4, Tag: "62E3", In: true, Where: "unknown", Unlock: "intended", Purpose: "hang"}, nil},
	} {
		s := newStory().tell(reception, c.told...).state()
		s.Key = job.Key{ // when and how often is not what this is about
			Cabinet: s.Key.Cabinet, Slot: s.Key.Slot, Tag: s.Key.Tag, In: s.Key.In, Unlock: s.Key.Unlock, Purpose: s.Key.Purpose,
			Taken: s.Key.Taken, Where: s.Key.Where, Holder: s.Key.Holder,
		}
		if s.Key != c.want || !slices.Equal(s.Conflicts, c.conflict) {
			t.Errorf("%s: %+v %v, want %+v %v", name, s.Key, s.Conflicts, c.want, c.conflict)
		}
	}
}

func TestScans(t *testing.T) {
	done := job.ScanCompleted{Scan: "s1", Bay: "1", VIN: "1FTFW1E50PFA12010", Complete: true, Codes: []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}}}
	s := inRepair().tell(bay1, job.ScanStarted{Scan: "s1", Bay: "1"}, done, job.ScanFailed{Scan: "s1", Why: "interrupted"}).state()
	if len(s.Scans) != 1 || s.Scans[0].State != job.ScanDone || s.VIN != done.VIN || len(s.Scans[0].Codes) != 1 {
		t.Errorf("a completed scan was unmade by a failure: %+v", s.Scans)
	}
	s = inRepair().tell(bay1, done, job.ScanCompleted{Scan: "s2", VIN: "OTHER"}, job.CarMismatched{Scan: "s2"}).state()
	if !s.Mismatch || s.VIN != done.VIN {
		t.Errorf("another car's scan: mismatch %v, VIN changed %v", s.Mismatch, s.VIN != done.VIN)
	}
}

func TestAReportInParts(t *testing.T) {
	part := func(n int, data string) job.ScanPart { return job.ScanPart{Scan: "s1", Part: n, Data: []byte(data)} }
	done := job.ScanCompleted{Scan: "s1", Parts: 2}
	for name, c := range map[string]struct {
		told []job.Payload
		want string
	}{
		"whole":             {[]job.Payload{part(1, "ab"), part(2, "cd"), done}, "abcd"},
		"a part twice":      {[]job.Payload{part(1, "ab"), part(1, "ab"), part(2, "cd"), done}, "abcd"},
		"the first missing": {[]job.Payload{part(2, "cd"), done}, ""},
		"the last missing":  {[]job.Payload{part(1, "ab"), done}, ""},
	} {
		s := inRepair().tell(bay1, c.told...).state()
		if got := string(s.Scans[0].Report); got != c.want || s.Scans[0].State != job.ScanDone {
			t.Errorf("%s: report %q in state %s, want %q", name, got, s.Scans[0].State, c.want)
		}
	}
}

// TestWordsAreTheClosedLists: eight words for the public, nine for the desk.
func TestWordsAreTheClosedLists(t *testing.T) {
	words := []job.Word{
		job.WordWaiting, job.WordChecking, job.WordAnswer, job.WordRepair, job.WordParts, job.WordInspection, job.WordPreparing, job.WordReady,
	}
	steps := []string{"assign", "offer", "answer", "inspect", "prepare", "notify", "settle", "gatepass", "pickup"}
	r := rand.New(rand.NewPCG(8, 9))
	met := map[job.Word]bool{}
	for range 300 {
		s := job.Fold(randomEvents(r))
		met[s.Phase.Word()] = true
		if !slices.Contains(words, s.Phase.Word()) {
			t.Errorf("phase %q shows %q", s.Phase, s.Phase.Word())
		}
		if p := job.Progress(s); p < 0 || p > 100 || (p == 0 && s.Phase != "") {
			t.Errorf("phase %q: progress %d", s.Phase, p)
		}
		for _, next := range job.Next(s) {
			if !slices.Contains(steps, next) {
				t.Errorf("phase %q: next %q", s.Phase, next)
			}
		}
	}
	if len(met) < 7 {
		t.Errorf("only %d words were met: the jobs are too tame", len(met))
	}
}
