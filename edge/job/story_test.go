package job_test

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"pitlane/edge/job"
)

const (
	reception = "demo-reception/00"
	bay1      = "demo-bay-1/00"
	bay2      = "demo-bay-2/00"
	central   = "demo-central/00"
)

// story writes the events of one job as its nodes would: numbered in each origin,
// each naming what its author knew.
type story struct {
	events []job.Event
	seq    map[string]uint64
}

func newStory() *story { return &story{seq: map[string]uint64{}} }

// tell writes an event that knows everything told so far.
func (s *story) tell(origin string, payloads ...job.Payload) *story {
	for _, p := range payloads {
		s.write(origin, job.Tips(s.events), p)
	}
	return s
}

// apart writes an event that knows only what its author knew after the first n events.
func (s *story) apart(n int, origin string, p job.Payload) *story {
	s.write(origin, job.Tips(s.events[:n]), p)
	return s
}

func (s *story) write(origin string, parents []job.Hash, p job.Payload) {
	e := job.Event{
		Kind: p.Kind(), Job: "j1", Origin: origin, Seq: s.seq[origin], Quality: 3,
		WallMS: 1_700_000_000_000 + int64(len(s.events))*60_000, Payload: p,
		Hash: hashOf(origin, s.seq[origin]),
	}
	own := map[job.Hash]bool{}
	for _, x := range s.events {
		if x.Origin == origin {
			own[x.Hash] = true
		}
	}
	e.Parents = slices.DeleteFunc(slices.Clone(parents), func(h job.Hash) bool { return own[h] })
	s.seq[origin]++
	s.events = append(s.events, e)
}

func (s *story) state() job.State { return job.Fold(s.events) }

func hashOf(origin string, seq uint64) job.Hash {
	return job.Hash(sha256.Sum256(binary.BigEndian.AppendUint64([]byte(origin), seq)))
}

const textHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

const promised = 1_700_020_000_000

func opened() job.Opened {
	return job.Opened{
		Ticket: "A017", Lang: "zh-Hans", Purpose: "repair", Channel: "kiosk", Plate: "粤B12345",
		PlatePublic: "masked", Owner: "sa1", Urgency: "normal", Complaint: job.Complaint{Taps: []string{"engine_light"}},
	}
}

func offered() job.Offered {
	return job.Offered{
		Lines:    []job.Line{{ID: "l1", Text: "diagnosis", Price: 9900}, {ID: "l2", Text: "oil", Price: 30000}},
		Promised: promised, Total: 39900, TextHash: textHash, Text: "the order",
	}
}

// checkedIn is a car with its key on the hook.
func checkedIn() *story {
	return newStory().tell(
		reception,
		opened(), job.Inspected{None: true}, job.Belongings{None: true}, offered(),
		job.Consented{Scan: true, TextHash: textHash, Lang: "zh-Hans"},
		job.Signed{TextHash: textHash, Lang: "zh-Hans"},
		job.UnlockIntended{Cabinet: "c1", Slot: 4, Purpose: "hang", By: "kiosk"},
		job.SlotOpened{Cabinet: "c1", Slot: 4},
		job.KeyHung{Cabinet: "c1", Slot: 4},
		job.SlotClosed{Cabinet: "c1", Slot: 4},
		job.HandedOver{},
	)
}

// inRepair is a car at work in bay 1.
func inRepair() *story {
	return checkedIn().
		tell(reception, job.BayAssigned{Bay: "1", Lead: "te1", By: "di1"}).
		tell(bay1, job.CarReceived{Bay: "1", By: "te1"}, job.WorkStarted{Bay: "1", By: "te1"})
}

// inspected is a car that has passed.
func inspected() *story {
	return inRepair().
		tell(bay1, job.WorkFinished{Bay: "1", By: "te1", Cause: "a dirty sensor"}).
		tell(reception, job.InspectionPassed{By: "in1", Checks: []string{"test drive"}})
}

// withPass is a car whose key may go.
func withPass() *story {
	return inspected().tell(
		reception, job.CarPrepared{By: "sa1"}, job.ReadyNotified{By: "sa1", Channel: "phone"},
		job.BillStated{Lines: offered().Lines, Total: 39900}, job.BillSettled{By: "ca1", Paid: 39900, Method: "cash"},
		job.GatepassIssued{By: "ca1"},
	)
}
