//go:build real

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// ledger is everything that was ever said or seen in a season, to hold every folder
// against.
type ledger struct {
	mu    sync.Mutex
	logs  map[string][]tlog.Hash    // origin → its leaves, as far as any disk ever held them
	has   map[string]map[string]int // node → origin → how many entries its disk held
	own   map[string]string         // node → the origin of its log
	read  map[string]int            // origin → its own entries that were looked into
	where map[tlog.RequestID]place  // every request id on any disk
	times map[string]int            // job and kind → how often, of what is once in a visit
	scan  map[string]*scanLife
	begun map[tlog.RequestID]string            // request → the scan that it began, on disk
	open  map[string]map[tlog.RequestID]int    // node → requests without an answer
	said  map[string]map[tlog.RequestID]string // node → answered requests → their job, not yet held against the disk
	no    map[tlog.RequestID]bool              // refused
	duels [][2]tlog.RequestID                  // decisions on one view

	answers, repeats int
}

// scanLife is how often a scan was begun and ended, in which log.
type scanLife struct {
	origin       string
	begun, ended int
}

// place is an entry.
type place struct {
	origin string
	seq    uint64
	job    string
	kind   string
}

func newLedger() *ledger {
	return &ledger{
		logs: map[string][]tlog.Hash{}, has: map[string]map[string]int{}, own: map[string]string{}, read: map[string]int{},
		where: map[tlog.RequestID]place{}, times: map[string]int{}, scan: map[string]*scanLife{}, begun: map[tlog.RequestID]string{},
		open: map[string]map[tlog.RequestID]int{}, said: map[string]map[tlog.RequestID]string{}, no: map[tlog.RequestID]bool{},
	}
}

// asks: a request is about to be sent.
func (l *ledger) asks(node string, id tlog.RequestID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[node] == nil {
		l.open[node] = map[tlog.RequestID]int{}
	}
	l.open[node][id]++
}

// answered: from now on it must be there, exactly once, for ever. again: it was asked
// in more than one life. What writes nothing of its own is only counted.
func (l *ledger) answered(node string, id tlog.RequestID, job string, again, writes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open[node], id)
	l.answers++
	if again {
		l.repeats++
	}
	if !writes {
		return
	}
	if l.said[node] == nil {
		l.said[node] = map[tlog.RequestID]string{}
	}
	l.said[node][id] = job
}

// refused: it must not be there, ever.
func (l *ledger) refused(node string, id tlog.RequestID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open[node], id)
	l.no[id] = true
}

// duel: of the two one at most may be there.
func (l *ledger) duel(a, b tlog.RequestID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.duels = append(l.duels, [2]tlog.RequestID{a, b})
}

func (l *ledger) openAt(node string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open[node])
}

// finding is what a kill has left.
type finding struct {
	swallowed int  // requests that are on disk and have no answer
	adopted   int  // entries of others that came in this life
	behind    int  // entries of others that have not come yet
	inScan    bool // a scan has no ending
}

