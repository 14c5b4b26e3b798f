package board_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// secrets makes values that occur nowhere else, and remembers which class of
// field each one belongs to.
type secrets struct {
	r    *rand.Rand
	told map[string][]string // class → values
}

// text is a marker of the class: letters and digits, so that no encoding changes it.
func (s *secrets) text(class string) string {
	v := fmt.Sprintf("X%016XZ", s.r.Uint64())
	s.told[class] = append(s.told[class], v)
	return v
}

func (s *secrets) texts(class string) []string { return []string{s.text(class), s.text(class)} }

// money is a marker that is a number: long enough to be found among digits.
func (s *secrets) money(class string) int64 {
	v := 100_000_000_000 + s.r.Int64N(800_000_000_000)
	s.told[class] = append(s.told[class], fmt.Sprint(v))
	return v
}

func (s *secrets) slot() int {
	v := 3000 + s.r.IntN(1000)
	s.told["key slot"] = append(s.told["key slot"], fmt.Sprint(v))
	return v
}

// randomJob tells a visit of random length whose every sensitive field is a
// marker. Its ids are opaque and its words are from closed lists; all else is secret.
func (s *secrets) randomJob(t *testing.T, m *memory, id, bay string) {
	t.Helper()
	line := func() job.Line { return job.Line{ID: id + "l", Text: s.text("order"), Price: s.money("price")} }
	order := job.Offered{Lines: []job.Line{line()}, Total: s.money("price"), Promised: start().UnixMilli(), TextHash: s.text("internal"), Text: s.text("order text")}
	slot, scan := s.slot(), id+"s"
	strokes, err := json.Marshal(s.text("strokes"))
	if err != nil {
		t.Fatal(err)
	}
	contact := func() *job.Contact {
		return &job.Contact{Name: s.text("name"), Phone: s.text("phone"), Wishes: s.text("wishes"), Strokes: strokes}
	}
	report, err := job.PackReport([]byte(`{"vin":"` + s.text("vin") + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	visit := []job.Payload{
		job.Opened{
			Ticket: "T" + id, Lang: "en", Purpose: []string{"repair", "complaint"}[s.r.IntN(2)], Channel: "kiosk", Plate: s.text("plate"),
			PlatePublic: []string{"masked", "ticket", "", s.text("plate")}[s.r.IntN(4)], Complaint: job.Complaint{Taps: s.texts("symptom"), Words: s.text("symptom")},
			Owner: s.text("owner"), Urgency: s.text("urgency"), Assistance: true, CodeHash: s.text("internal"),
		},
		job.Inspected{Marks: s.texts("walk-round")}, job.Belongings{Items: s.texts("belongings"), Box: s.text("belongings")}, order,
		job.Consented{Scan: true, TextHash: order.TextHash}, job.Signed{TextHash: order.TextHash},
		job.UnlockIntended{Cabinet: s.text("cabinet"), Slot: slot, Purpose: "hang", By: s.text("internal")},
		job.KeyHung{Cabinet: s.text("cabinet"), Slot: slot, Tag: s.text("key tag")}, job.HandedOver{},
		job.BayAssigned{Bay: bay, Lead: "te1", Helpers: s.texts("internal"), By: s.text("internal")}, job.CarReceived{Bay: bay, By: s.text("internal")},
		job.ScanStarted{Scan: scan, Bay: bay}, job.ScanCompleted{Scan: scan, Bay: bay, VIN: s.text("vin"), Codes: []job.Code{{ECU: s.text("codes"), Code: s.text("codes"), Status: "stored"}}, Report: report},
		job.ClearIntended{Clear: id + "c", Bay: bay, By: s.text("internal"), Reason: "repaired", Words: s.text("codes"), Codes: []job.Code{{ECU: "e", Code: s.text("codes"), Status: "stored"}}, Report: report},
		job.CodesCleared{Clear: id + "c", Bay: bay, Units: []job.ClearedUnit{{ECU: s.text("codes"), Outcome: "cleared", Gone: s.texts("codes")}}, Codes: []job.Code{{Code: s.text("codes")}}, Report: report},
		job.WorkStarted{Bay: bay}, job.WorkPaused{Reason: s.text("internal")}, job.WorkResumed{}, job.PartAwaited{Part: s.text("internal")}, job.PartArrived{Part: "p"},
		job.ExtraRaised{Extra: id + "x", Text: s.text("extra"), By: s.text("internal")}, job.ExtraOffered{Extra: id + "x", Price: s.money("price"), Promised: 1},
		job.ExtraApproved{Extra: id + "x", Channel: s.text("internal"), By: s.text("internal")}, job.WorkFinished{Cause: s.text("cause")},
		job.InspectionFailed{Reason: s.text("internal")}, job.WorkStarted{Bay: bay}, job.WorkFinished{}, job.InspectionPassed{Checks: s.texts("internal")},
		job.CarPrepared{}, job.ReadyNotified{Channel: s.text("internal")}, job.BillStated{Lines: []job.Line{line()}, Total: s.money("price")},
		job.BillSettled{Paid: s.money("price"), Method: s.text("internal")}, job.GatepassIssued{By: s.text("internal")}, job.HandbackSigned{Total: s.money("price")},
		job.KeyTaken{Cabinet: "c", Slot: slot},
	}
	if s.r.IntN(5) == 0 {
		visit = append(visit[:4+s.r.IntN(10)], job.Declined{Reason: s.text("internal")})
	}
	visit = append(visit, job.AlarmRaised{Alarm: s.text("internal"), What: "key_taken", Cabinet: s.text("cabinet"), Slot: slot},
		job.AlarmAcknowledged{Alarm: s.text("internal"), What: "key_taken", Cabinet: s.text("cabinet"), Slot: slot, By: s.text("internal"), Note: s.text("internal")},
		job.WarningRaised{Warning: s.text("internal"), What: "wrong_slot", Cabinet: s.text("cabinet"), Slot: slot, Want: slot, Tag: s.text("key tag"), By: s.text("internal"), Of: s.text("internal")},
		job.TagBound{Cabinet: s.text("cabinet"), Slot: slot, Tag: s.text("key tag")},
		job.PickupBound{Cabinet: s.text("cabinet"), Slot: slot, Kiosk: s.text("internal"), TokenHash: s.text("internal")})
	for i, p := range visit[:min(len(visit), 1+s.r.IntN(len(visit)+4))] {
		var c *job.Contact
		if i%5 == 0 {
			c = contact()
		}
		m.write(t, reception, id, p, c)
	}
}

// allowed is section 4 of the requirements, by class of marker: what each audience
// may be sent. What is not named is forbidden.
func allowed() map[board.Audience][]string {
	return map[board.Audience][]string{
		board.Waiting: nil,
		board.Kiosk:   nil, // nobody's session is open here
		board.Bay:     {"plate", "vin", "codes", "order", "extra", "symptom"},
	}
}

// leaks are the classes of which something is in an audience's bytes though it is
// not allowed there.
func leaks(t *testing.T, s *secrets, a board.Audience, body any) []string {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for class, values := range s.told {
		for _, v := range values {
			if alone(string(b), v) && !slices.Contains(allowed()[a], class) {
				found = append(found, class)
			}
		}
	}
	return found
}

// alone: v is in text and is no part of a longer word, as a slot's short number
// may be of a hash.
func alone(text, v string) bool {
	for {
		before, after, found := strings.Cut(text, v)
		if !found {
			return false
		}
		if !strings.ContainsAny(last(before)+first(after), "0123456789abcdefXZ") {
			return true
		}
		text = after
	}
}

func last(s string) string  { return s[max(0, len(s)-1):] }
func first(s string) string { return s[:min(1, len(s))] }

// TestNoScreenIsSentWhatItMayNotKnow feeds random jobs and looks for every
// forbidden value in what the waiting room, the bay and the kiosk are sent.
//
// That it bites is shown below: TestTheSearchForLeaksBites runs the same search
// over the desk's body, which holds nearly everything, as if it were another
// audience's. To see it bite by hand, let publicPlate return s.Plate or add
// s.Name to bayJob.
func TestNoScreenIsSentWhatItMayNotKnow(t *testing.T) {
	seenPlates, seenJobs := 0, 0
	for round := range 25 {
		s := &secrets{r: rand.New(rand.NewPCG(uint64(round), 7)), told: map[string][]string{}}
		m := newMemory()
		m.write(t, reception, "", job.WarningRaised{Warning: s.text("internal"), What: "unknown_tag", Cabinet: s.text("cabinet"), Slot: s.slot(), Tag: s.text("key tag")}, nil)
		for n := range 6 {
			s.randomJob(t, m, fmt.Sprintf("j%d", n), []string{"1", "2"}[s.r.IntN(2)])
		}
		b := running(t, config(m))
		b.Tell(board.Now{Fault: &board.Fault{Kind: "disk_full", Message: s.text("internal"), Hint: s.text("internal")}})
		for _, a := range []board.Audience{board.Waiting, board.Bay, board.Kiosk} {
			body := b.View(a).Body
			if f, isBay := body.(board.BayView); isBay {
				f.Faults = nil // the bay's own faults are for the technician
				body = f
				if f.Job != nil {
					seenJobs++
				}
			}
			if found := leaks(t, s, a, body); len(found) > 0 {
				t.Fatalf("round %d: %s is sent %v", round, a, found)
			}
		}
		for _, row := range b.View(board.Waiting).Body.(board.WaitingView).Rows {
			if row.Plate != "" {
				seenPlates++
			}
		}
		if len(b.View("stranger").AsOf) != 0 || b.View("stranger").Body != nil {
			t.Fatal("an unknown audience sees something")
		}
	}
	if seenPlates == 0 || seenJobs == 0 {
		t.Errorf("%d masked plates and %d cars in the bay: the jobs are too tame", seenPlates, seenJobs)
	}
}

func TestTheSearchForLeaksBites(t *testing.T) {
	s := &secrets{r: rand.New(rand.NewPCG(1, 1)), told: map[string][]string{}}
	m := newMemory()
	met := map[string]bool{}
	for n := range 30 {
		s.randomJob(t, m, fmt.Sprintf("j%d", n), "1")
	}
	for _, class := range leaks(t, s, board.Waiting, running(t, config(m)).View(board.Desk).Body) {
		met[class] = true
	}
	for _, class := range []string{"plate", "vin", "name", "phone", "price", "codes", "symptom", "key slot", "walk-round", "belongings", "owner"} {
		if !met[class] {
			t.Errorf("the search does not find the %s that the desk is sent", class)
		}
	}
}

// TestPublicTypesHaveNoRoomForMore: a field that somebody adds to a public type
// must be thought about here first.
func TestPublicTypesHaveNoRoomForMore(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string
	}{
		{board.Row{}, "Ticket Plate Word Bay Promised Late Progress Node"},
		{board.WaitingView{}, "Shop Rows Faults"},
		{board.KioskView{}, "Shop Accepting Why Session Faults"},
		{board.KioskSession{}, "Job Ticket Mode Step Slot Hook Key Trouble Other Promised"},
		{board.BayNext{}, "Ticket Plate"},
		{board.BayLine{}, "ID Text"},
		{board.BayExtra{}, "ID Text Safety State"},
		{board.BayJob{}, "ID Tips Ticket Plate VIN Phase Word Complaint Lines Lead Extras Scans Locked NoScan NoClear Promised Mismatch Wrong Compare"},
	} {
		var names []string
		for i := range reflect.TypeOf(c.of).NumField() {
			names = append(names, reflect.TypeOf(c.of).Field(i).Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%T holds %s; section 4 was checked for %s", c.of, got, c.want)
		}
	}
}

// TestAssistanceStaysAtTheDesk: one bit has no marker, so it is looked for by name.
func TestAssistanceStaysAtTheDesk(t *testing.T) {
	m := newMemory()
	checkIn(t, m, "j1", "A001", 4)
	m.tell(t, reception, "j1", job.BayAssigned{Bay: "1", Lead: "te1"})
	b := running(t, config(m))
	for _, a := range []board.Audience{board.Waiting, board.Bay, board.Kiosk, board.Desk} {
		v, err := b.Wait(context.Background(), a, "")
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if there := strings.Contains(string(encoded), "assistance"); there != (a == board.Desk) {
			t.Errorf("%s: assistance in it: %v", a, there)
		}
	}
}
