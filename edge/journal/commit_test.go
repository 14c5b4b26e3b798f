package journal_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"pitlane/edge/journal"
)

// slow is a journal whose disk takes what is appended to its redo log when it is told to.
type slow struct {
	*journal.Journal
	t    *testing.T
	disk chan error
}

type answered struct {
	done    bool
	entries []journal.Entry
	err     error
}

// openSlow opens a journal with one entry beside its first, in a bubble of time.
func openSlow(t *testing.T, j *journal.Journal) *slow {
	s := &slow{Journal: j, t: t, disk: make(chan error)}
	entered := make(chan struct{}, 1000)
	journal.HoldDisk(j, entered, s.disk)
	s.ask(pause(0))
	s.lands(nil)
	return s
}

// ask appends in the background, and lets everything happen that can.
func (s *slow) ask(drafts ...journal.Draft) *answered {
	a := new(answered)
	go func() {
		a.entries, a.err = s.Append(s.t.Context(), drafts...)
		a.done = true
	}()
	synctest.Wait()
	return a
}

// lands has the disk answer once.
func (s *slow) lands(err error) {
	s.disk <- err
	synctest.Wait()
}

func named(n byte, d journal.Draft) journal.Draft {
	d.Request = journal.RequestID{n}
	return d
}

// What comes while a commit is on its way is decided after it: the same request is
// not written twice, a decision on a stale view is refused, and nobody is answered before
// the disk has what his answer rests on.
func TestWhatIsOnItsWayCountsAndAnswersNobody(t *testing.T) {
	shop := newTestShop("demo-bay-1")
	synctest.Test(t, func(t *testing.T) {
		j := openSlow(t, shop.journal(t, "demo-bay-1"))
		seen := []journal.Hash{}
		decide := journal.Draft{Kind: "job.decided", Job: "job-1", Seen: seen, Matters: []string{"job.decided"}}

		first := j.ask(named(1, decide))
		again := j.ask(named(1, decide))
		other := j.ask(named(2, decide))
		third := j.ask(named(3, pause(3)))
		for name, a := range map[string]*answered{"the first": first, "its repeat": again, "a stale one": other, "another": third} {
			if a.done {
				t.Errorf("%s is answered before anything is on disk: %v", name, a.err)
			}
		}
		if size(j.Journal, j.Origin()) != 2 {
			t.Errorf("what is not on disk is shown: %d entries", size(j.Journal, j.Origin()))
		}
		j.lands(nil)
		if !first.done || first.err != nil || first.entries[0].Seq != 2 {
			t.Fatalf("the first: %+v", first)
		}
		if again.done && third.done {
			t.Error("what came after it is answered with the first")
		}
		j.lands(nil)
		if !again.done || again.err != nil || again.entries[0].Hash != first.entries[0].Hash {
			t.Errorf("its repeat: %+v", again)
		}
		if !errors.Is(other.err, journal.ErrMoved) {
			t.Errorf("a decision on a view without the one that is on its way: %v, want ErrMoved", other.err)
		}
		if !third.done || third.err != nil || third.entries[0].Seq != 3 {
			t.Errorf("another: %+v", third)
		}
	})
}

// A disk that fails ends all writing: what was on its way and what waited for it are
// told that nobody knows, and the next start knows.
func TestADiskThatFailsTakesWithItWhatIsStagedOnTop(t *testing.T) {
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	synctest.Test(t, func(t *testing.T) {
		j := openSlow(t, shop.open(t, o))
		first, second := j.ask(named(1, pause(1))), j.ask(named(2, pause(2)))
		j.lands(syscall.EIO)
		for name, a := range map[string]*answered{"on its way": first, "waiting for it": second, "later": j.ask(pause(3))} {
			if !a.done || !errors.Is(a.err, journal.ErrUnknownOutcome) {
				t.Errorf("%s: %v (%v), want ErrUnknownOutcome", name, a.err, a.done)
			}
		}
		if size(j.Journal, j.Origin()) != 2 {
			t.Errorf("what nobody knows is shown: %d entries", size(j.Journal, j.Origin()))
		}
		closeOnce(t, j.Journal)
	})
	j := shop.open(t, o)
	if n := size(j, j.Origin()); n != 2 {
		t.Errorf("the next start finds %d entries, want 2: the frame was never written", n)
	}
	if e := appendOne(t, j, named(2, pause(2))); e.Seq != 2 {
		t.Errorf("asked again it is entry %d", e.Seq)
	}
	mustVerify(t, j)
}

// What is no plain append waits until nothing is on its way.
func TestASegmentIsTakenInAfterWhatIsOnItsWay(t *testing.T) {
	shop := newTestShop("demo-bay-1", "demo-desk")
	synctest.Test(t, func(t *testing.T) {
		desk := shop.journal(t, "demo-desk")
		appendMany(t, desk, 5)
		j := openSlow(t, shop.journal(t, "demo-bay-1"))
		first := j.ask(pause(1))
		taken := make(chan struct{})
		go func() {
			carry(t, desk, j.Journal, desk.Origin(), 1<<20)
			close(taken)
		}()
		synctest.Wait()
		late := j.ask(pause(2))
		if first.done || late.done || size(j.Journal, desk.Origin()) != 0 {
			t.Error("something is true before the disk has it")
		}
		j.lands(nil)
		for !late.done {
			j.lands(nil)
		}
		<-taken
		if size(j.Journal, desk.Origin()) != size(desk, desk.Origin()) || first.err != nil || late.err != nil {
			t.Errorf("held %d of %d; %v, %v", size(j.Journal, desk.Origin()), size(desk, desk.Origin()), first.err, late.err)
		}
	})
}

// A job's graph that is made anew while something of the job is on its way has it.
func TestAGraphKnowsWhatIsOnItsWay(t *testing.T) {
	shop := newTestShop("demo-bay-1")
	synctest.Test(t, func(t *testing.T) {
		j := openSlow(t, shop.journal(t, "demo-bay-1"))
		jobs := func(from, n int) (out []journal.Draft) {
			for i := range n {
				out = append(out, journal.Draft{Kind: "job.opened", Job: fmt.Sprint("other-", from+i)})
			}
			return out
		}
		for i := range 10 { // nearly as many graphs as are kept
			if a := j.ask(jobs(50*i, 50)...); !a.done { // a full log goes with the file
				j.lands(nil)
			}
		}
		decide := journal.Draft{Kind: "job.decided", Job: "job-1", Seen: []journal.Hash{}, Matters: []string{"job.decided"}}
		first, many := j.ask(named(1, decide)), j.ask(jobs(500, 20)...)
		stale := j.ask(named(2, decide))
		j.lands(nil)
		j.lands(nil)
		if first.err != nil || many.err != nil || !errors.Is(stale.err, journal.ErrMoved) {
			t.Errorf("%v, %v, %v; want the third to be ErrMoved", first.err, many.err, stale.err)
		}
	})
}
