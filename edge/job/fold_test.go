package job_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pitlane/edge/job"
)

// payloadsOf are a few payloads of every kind, so that random stories contradict
// themselves often.
func payloadsOf() []job.Payload {
	again := opened()
	again.Ticket = "B002"
	other := offered()
	other.TextHash = "other"
	list := []job.Payload{
		opened(), again, job.Inspected{Marks: []string{"dent"}}, job.Inspected{None: true}, job.Belongings{Items: []string{"map"}},
		offered(), other, job.Consented{Scan: true}, job.Consented{}, job.Signed{TextHash: textHash}, job.Signed{TextHash: "other"},
		job.Declined{Reason: "price"}, job.HandedOver{}, job.Merged{}, job.CarPrepared{}, job.ReadyNotified{}, job.GatepassIssued{},
		job.CarHandedBack{}, job.BillStated{Lines: offered().Lines, Total: 39900}, job.BillStated{Total: 7, Lines: []job.Line{{ID: "z", Price: 7}}},
		job.BillSettled{Paid: 39900}, job.BillSettled{Paid: 1}, job.Rated{Stars: 3}, job.Rated{Stars: 5}, job.WorkPaused{Reason: "tea"}, job.WorkResumed{},
		job.InspectionPassed{}, job.InspectionFailed{Reason: "noise"}, job.CabinetOffline{}, job.CabinetOnline{}, nil,
	}
	for _, n := range []int{1, 2} {
		bay, slot, id := []string{"", "1", "2"}[n], n+3, []string{"", "a", "b"}[n]
		list = append(
			list,
			job.BayAssigned{Bay: bay, Lead: "te" + bay, Helpers: []string{"h" + bay}}, job.CarReceived{Bay: bay}, job.WorkStarted{Bay: bay}, job.WorkFinished{Cause: id},
			job.UnlockIntended{Slot: slot, Purpose: "hang"}, job.UnlockIntended{Slot: slot, Purpose: "release"}, job.SlotOpened{Slot: slot}, job.SlotClosed{Slot: slot},
			job.UnlockFailed{Slot: slot}, job.OutcomeUnknown{Slot: slot}, job.KeyHung{Slot: slot}, job.KeyTaken{Slot: slot}, job.KeyTaken{Slot: slot, Authorised: true},
			job.ScanStarted{Scan: id}, job.ScanCompleted{Scan: id, VIN: "VIN" + id}, job.ScanFailed{Scan: id}, job.CarMismatched{Scan: id},
			job.ScanRecorded{Scan: id, Part: n, Of: 2}, job.MismatchDecided{Scan: "a", Decision: []string{"", job.SameCar, job.WrongCar}[n]}, job.CarMismatched{Scan: "a"},
			job.PartAwaited{Part: id}, job.PartArrived{Part: id}, job.ExtraRaised{Extra: id, Text: id}, job.ExtraOffered{Extra: id, Price: int64(n), Promised: int64(n)},
			job.ExtraOffered{Extra: "a", Price: int64(n)}, job.ExtraApproved{Extra: id}, job.ExtraDeclined{Extra: id},
		)
	}
	return list
}

// randomEvents are events of several origins with parents from anywhere: earlier,
// later, unknown, of the own origin.
func randomEvents(r *rand.Rand) []job.Event {
	origins := []string{reception, bay1, bay2, central}
	payloads := payloadsOf()
	next := map[string]uint64{}
	events := make([]job.Event, 1+r.IntN(40))
	for i := range events {
		o := origins[r.IntN(len(origins))]
		p := payloads[r.IntN(len(payloads))]
		events[i] = job.Event{
			Job: "j1", Origin: o, Seq: next[o], Hash: hashOf(o, next[o]), Payload: p,
			WallMS: r.Int64N(4) * 1000, Quality: job.Quality(r.IntN(4)),
		}
		if r.IntN(4) == 0 {
			events[i].Contact = &job.Contact{Name: "n" + o, Phone: "p"}
		}
		next[o] += 1 + uint64(r.IntN(2)) // a gap now and then
	}
	for i := range events {
		for range r.IntN(3) {
			p := events[r.IntN(len(events))].Hash
			if r.IntN(5) == 0 {
				p = hashOf("nowhere", r.Uint64())
			}
			events[i].Parents = append(events[i].Parents, p)
		}
	}
	return events
}

func TestTheSameEventsGiveTheSameStateInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	met := map[string]bool{}
	for round := range 300 {
		events := randomEvents(r)
		want := job.Fold(slices.Clone(events))
		for range 4 {
			mixed := slices.Clone(events)
			for range r.IntN(5) { // delivered twice, once perhaps without its opening
				again := events[r.IntN(len(events))]
				if r.IntN(2) == 0 {
					again.Payload, again.Contact = nil, nil
				}
				mixed = append(mixed, again)
			}
			r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			if got := job.Fold(mixed); !reflect.DeepEqual(got, want) {
				t.Fatalf("round %d: another order of arrival gives\n%+v\nwant\n%+v", round, got, want)
			}
		}
		for _, c := range want.Conflicts {
			met[c] = true
		}
	}
	for _, c := range []string{
		job.OpenedTwice, job.TwoOrders, job.OrderAnsweredTwice, job.SignedOtherText, job.TwoBays, job.ExtraOfferedTwice, job.ExtraAnsweredTwice,
		job.InspectedTwice, job.TwoBills, job.BillUnsigned, job.SettledTwice, job.KeyInTwoSlots, job.KeyTakenUnasked, job.MismatchDecidedTwice,
	} {
		if !met[c] {
			t.Errorf("300 random jobs never met %q: the test is too tame", c)
		}
	}
}

