//go:build real

package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pitlane/housetest"
)

const (
	shortKills  = 14 * time.Second // of killing; a season begins and ends besides
	seasonKills = 150              // then a new shop: what is looked at after each kill grows
	killedShops = 2                // at a time; one more in the long form
)

// TestKilledEdgesLoseNothingAndDoubleNothing kills the real edges of a shop by SIGKILL,
// each on its own and again and again: while it starts, right after a request has
// reached it, while it takes in what the others wrote, in the middle of a scan. The
// people in front of the screens go on: what has no answer they ask again, with the
// same request id, until there is one. After every kill, with the process dead, its
// folder is held against what was ever said: the trees are computed anew from the
// leaves and verified, all that was answered is there exactly once, what was refused is
// not, of two decisions on one view there is one at most, and no entry that any node
// ever held is gone or another. At the end of a season all nodes hold the same.
func TestKilledEdgesLoseNothingAndDoubleNothing(t *testing.T) {
	t.Parallel()
	bin := buildPrograms(t)
	until, shops := time.Now().Add(shortKills), killedShops
	if long := housetest.Soak(t); long > 0 {
		until, shops = time.Now().Add(long), killedShops+1
	}
	var all tally
	t.Run("shops", func(t *testing.T) {
		for n := range shops {
			t.Run(fmt.Sprint(n+1), func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(n)))
				for season := 0; !t.Failed() && (season == 0 || time.Now().Before(until) || season < 10 && !all.proves()); season++ {
					f := newFire(t, bin, n, rnd.Uint64(), season%4 == 3)
					f.season(min(max(time.Until(until), shortKills/2), 5*time.Minute))
					all.add(&f.tally)
					f.close()
					t.Log("so far: " + all.String())
				}
			})
		}
	})
	t.Log(all.String())
	if !all.proves() {
		t.Error("no kill hit a request or an adoption: the test proves nothing")
	}
}

// season kills for so long, or until there were enough, and ends with a whole shop.
func (f *fire) season(long time.Duration) {
	f.t.Helper()
	ctx, stop := context.WithTimeout(f.t.Context(), 15*time.Minute)
	defer stop()
	killing, enough := context.WithTimeout(ctx, long)
	defer enough()
	open, closing := context.WithCancel(ctx)
	defer closing()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer closing()
		return f.killAll(ctx, killing, enough)
	})
	for _, work := range f.people(open) {
		g.Go(func() error { return work(ctx) })
	}
	if err := g.Wait(); err != nil {
		f.t.Error(err)
		return
	}
	f.end()
}

// killAll lets each edge live and die until there were enough kills, and leaves all of
// them running.
func (f *fire) killAll(ctx, killing context.Context, enough func()) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range f.edges {
		rnd := rand.New(rand.NewPCG(f.rnd.Uint64(), f.rnd.Uint64()))
		g.Go(func() error {
			for killing.Err() == nil && ctx.Err() == nil {
				end, err := n.live(ctx, rnd)
				if err != nil {
					return fmt.Errorf("%s: %w\n%s", n.name, err, n.lastWords())
				}
				found, err := f.book.check(ctx, n)
				if err != nil {
					return fmt.Errorf("%s, killed %s: %w\n%s", n.name, end, err, n.lastWords())
				}
				if f.tally.kill(end, found) >= seasonKills {
					enough()
				}
			}
			return n.stay(ctx)
		})
	}
	return g.Wait()
}

// end waits until all nodes hold the same, ends them as an operator does, and holds
// every folder against what was said, and against the others.
func (f *fire) end() {
	f.t.Helper()
	f.rig.within(2*time.Minute, "the same entries at every edge", f.alike)
	for _, n := range f.edges {
		if err := n.end(); err != nil {
			f.t.Errorf("%s, asked to end: %v\n%s", n.name, err, n.lastWords())
		}
	}
	for _, n := range f.edges {
		if _, err := f.book.check(f.t.Context(), n); err != nil {
			f.t.Errorf("%s at the end: %v", n.name, err)
		}
	}
	if err := f.book.close(f.edges); err != nil {
		f.t.Error(err)
	}
	f.verified()
	f.tally.sum(f.book)
	if f.t.Failed() {
		return
	}
	if err := f.olderCopy(); err == nil {
		f.t.Error("an older copy of a folder was not found out: the check does not bite")
	}
}

// fate is what a kill hit.
type fate struct {
	aim    string
	served bool // it had opened its screens
	asked  int  // requests without an answer
}

func (e fate) String() string {
	return fmt.Sprintf("by the aim %q (serving: %v, %d requests open)", e.aim, e.served, e.asked)
}

// tally counts, for the record.
type tally struct {
	mu                                                  sync.Mutex
	kills, starting, asked, swallowed, adopting, inScan int
	aims                                                map[string]int
	seasons, entries, acked, repeated, duels            int
	visits, keys, scans                                 int
}

// kill notes one and says how many there were.
func (y *tally) kill(e fate, found finding) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kills++
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&y.starting, !e.served)
	count(&y.asked, e.asked > 0)
	count(&y.swallowed, found.swallowed > 0)
	count(&y.adopting, found.adopted > 0 && found.behind > 0)
	count(&y.inScan, found.inScan)
	if y.aims == nil {
		y.aims = map[string]int{}
	}
	y.aims[e.aim]++
	return y.kills
}

// proves: a commit was hit before its answer, and an adoption.
func (y *tally) proves() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.swallowed > 0 && y.adopting > 0
}

func (y *tally) sum(l *ledger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	y.seasons, y.acked, y.repeated, y.duels = 1, l.answers, l.repeats, len(l.duels)
	for _, log := range l.logs {
		y.entries += len(log)
	}
	for key := range l.times {
		switch _, kind, _ := strings.Cut(key, " "); kind {
		case "job.opened":
			y.visits++
		case "job.handed_over":
			y.keys++
		}
	}
	y.visits, y.keys, y.scans = y.visits-prepared, y.keys-prepared, len(l.scan)
}

func (y *tally) add(o *tally) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kills += o.kills
	y.starting += o.starting
	y.asked += o.asked
	y.swallowed += o.swallowed
	y.adopting += o.adopting
	y.inScan += o.inScan
	y.seasons += o.seasons
	y.entries += o.entries
	y.acked += o.acked
	y.repeated += o.repeated
	y.duels += o.duels
	y.visits += o.visits
	y.keys += o.keys
	y.scans += o.scans
	if y.aims == nil {
		y.aims = map[string]int{}
	}
	for aim, n := range o.aims {
		y.aims[aim] += n
	}
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var aims []string
	for _, a := range slices.Sorted(maps.Keys(y.aims)) {
		aims = append(aims, fmt.Sprintf("%s %d", a, y.aims[a]))
	}
	return fmt.Sprintf("%d kills (%s) in %d seasons: %d before the screens opened, %d with requests open, %d after a commit and before its answer, "+
		"%d while a peer's log came in, %d in a scan; %d check-ins, %d of them to the key in the cabinet, %d scans; "+
		"%d entries, %d answers, %d of them to a request asked again, %d pairs of decisions on one view; "+
		"every folder verified after every kill", y.kills, strings.Join(aims, ", "), y.seasons, y.starting, y.asked, y.swallowed, y.adopting, y.inScan,
		y.visits, y.keys, y.scans, y.entries, y.acked, y.repeated, y.duels)
}
