package timers_test

import (
	"context"
	"crypto/ed25519"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/timers"
	"pitlane/edge/tlog"
)

// bench is a node with a real journal, and clocks that the test sets.
type bench struct {
	t       *testing.T
	dir     string
	node    string
	key     ed25519.PrivateKey
	roster  *journal.Roster
	clock   *handClock
	quality uint8

	journal *journal.Journal
	timers  *timers.Timers
	clocks  *clocks.Clocks
}

type handClock struct {
	boot  string
	since time.Duration
	wall  time.Time
}

func (c *handClock) Now() time.Time                { return c.wall }
func (c *handClock) Boot() (string, time.Duration) { return c.boot, c.since }

func newBench(t *testing.T) *bench {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "n"), node: "demo-reception", key: key, quality: 3,
		roster: &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-reception", Role: "reception", Key: key.Public().(ed25519.PublicKey)}}},
		clock:  &handClock{boot: "a0", since: time.Minute, wall: time.UnixMilli(1_795_000_000_000)}}
	b.open()
	t.Cleanup(b.close)
	return b
}

func (b *bench) open() {
	b.t.Helper()
	var err error
	b.journal, err = journal.Open(b.t.Context(), journal.Options{Dir: b.dir, Node: b.node, Key: b.key, Roster: b.roster, Reserve: -1,
		Clock: b.clock, Quality: func() uint8 { return b.quality }})
	if err != nil {
		b.t.Fatal(err)
	}
	b.clocks = clocks.New()
	b.timers = timers.New(timers.Config{Node: b.node, Journal: b.journal, Jobs: b.jobs, Decode: board.Event, Clocks: b.clocks,
		Clock: b.clock, Quality: func() uint8 { return b.quality }})
}

func (b *bench) close() {
	if err := b.journal.Close(); err != nil {
		b.t.Error(err)
	}
}

// cut is a power cut: nothing but what is on disk is left, and the computer is off
// for so long.
func (b *bench) cut(off time.Duration) {
	b.t.Helper()
	b.close()
	b.clock.boot += "1"
	b.clock.since = time.Second
	b.clock.wall = b.clock.wall.Add(off)
	b.open()
}

func (b *bench) pass(d time.Duration) {
	b.clock.since += d
	b.clock.wall = b.clock.wall.Add(d)
}

// jobs folds the journal with its times corrected, as the board does.
func (b *bench) jobs() []job.State {
	b.t.Helper()
	of := map[string][]job.Event{}
	var ids []string
	for _, tip := range b.journal.Tips() {
		for e, err := range b.journal.Read(context.Background(), tip.Origin, 0) {
			if err != nil {
				b.t.Fatal(err)
			}
			b.clocks.Hear(clocks.Reading{Node: b.node, Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality})
			if e.Job == "" {
				continue
			}
			told, err := board.Event(e)
			if err != nil {
				b.t.Fatal(err)
			}
			if of[e.Job] == nil {
				ids = append(ids, e.Job)
			}
			of[e.Job] = append(of[e.Job], told)
		}
	}
	var out []job.State
	for _, id := range ids {
		for i, e := range of[id] {
			at := b.clocks.Time(clocks.Reading{Node: b.node, Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: uint8(e.Quality)})
			if of[id][i].WallMS = at.MS; at.Sure {
				of[id][i].Quality = clocks.Synchronised
			}
		}
		out = append(out, job.Fold(of[id]))
	}
	return out
}