// TestInterleavedStories cuts one honest visit into its origins and lets their
// logs arrive in any interleaving.
func TestInterleavedStories(t *testing.T) {
	st := withPass()
	want := st.state()
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		rest := map[string][]job.Event{}
		for _, e := range st.events {
			rest[e.Origin] = append(rest[e.Origin], e)
		}
		var came []job.Event
		for len(rest) > 0 {
			origins := slices.Sorted(func(yield func(string) bool) {
				for o := range rest {
					if !yield(o) {
						return
					}
				}
			})
			o := origins[r.IntN(len(origins))]
			came = append(came, rest[o][0])
			if rest[o] = rest[o][1:]; len(rest[o]) == 0 {
				delete(rest, o)
			}
			_ = job.Fold(came) // any part of it folds
		}
		if got := job.Fold(came); !reflect.DeepEqual(got, want) {
			t.Fatalf("another interleaving gives\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	a0 := job.Event{Origin: "a", Seq: 0, Hash: job.Hash{1}}
	a1 := job.Event{Origin: "a", Seq: 1, Hash: job.Hash{2}}
	b0 := job.Event{Origin: "b", Seq: 0, Hash: job.Hash{3}, WallMS: -1}
	after := func(e job.Event, parents ...job.Hash) job.Event {
		e.Parents = parents
		return e
	}
	for name, c := range map[string]struct {
		events []job.Event
		want   []job.Hash
	}{
		"nothing":                        {nil, nil},
		"ties go by origin, not by time": {[]job.Event{b0, a0}, []job.Hash{{1}, {3}}},
		"parents come first":             {[]job.Event{after(a0, job.Hash{3}), b0}, []job.Hash{{3}, {1}}},
		"the own sequence comes first":   {[]job.Event{a1, after(a0, job.Hash{3}), b0}, []job.Hash{{3}, {1}, {2}}},
		"an absent parent is ignored":    {[]job.Event{after(a0, job.Hash{9}), b0}, []job.Hash{{1}, {3}}},
		"a circle is broken at its low":  {[]job.Event{after(b0, job.Hash{1}), after(a0, job.Hash{3})}, []job.Hash{{1}, {3}}},
		"its own parent is ignored":      {[]job.Event{after(a0, job.Hash{1})}, []job.Hash{{1}}},
		"twice is once":                  {[]job.Event{a0, a0, b0, a0}, []job.Hash{{1}, {3}}},
	} {
		var got []job.Hash
		for _, e := range job.Order(c.events) {
			got = append(got, e.Hash)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTips(t *testing.T) {
	st := newStory().tell(reception, opened()).apart(1, bay1, job.WorkStarted{}).apart(1, bay2, job.WorkStarted{})
	want := []job.Hash{hashOf(bay1, 0), hashOf(bay2, 0)}
	slices.SortFunc(want, func(a, b job.Hash) int { return bytes.Compare(a[:], b[:]) })
	if got := job.Tips(st.events); !slices.Equal(got, want) {
		t.Errorf("two who know the first: %d tips, want theirs", len(got))
	}
	if got := st.state().Tips; !slices.Equal(got, want) {
		t.Errorf("the state has other tips: %d", len(got))
	}
	st.tell(reception, job.HandedOver{})
	if got := st.state().Tips; len(got) != 1 || got[0] != hashOf(reception, 1) {
		t.Errorf("one who knows both is the only tip, got %d", len(got))
	}
}

// FuzzApply feeds any events, decoded from JSON, in any order.
func FuzzApply(f *testing.F) {
	for _, p := range payloadsOf() {
		if p == nil {
			continue
		}
		b, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p.Kind()+"\x00"+string(b), uint64(3))
	}
	f.Add("extra.approved\x00{\"extra\":\"a\"}\x00bill.settled\x00{\"paid\":1}\x00no.such\x00{}", uint64(9))
	f.Fuzz(func(t *testing.T, all string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		parts := bytes.Split([]byte(all), []byte{0})
		var events []job.Event
		for i := 0; i+1 < len(parts) && i < 64; i += 2 {
			p, _ := job.Decode(string(parts[i]), parts[i+1]) // what does not decode is an event all the same
			e := job.Event{Kind: string(parts[i]), Origin: string(rune('a' + r.IntN(3))), Seq: r.Uint64N(8), Payload: p}
			e.Hash = hashOf(e.Origin, e.Seq)
			e.Parents = []job.Hash{hashOf(string(rune('a'+r.IntN(3))), r.Uint64N(8))}
			events = append(events, e)
		}
		var s job.State
		for _, e := range events {
			before, want := s, len(s.Tips)
			s = job.Apply(s, e)
			if len(before.Tips) != want {
				t.Fatal("Apply changed the state it was given")
			}
			_, _ = job.Next(s), job.Progress(s)
		}
		one := job.Fold(events)
		slices.Reverse(events)
		if two := job.Fold(events); !sameButForks(events, one, two) {
			t.Fatalf("backwards it is\n%+v\nforwards\n%+v", two, one)
		}
	})
}

// sameButForks: one hash for two payloads cannot be, so a fuzzed pair of them
// proves nothing.
func sameButForks(events []job.Event, one, two job.State) bool {
	seen := map[job.Hash]job.Event{}
	for _, e := range events {
		if x, twice := seen[e.Hash]; twice && !reflect.DeepEqual(x, e) {
			return true
		}
		seen[e.Hash] = e
	}
	return reflect.DeepEqual(one, two)
}

func TestApplyLeavesItsStateAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		var s job.State
		for _, e := range randomEvents(r) {
			before, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			next := job.Apply(s, e)
			if after, _ := json.Marshal(s); !bytes.Equal(before, after) {
				t.Fatalf("Apply of %v changed the state it was given", e.Payload)
			}
			s = next
		}
	}
}

func TestAnotherJobsEventIsNotThisJobs(t *testing.T) {
	s := checkedIn().state()
	if got := job.Apply(s, job.Event{Job: "j2", Payload: job.CarHandedBack{}}); !reflect.DeepEqual(got, s) {
		t.Errorf("an event of another job changed this one: %+v", got)
	}
}
