package clocks

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Synchronised is the clock quality of a wall clock that a time server keeps; 1 is
// one kept by a battery, 0 one that cannot be right.
const Synchronised = 3

// earliest is the beginning of 2026 in milliseconds since 1970: a wall clock before
// it stands before this program was written.
const earliest = 1_767_225_600_000

// Plausible says whether a wall clock, in ms since 1970, can be right at all.
func Plausible(wallMS int64) bool { return wallMS >= earliest }

// Reading is what an event says of its author's clocks.
type Reading struct {
	Node    string
	Boot    string // boot id
	BootMS  int64  // time since the boot began, ms
	WallMS  int64  // ms since 1970
	Quality uint8
}

// Time is when something happened. Where it is not sure, MS is the wall clock's word
// held within the interval, and From and To are 0 where nothing bounds it.
type Time struct {
	MS   int64
	Sure bool
	From int64
	To   int64
}

// Clocks knows the clocks of a shop. Its methods may be called from any goroutine.
type Clocks struct {
	mu    sync.RWMutex
	boots map[string]map[string]*boot // node → boot id
}

// boot is one run of one computer.
type boot struct {
	first, last int64 // boottime of the first and the last reading, ms
	place       int   // among the node's boots, by first appearance
	newest      int64 // the latest synchronised wall clock, ms; 0: none
	anchors     []anchor
}

// anchor is a moment at which a wall clock was synchronised.
type anchor struct{ bootMS, wallMS int64 }

func (a anchor) offset() int64 { return a.wallMS - a.bootMS }

// Anchors of one boot lie at least so far apart: a clock drifts by less than a
// second in it. And one that says within so little what those before it say already
// tells nothing: what is kept of a boot does not grow with the years it runs.
const (
	apart  = 10 * 60 * 1000
	enough = 250
)

// New makes clocks that nobody has looked at.
func New() *Clocks { return &Clocks{boots: map[string]map[string]*boot{}} }

// Hear takes a reading; those of one node come in the order of its log. It reports
// whether times of that boot that were told before are told otherwise now.
func (c *Clocks) Hear(r Reading) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.boots[r.Node]
	if of == nil {
		of = map[string]*boot{}
		c.boots[r.Node] = of
	}
	b := of[r.Boot]
	if b == nil {
		b = &boot{first: r.BootMS, last: r.BootMS, place: len(of)}
		of[r.Boot] = b
	}
	b.first, b.last = min(b.first, r.BootMS), max(b.last, r.BootMS)
	return b.hear(r)
}

func (b *boot) hear(r Reading) bool {
	if r.Quality < Synchronised || r.WallMS < earliest {
		return false
	}
	b.newest = max(b.newest, r.WallMS)
	if len(b.anchors) > 0 && abs(b.offsetAt(r.BootMS)-(r.WallMS-r.BootMS)) < enough {
		return false
	}
	i, _ := slices.BinarySearchFunc(b.anchors, r.BootMS, func(a anchor, ms int64) int { return cmp.Compare(a.bootMS, ms) })
	near := i > 0 && r.BootMS-b.anchors[i-1].bootMS < apart || i < len(b.anchors) && b.anchors[i].bootMS-r.BootMS < apart
	if near {
		return false
	}
	b.anchors = slices.Insert(b.anchors, i, anchor{r.BootMS, r.WallMS})
	return b.first < r.BootMS || b.last > r.BootMS
}

func abs(n int64) int64 { return max(n, -n) }

// Newest is the latest time at which a node's clock was synchronised, the zero time
// where it never was.
func (c *Clocks) Newest(node string) time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	newest := int64(0)
	for _, b := range c.boots[node] {
		newest = max(newest, b.newest)
	}
	if newest == 0 {
		return time.Time{}
	}
	return time.UnixMilli(newest)
}

// Time says when the event of a reading happened.
func (c *Clocks) Time(r Reading) Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.time(r)
}

func (c *Clocks) time(r Reading) Time {
	b := c.boots[r.Node][r.Boot]
	if b == nil {
		return Time{MS: r.WallMS}
	}
	if len(b.anchors) > 0 {
		ms := r.BootMS + b.offsetAt(r.BootMS)
		return Time{MS: ms, Sure: true, From: ms, To: ms}
	}
	t := Time{From: c.before(r.Node, b.place), To: c.after(r.Node, b.place)}
	if t.To > 0 { // it ran on after the event
		t.To -= b.last - r.BootMS
	}
	if t.From > 0 {
		t.From += r.BootMS - min(b.first, r.BootMS)
	}
	t.MS = r.WallMS
	if t.From > 0 {
		t.MS = max(t.MS, t.From)
	}
	if t.To > 0 {
		t.MS = min(t.MS, t.To)
	}
	return t
}

// offsetAt is wall clock minus boottime at a boottime: between two anchors in
// proportion, beyond them that of the nearest.
func (b *boot) offsetAt(ms int64) int64 {
	i, _ := slices.BinarySearchFunc(b.anchors, ms, func(a anchor, ms int64) int { return cmp.Compare(a.bootMS, ms) })
	switch {
	case i == 0:
		return b.anchors[0].offset()
	case i == len(b.anchors):
		return b.anchors[i-1].offset()
	}
	l, r := b.anchors[i-1], b.anchors[i]
	return l.offset() + int64(float64(r.offset()-l.offset())*float64(ms-l.bootMS)/float64(r.bootMS-l.bootMS))
}

// before is the last sure moment of a node's boots before a place; 0 for none.
func (c *Clocks) before(node string, place int) int64 {
	latest := int64(0)
	for _, b := range c.boots[node] {
		if b.place < place && len(b.anchors) > 0 {
			latest = max(latest, b.last+b.offsetAt(b.last))
		}
	}
	return latest
}

// after is the first sure moment of a node's boots after a place; 0 for none.
func (c *Clocks) after(node string, place int) int64 {
	first := int64(0)
	for _, b := range c.boots[node] {
		if b.place > place && len(b.anchors) > 0 {
			if at := b.offsetAt(0); first == 0 || at < first { // when that boot began
				first = at
			}
		}
	}
	return first
}

// Elapsed is how long ago, in ms, the moment of one reading was at another, later
// one of the same node. Where it is not sure it is the least that can have passed:
// the time for which the computer is known to have been running in between.
func (c *Clocks) Elapsed(from, to Reading) (ms int64, sure bool) {
	if from.Boot == to.Boot {
		return max(to.BootMS-from.BootMS, 0), true
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	a, b := c.time(from), c.time(to)
	if a.Sure && b.Sure {
		return max(b.MS-a.MS, 0), true
	}
	of := c.boots[from.Node]
	first, last := of[from.Boot], of[to.Boot]
	if first == nil || from.Node != to.Node {
		return 0, false
	}
	ran := max(first.last-from.BootMS, 0) + to.BootMS
	for _, x := range of {
		if x.place > first.place && (last == nil || x.place < last.place) {
			ran += x.last
		}
	}
	return ran, false
}

// Ago is how long ago the moment of one reading was at another, later one of the same
// node: as Elapsed says where that is sure. Else it is what the two wall clocks say,
// where both can be right, and no less than Elapsed has it. It is never negative.
func (c *Clocks) Ago(from, to Reading) time.Duration {
	ms, sure := c.Elapsed(from, to)
	if !sure && Plausible(from.WallMS) && Plausible(to.WallMS) {
		ms = max(ms, to.WallMS-from.WallMS)
	}
	return time.Duration(ms) * time.Millisecond
}
