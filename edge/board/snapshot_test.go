package board_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// shelf is a board.Memory in memory.
type shelf struct {
	raw  []byte
	kept int
}

func (s *shelf) Recall() []byte { return s.raw }

func (s *shelf) Keep(raw []byte) { s.raw, s.kept = raw, s.kept+1 }

const bay2 = "demo-bay-2/00"

// history writes a shop's days at random: visits that interleave over three nodes,
// clocks that are wrong, keys that come late, alarms, a log that is trimmed.
type history struct {
	*memory
	r     *rand.Rand
	now   time.Time
	clock atomic.Int64 // now, for the board
	jobs  []*told
	alarm int
	right bool // clocks are right, as where something is trimmed
	boots map[string]int
	node  string // whose board it is; "" for a bay's
}

// told is a visit and how far it has come.
type told struct {
	id   string
	step int
}

func newHistory(r *rand.Rand) *history {
	h := &history{memory: newMemory(), r: r, now: start(), right: r.IntN(2) == 0, boots: map[string]int{}}
	h.pass(0)
	return h
}

// course is a whole visit; the last ones come when it is long over.
func course() []struct {
	origin  string
	payload job.Payload
} {
	all := visit()
	for _, p := range []job.Payload{job.WorkFinished{Bay: "1", By: "te1", Cause: "hose"}, job.InspectionPassed{By: "in1"}, job.CarPrepared{By: "sa1"}} {
		all = append(all, struct {
			origin  string
			payload job.Payload
		}{bay1, p})
	}
	for _, p := range []job.Payload{job.KeyHung{Cabinet: "c", Slot: 2}, job.GatepassIssued{}, job.KeyTaken{Cabinet: "c", Slot: 2, Authorised: true}, job.CarHandedBack{}, job.Rated{Stars: 4}, job.SubjectErased{By: "sa1", Reason: "asked"}} {
		all = append(all, struct {
			origin  string
			payload job.Payload
		}{reception, p})
	}
	return all
}

// some writes so many entries.
func (h *history) some(t *testing.T, n int) {
	t.Helper()
	for range n {
		h.pass(time.Duration(1+h.r.IntN(90)) * time.Minute)
		switch k := h.r.IntN(20); {
		case k == 0 || len(h.jobs) == 0:
			h.jobs = append(h.jobs, &told{id: fmt.Sprintf("j%03d", len(h.jobs))})
		case k < 4:
			h.cabinet(t)
		case k == 4:
			h.boots[h.anyone()]++
		case k == 5 && h.r.IntN(3) == 0:
			x, origin, goes := h.jobs[h.r.IntN(len(h.jobs))], h.anyone(), h.r.IntN(3) == 0
			if goes && h.alarmed(origin, x.id) {
				continue // only an erasure takes a key away, and with it every snapshot
			}
			h.lock(origin, x.id, goes)
		default:
			x := h.jobs[h.r.IntN(len(h.jobs))]
			if c := course(); x.step < len(c) {
				h.entry(t, c[x.step].origin, x.id, c[x.step].payload)
				x.step++
			}
		}
	}
}

// alarmed says that an alarm of a visit was read.
func (h *history) alarmed(origin, id string) bool {
	return slices.ContainsFunc(h.logs[origin], func(e journal.Entry) bool { return e.Job == id && ofAlarm(e.Kind) })
}

func (h *history) pass(d time.Duration) {
	h.now = h.now.Add(d)
	h.clock.Store(h.now.UnixMilli())
}

func (h *history) anyone() string { return []string{reception, bay1, bay2}[h.r.IntN(3)] }