func (b *bench) write(payloads ...job.Payload) {
	b.t.Helper()
	for _, p := range payloads {
		work, err := job.Encode(p)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.journal.Append(b.t.Context(), journal.Draft{Kind: p.Kind(), Job: "j1", Work: work}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// step lets the timers look until nothing fires any more.
func (b *bench) step() {
	b.t.Helper()
	for range 10 {
		before := len(b.fired())
		if _, err := b.timers.Step(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
		if len(b.fired()) == before {
			return
		}
	}
	b.t.Fatal("the timers fire without an end")
}

// fired are the firings in the journal, in order.
func (b *bench) fired() []string {
	b.t.Helper()
	var out []string
	for _, tip := range b.journal.Tips() {
		for e, err := range b.journal.Read(b.t.Context(), tip.Origin, 0) {
			if err != nil {
				b.t.Fatal(err)
			}
			if !strings.HasPrefix(e.Kind, "timer.") {
				continue
			}
			p, err := job.Decode(e.Kind, e.Work.Payload)
			if err != nil {
				b.t.Fatal(err)
			}
			switch p := p.(type) {
			case job.TimerDue:
				out = append(out, strings.TrimSuffix("due "+p.Timer+map[bool]string{true: " at least"}[p.AtLeast], " "))
			case job.TimerOverdue:
				out = append(out, "overdue "+p.Timer+map[bool]string{true: " at least"}[p.AtLeast])
			}
		}
	}
	return out
}

func (b *bench) want(want ...string) {
	b.t.Helper()
	b.step()
	if got := b.fired(); !slices.Equal(got, want) {
		b.t.Errorf("fired %q, want %q", got, want)
	}
}

func (b *bench) signed(promised time.Duration) {
	b.t.Helper()
	due := b.clock.wall.Add(promised).UnixMilli()
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "maintenance"},
		job.Offered{Lines: []job.Line{{ID: "x", Text: "x"}}, Promised: due, TextHash: "h", Text: "t"}, job.Signed{TextHash: "h"})
}

func TestANoticeIsDueAnHourBeforeThePromise(t *testing.T) {
	b := newBench(t)
	b.signed(4 * time.Hour)
	b.pass(3*time.Hour - time.Second)
	b.want()
	b.pass(time.Second)
	b.want("due notice")
	b.pass(time.Hour)
	b.want("due notice")
}

func TestANoticeThatWasGivenIsNotDue(t *testing.T) {
	b := newBench(t)
	b.signed(4 * time.Hour)
	b.write(job.ReadyNotified{By: "sa", Channel: "phone"})
	b.pass(4 * time.Hour)
	b.want()
}

func TestProgressIsCheckedAt70PercentAndLateAt80(t *testing.T) {
	b := newBench(t)
	b.signed(10 * time.Hour)
	b.write(job.WorkStarted{By: "te"})
	b.pass(7*time.Hour - time.Second)
	b.want()
	b.pass(time.Second)
	b.want("due progress_check")
	b.pass(time.Hour)
	b.want("due progress_check", "overdue progress_check")
}

func TestWhatIsDueAtOnceIsDueAtOnce(t *testing.T) {
	b := newBench(t)
	b.signed(10 * time.Hour)
	b.write(job.ExtraRaised{Extra: "e1", Text: "pads", By: "te"})
	b.want("due extra_to_customer")
	b.write(job.ExtraOffered{Extra: "e1", Price: 1, Promised: b.clock.wall.Add(11 * time.Hour).UnixMilli(), By: "sa"}, job.ExtraRaised{Extra: "e2", Text: "disc", By: "te"})
	b.want("due extra_to_customer", "due extra_to_customer")
}

// A computer that was off and whose clock nobody vouches for knows only how long it
// has run: the timer fires late rather than early, and says so.
func TestWithoutAClockTimeCountsWhileItRuns(t *testing.T) {
	b := newBench(t)
	b.quality = 0
	b.clock.wall = time.UnixMilli(60_000)
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"})
	b.pass(20 * time.Hour)
	b.write(job.WorkPaused{Reason: "closing time"}) // by then it has run 20 h
	b.cut(100 * time.Hour)
	b.want()
	b.pass(28*time.Hour - 2*time.Second)
	b.want()
	b.pass(time.Second)
	b.want("due request_answer at least")
}

func TestAcrossABootTheClocksSayHowLongItWas(t *testing.T) {
	b := newBench(t)
	b.write(job.Opened{Ticket: "A1", Owner: "sa", Purpose: "repair"})
	b.cut(48 * time.Hour)
	b.write(job.WorkPaused{Reason: "x"}) // dates this boot
	b.want("due request_answer")
}

// TestATimerFiresOnceAcrossPowerCuts: cut at random moments, with clocks that are
// wrong now and then, each timer that had to fire has fired once.
func TestATimerFiresOnceAcrossPowerCuts(t *testing.T) {
	for seed := range 12 {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		b := newBench(t)
		b.signed(10 * time.Hour)
		b.write(job.WorkStarted{By: "te"}, job.ExtraRaised{Extra: "e1", Text: "pads", By: "te"})
		for range 30 {
			switch r.IntN(5) {
			case 0:
				b.cut(time.Duration(r.IntN(600)) * time.Second)
			case 1:
				b.quality = uint8(r.IntN(4))
			default:
				b.pass(time.Duration(r.IntN(3600)) * time.Second)
			}
			if r.IntN(3) > 0 { // else it is cut before it looks
				if _, err := b.timers.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		b.quality = 3
		b.pass(20 * time.Hour)
		b.write(job.WorkPaused{Reason: "x"})
		b.step()
		got := b.fired()
		for i := range got {
			got[i] = strings.TrimSuffix(got[i], " at least")
		}
		slices.Sort(got)
		if want := []string{"due extra_to_customer", "due notice", "due progress_check", "overdue progress_check"}; !slices.Equal(got, want) {
			t.Errorf("seed %d: fired %q, want %q", seed, got, want)
		}
	}
}

// TestAnotherNodesTimersAreNotFired: who wrote the beginning fires, and no other.
func TestAnotherNodesTimersAreNotFired(t *testing.T) {
	b := newBench(t)
	b.signed(4 * time.Hour)
	other := timers.New(timers.Config{Node: "demo-bay-1", Journal: b.journal, Jobs: b.jobs, Decode: board.Event, Clocks: b.clocks,
		Clock: b.clock, Quality: func() uint8 { return 3 }})
	b.pass(4 * time.Hour)
	if _, err := other.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.fired(); len(got) != 0 {
		t.Errorf("fired %q", got)
	}
	b.want("due notice")
}