// check holds the folder of a dead edge against everything that was ever said.
func (l *ledger) check(ctx context.Context, n *target) (found finding, err error) {
	m, err := shop.Load(n.folder)
	if err != nil {
		return found, err
	}
	v, err := vault.Open(vault.Options{Dir: n.folder, Node: m.Node, Key: m.Key, Roster: m.Roster, ReadOnly: true})
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	j, err := journal.OpenReadOnly(ctx, n.folder, v)
	if errors.Is(err, fs.ErrNotExist) && l.nothingOf(n.name) {
		return found, nil // killed before its first entry
	}
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Verify(ctx); err != nil {
		return found, err
	}
	if err := nothingAside(n.folder); err != nil {
		return found, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.isSame(n.name, j.Origin()); err != nil {
		return found, err
	}
	if err := l.holdsAll(ctx, n.name, j, &found); err != nil {
		return found, err
	}
	if err := l.lookInto(ctx, n.name, j, &found); err != nil {
		return found, err
	}
	return found, l.keeps(n.name)
}

// nothingOf: no word of this node has been heard yet.
func (l *ledger) nothingOf(node string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.own[node] == "" && len(l.said[node]) == 0
}

// nothingAside: a kill is no damage. Nothing was quarantined, no history has two ends.
func nothingAside(folder string) error {
	for _, pattern := range []string{"*.quarantine*", "segments/*.quarantine*", "forks/*"} {
		aside, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(aside) > 0 {
			return errors.Join(err, fmt.Errorf("a kill has put aside %q", aside))
		}
	}
	return nil
}

// isSame: a node writes one log, whatever happens to its process.
func (l *ledger) isSame(node, origin string) error {
	if was := l.own[node]; was != "" && was != origin {
		return fmt.Errorf("it writes %s, and wrote %s before", origin, was)
	}
	l.own[node] = origin
	return nil
}

// holdsAll: every log on the disk begins with what the disk held before, and of its own
// log the node holds all that anybody has of it.
func (l *ledger) holdsAll(ctx context.Context, node string, j *journal.Journal, found *finding) error {
	if l.has[node] == nil {
		l.has[node] = map[string]int{}
	}
	held := l.has[node]
	for _, tip := range j.Tips() {
		if held[tip.Origin] == 0 {
			held[tip.Origin] = 0 // it must be there, and nothing of it yet
		}
	}
	for origin, before := range held {
		n := 0
		for e, err := range j.Sealed(ctx, origin, 0) {
			if err != nil {
				return err
			}
			if err := l.place(e, n); err != nil {
				return err
			}
			n++
		}
		if n < before || origin == j.Origin() && n < len(l.logs[origin]) {
			return fmt.Errorf("%s has %d entries here; it had %d, and others have %d of it: some are lost", origin, n, before, len(l.logs[origin]))
		}
		if origin != j.Origin() {
			found.adopted += n - before
			found.behind += len(l.logs[origin]) - n
		}
		held[origin] = n
	}
	return nil
}

// place: what was ever at this place is there.
func (l *ledger) place(e tlog.Entry, at int) error {
	if int(e.Seq) != at {
		return fmt.Errorf("%s: entry %d where %d was due", e.Origin, e.Seq, at)
	}
	log := l.logs[e.Origin]
	if at < len(log) {
		if log[at] != e.Hash {
			return fmt.Errorf("%s seq %d (%s) is another than it was", e.Origin, at, e.Kind)
		}
		return nil
	}
	l.logs[e.Origin] = append(log, e.Hash)
	return nil
}

// lookInto reads what is new in the node's own log: no request id is there twice, of
// what is once in a visit there is one, every payload opens.
func (l *ledger) lookInto(ctx context.Context, node string, j *journal.Journal, found *finding) error {
	origin := j.Origin()
	for e, err := range j.Read(ctx, origin, uint64(l.read[origin])) {
		if err != nil {
			return err
		}
		l.read[origin]++
		at := place{origin, e.Seq, e.Job, e.Kind}
		if first, twice := l.where[e.Request]; twice {
			return fmt.Errorf("one request is there twice: %v and %v", first, at)
		}
		l.where[e.Request] = at
		if _, waits := l.open[node][e.Request]; waits {
			found.swallowed++
		}
		if (e.WorkCommit != tlog.Hash{}) && e.Work == nil {
			return fmt.Errorf("%v: its payload does not open", at)
		}
		if err := l.count(e); err != nil {
			return err
		}
	}
	for _, s := range l.scan {
		found.inScan = found.inScan || s.origin == origin && s.ended == 0
	}
	return l.wholeVisits()
}

// count notes what may be once.
func (l *ledger) count(e tlog.Entry) error {
	switch e.Kind {
	case "job.opened", "job.inspected", "job.belongings", "order.offered", "order.signed", "job.consented", "order.declined",
		"job.handed_over", "car.received", "work.started":
		key := e.Job + " " + e.Kind
		if l.times[key]++; l.times[key] > 1 {
			return fmt.Errorf("%s is there twice in one visit", e.Kind)
		}
	case "scan.started", "scan.completed", "scan.failed":
		return l.countScan(e)
	}
	return nil
}

func (l *ledger) countScan(e tlog.Entry) error {
	p, err := job.Decode(e.Kind, e.Work.Payload)
	if err != nil {
		return err
	}
	s := &scanLife{origin: e.Origin}
	of := func(id string) *scanLife {
		if l.scan[id] == nil {
			l.scan[id] = s
		}
		return l.scan[id]
	}
	switch p := p.(type) {
	case job.ScanStarted:
		s = of(p.Scan)
		s.begun++
		l.begun[e.Request] = p.Scan
	case job.ScanCompleted:
		s = of(p.Scan)
		s.ended++
	case job.ScanFailed:
		s = of(p.Scan)
		s.ended++
	}
	if s.begun != 1 || s.ended > 1 {
		return fmt.Errorf("a scan was begun %d times and ended %d times", s.begun, s.ended)
	}
	return nil
}

// wholeVisits: what one call writes is there together or not at all.
func (l *ledger) wholeVisits() error {
	for key, n := range l.times {
		id, kind, _ := strings.Cut(key, " ")
		for _, call := range [][]string{{"job.opened", "job.inspected", "job.belongings", "order.offered"}, {"order.signed", "job.consented"}} {
			if !slices.Contains(call, kind) {
				continue
			}
			for _, other := range call {
				if l.times[id+" "+other] != n {
					return fmt.Errorf("there is %s without %s: half of a call", kind, other)
				}
			}
		}
	}
	return nil
}

// keeps: what was answered is there, what was refused is not, and of two decisions on
// one view not both.
func (l *ledger) keeps(node string) error {
	for id, job := range l.said[node] {
		at, there := l.where[id]
		switch {
		case !there:
			return fmt.Errorf("request %x was answered and is not there", id)
		case at.origin != l.own[node]:
			return fmt.Errorf("request %x was answered by %s and is in %s", id, node, at.origin)
		case job != "" && at.job != job:
			return fmt.Errorf("request %x was about another job than %v", id, at)
		}
	}
	clear(l.said[node]) // its place is among those that are looked at each time
	for id := range l.no {
		if at, there := l.where[id]; there {
			return fmt.Errorf("request %x was refused and is there: %v", id, at)
		}
	}
	for _, d := range l.duels {
		a, both := l.where[d[0]]
		if b, ok := l.where[d[1]]; ok && both {
			return fmt.Errorf("two decisions on one view are both there: %v and %v", a, b)
		}
	}
	return nil
}

// close holds the nodes against each other, when nothing is under way any more.
func (l *ledger) close(edges []*target) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range edges {
		for origin, log := range l.logs {
			if l.has[n.name][origin] != len(log) {
				return fmt.Errorf("%s holds %d entries of %s, others %d", n.name, l.has[n.name][origin], origin, len(log))
			}
		}
		if len(l.open[n.name]) > 0 {
			return fmt.Errorf("%s has not answered %d requests", n.name, len(l.open[n.name]))
		}
	}
	for id, s := range l.scan {
		if s.begun != 1 || s.ended != 1 {
			return fmt.Errorf("scan %s was begun %d times and ended %d times", id, s.begun, s.ended)
		}
	}
	if got, want := slices.Sorted(maps.Keys(l.logs)), slices.Sorted(maps.Values(l.own)); !slices.Equal(got, want) {
		return fmt.Errorf("there are the logs %q, and the nodes write %q", got, want)
	}
	return nil
}

// scanOf is the scan that a request began, as the disk has it.
func (l *ledger) scanOf(id tlog.RequestID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun[id]
}