// cabinet: alarms that stand, are over, are looked at; some are in the way of a key.
func (h *history) cabinet(t *testing.T) {
	t.Helper()
	origin, id := h.anyone(), ""
	if len(h.jobs) > 0 && h.r.IntN(3) == 0 {
		id = h.jobs[h.r.IntN(len(h.jobs))].id
	}
	a, slot := fmt.Sprint("a", h.alarm), 1+h.r.IntN(2)
	last := fmt.Sprint("a", max(0, h.alarm-h.r.IntN(6)))
	switch h.r.IntN(6) {
	case 0, 1:
		h.alarm++
		h.entry(t, origin, id, job.AlarmRaised{Alarm: a, What: job.AlarmForced, Cabinet: "cabinet", Slot: slot})
	case 2:
		h.alarm++
		h.entry(t, origin, id, job.WarningRaised{Warning: a, What: job.WarnFlapping, Cabinet: "cabinet", Slot: slot})
	case 3:
		h.entry(t, origin, "", job.AlarmAcknowledged{Alarm: last, What: job.AlarmForced, By: "sa1"})
	case 4:
		h.entry(t, origin, "", job.WarningCleared{Warning: last, What: job.WarnFlapping})
	case 5:
		h.entry(t, origin, "", job.PickupRefused{Kiosk: "k", Why: "wrong_code"})
	}
}

// entry writes one with the clock that its node has today.
func (h *history) entry(t *testing.T, origin, id string, p job.Payload) {
	t.Helper()
	work, err := job.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	boot := h.boots[origin]
	e := journal.Entry{Origin: origin, Kind: p.Kind(), Job: id, Work: &journal.Opening{Payload: work},
		Boot: fmt.Sprint("boot", boot), BootMS: h.now.Sub(start()).Milliseconds(), WallMS: h.now.UnixMilli(), Quality: 3}
	if !h.right && boot%2 == 1 {
		e.WallMS, e.Quality = h.now.Add(-72*time.Hour).UnixMilli(), 1
		if h.r.IntN(10) == 0 {
			e.WallMS, e.Quality = h.now.UnixMilli(), 3
		}
	}
	h.append(e)
}

// trimmed drops of each log what is of visits that are over, as far as that goes.
func (h *history) trimmed() {
	over := map[string]bool{"": true}
	for _, x := range h.jobs {
		over[x.id] = x.step >= len(course())-2
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for origin, log := range h.logs {
		low := h.low[origin]
		for low < uint64(len(log)) && over[log[low].Job] && h.now.Sub(time.UnixMilli(log[low].WallMS)) > 48*time.Hour && !ofAlarm(log[low].Kind) {
			low++
		}
		h.low[origin] = low
	}
}

func ofAlarm(kind string) bool { return kind[:3] == "ala" || kind[:3] == "war" || kind[:3] == "pic" }

// seen is everything that a board shows.
func seen(t *testing.T, b *board.Board) string {
	t.Helper()
	all := map[string]any{"jobs": b.Jobs()}
	for _, a := range []board.Audience{board.Kiosk, board.Waiting, board.Bay, board.Desk} {
		all[string(a)] = b.View(a).Body
	}
	for _, n := range []string{"demo-reception", "demo-bay-1", "demo-bay-2"} {
		all[n], _ = b.Refusals(n)
	}
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// day runs a board until it has read everything, and says what it shows.
func (h *history) day(t *testing.T, m board.Memory, during func()) string {
	t.Helper()
	cfg := config(h.memory)
	cfg.Keys, cfg.Memory, cfg.Node = h.memory, m, cmp.Or(h.node, cfg.Node)
	cfg.Now = func() time.Time { return time.UnixMilli(h.clock.Load()) }
	ctx, cancel := context.WithCancel(t.Context())
	b, ended := board.New(cfg), make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	synctest.Wait()
	during()
	synctest.Wait()
	shows := seen(t, b)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return shows
}

// TestABoardFromItsSnapshotIsTheBoardFromTheJournal: over random days, with entries of
// peers that come late, keys that come and go, trimming below and above the cursors, a
// board that resumes shows what one shows that reads everything.
func TestABoardFromItsSnapshotIsTheBoardFromTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resumed := 0
		for round := range uint64(100) {
			h, s := newHistory(rand.New(rand.NewPCG(round, 7))), new(shelf)
			if round%2 == 1 {
				h.node = "demo-reception" // it has all those visits to seal, and here never does
			}
			for range 1 + h.r.IntN(4) {
				h.some(t, h.r.IntN(120))
				h.day(t, s, func() { h.some(t, h.r.IntN(60)) })
				h.some(t, h.r.IntN(30))
				if h.right && h.r.IntN(2) == 0 {
					h.trimmed()
				}
				if s.raw != nil {
					resumed++
				}
				got, want := h.day(t, &shelf{raw: s.raw}, func() {}), h.day(t, nil, func() {})
				if got != want {
					t.Fatalf("round %d: with a snapshot\n%s\nwithout\n%s", round, got, want)
				}
			}
		}
		if resumed < 150 {
			t.Errorf("resumed %d times only", resumed)
		}
	})
}

// TestASnapshotThatDoesNotFitIsNotUsed: one that is damaged, of another program's form,
// or of another log is thrown away without a word, and everything is read.
func TestASnapshotThatDoesNotFitIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := newHistory(rand.New(rand.NewPCG(1, 1))), new(shelf)
		h.right = true
		h.some(t, 300)
		for _, x := range h.jobs[3:] {
			for _, c := range course()[x.step:] {
				h.entry(t, c.origin, x.id, c.payload)
			}
		}
		h.pass(48 * time.Hour)
		want := h.day(t, s, func() {})
		reads := func(raw []byte) int {
			h.reads = 0
			if got := h.day(t, &shelf{raw: raw}, func() {}); got != want {
				t.Error("the board shows something else")
			}
			return h.reads
		}
		all := reads(nil)
		if n := reads(s.raw); n >= all {
			t.Fatalf("with the snapshot %d entries are read, without %d: this test shows nothing", n, all)
		}
		text := string(s.raw)
		for what, raw := range map[string]string{
			"empty": "", "no JSON": "x", "cut short": text[:len(text)/2], "of another form": `{"new":1,` + text[1:],
			"beyond the log":        regexp.MustCompile(`"next":\d+`).ReplaceAllString(text, `"next":9999`),
			"of another log":        regexp.MustCompile(`"last":"..`).ReplaceAllString(text, `"last":"ee`),
			"of a log that is gone": strings.ReplaceAll(text, "demo-bay-1/00", "demo-bay-1/11"),
		} {
			if n := reads([]byte(raw)); n < all {
				t.Errorf("%s: it is used", what)
			}
		}
	})
}

// counting counts the visits that are read before a board is ready.
type counting struct {
	*memory
	of     *board.Board
	before int
}

// Job implements board.Journal.
func (c *counting) Job(ctx context.Context, id string) ([]journal.Entry, error) {
	select {
	case <-c.of.Ready():
	default:
		c.before++
	}
	return c.memory.Job(ctx, id)
}

// TestAStartDoesNotWaitForWhatIsToBeSealed: visits of long ago that this node has yet to
// seal are read once the board is ready, in parts, and all of them are on it then.
func TestAStartDoesNotWaitForWhatIsToBeSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const visits = 100
		h, s := newHistory(rand.New(rand.NewPCG(1, 1))), new(shelf)
		h.node = "demo-reception"
		for n := range visits {
			for _, c := range course()[:len(course())-2] {
				h.entry(t, c.origin, fmt.Sprintf("j%03d", n), c.payload)
			}
		}
		h.pass(48 * time.Hour)
		h.entry(t, reception, "open", job.Opened{Ticket: "A1", Owner: "sa1"})
		want := h.day(t, s, func() {})

		cfg, c := config(h.memory), &counting{memory: h.memory}
		cfg.Journal, cfg.Keys, cfg.Memory, cfg.Node = c, h.memory, s, h.node
		cfg.Now = func() time.Time { return time.UnixMilli(h.clock.Load()) }
		c.of = board.New(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.of.Run(ctx) }()
		synctest.Wait()
		if c.before != 1 {
			t.Errorf("%d visits were read before the board was ready, and one is open", c.before)
		}
		if got := seen(t, c.of); got != want {
			t.Error("the board does not show what it showed before")
		}
		if n := len(c.of.Jobs()); n != visits+1 {
			t.Errorf("%d visits are on the board, want %d", n, visits+1)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	})
}
