package board

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// ref names an entry of the journal.
type ref struct {
	origin string
	seq    uint64
}

func compareRefs(a, b ref) int {
	return cmp.Or(strings.Compare(a.origin, b.origin), cmp.Compare(a.seq, b.seq))
}

// wall is what the journal says of cabinets beside the jobs, node by node, since two
// may call their cabinets by one name; of Run's goroutine.
type wall struct {
	of   map[string]*nodeWall
	news bool
}

// nodeWall is the wall of one node, and which entries it follows from: the others are
// not needed to hang it again.
type nodeWall struct {
	alarms  job.Alarms
	why     map[string][]ref // id of an alarm that stands → its entries
	refused []Refusal
	// closed are entries that could not be read, for want of a key, and all that came
	// after the first of them: the wall is hung anew when keys come.
	closed []ref
	held   []ref // what it followed from before the first of closed: without that entry nobody knows what is over
}

// maxClosed bounds what waits for keys that may never come.
const maxClosed = 1024

func newWall() wall { return wall{of: map[string]*nodeWall{}} }

func (w *wall) node(name string) *nodeWall {
	n := w.of[name]
	if n == nil {
		n = &nodeWall{why: map[string][]ref{}}
		w.of[name] = n
	}
	return n
}

// take takes an event about cabinets.
func (w *wall) take(e job.Event) {
	n, at := w.node(nodeOf(e.Origin)), ref{e.Origin, e.Seq}
	if e.Payload == nil && len(n.closed) == 0 {
		n.held = n.refs()
	}
	if e.Payload == nil || len(n.closed) > 0 {
		n.closed = append(n.closed, at)
		n.closed = n.closed[max(0, len(n.closed)-maxClosed):]
	}
	w.news = w.news || e.Payload != nil
	switch p := e.Payload.(type) {
	case job.AlarmRaised:
		n.alarm(p.Alarm, e, at)
	case job.WarningRaised:
		n.alarm(p.Warning, e, at)
	case job.AlarmCleared:
		n.alarm(p.Alarm, e, at)
	case job.WarningCleared:
		n.alarm(p.Warning, e, at)
	case job.AlarmAcknowledged:
		n.alarm(p.Alarm, e, at)
	case job.PickupRefused:
		list := append(slices.Clone(n.refused), Refusal{Hash: e.Hash, Moment: job.MomentOf(e), from: e.Origin, seq: e.Seq})
		n.refused = list[max(0, len(list)-maxRefusals):]
	}
}

// alarm tells the alarms and keeps what those that stand follow from.
func (n *nodeWall) alarm(id string, e job.Event, at ref) {
	before := n.alarms.Standing()
	n.alarms.Apply(e)
	chain := n.why[id]
	if x, stands := n.alarms.Find(id); stands && x.Count > 1 {
		for _, was := range before { // the one that this repeats
			if _, still := n.alarms.Find(was.ID); !still {
				chain = n.why[was.ID]
			}
		}
	}
	n.why[id] = append(slices.Clone(chain), at)
	for other := range n.why {
		if _, stands := n.alarms.Find(other); !stands {
			delete(n.why, other)
		}
	}
}

// refs are the entries that the wall follows from, in the order of their logs.
func (n *nodeWall) refs() []ref {
	all := slices.Concat(n.closed, n.held)
	for _, chain := range n.why {
		all = append(all, chain...)
	}
	for _, r := range n.refused {
		all = append(all, ref{r.from, r.seq})
	}
	slices.SortFunc(all, compareRefs)
	return slices.Compact(all)
}

// ofWall: the kinds that a wall takes, also when they are no job's.
func ofWall(kind string) bool {
	return strings.HasPrefix(kind, "alarm.") || strings.HasPrefix(kind, "warning.") || kind == job.PickupRefused{}.Kind()
}

// takeWall is take for what is told of cabinets, before it is told of a job.
func (b *Board) takeWall(e journal.Entry) {
	if !ofWall(e.Kind) {
		return
	}
	told, err := Event(e)
	if err != nil {
		told.Payload = nil // said where the job's events are taken, and of no use here
	}
	b.reader.wall.take(told)
}

// hangAgain reads the walls anew that lack entries for want of a key.
func (b *Board) hangAgain(ctx context.Context) error {
	for name, n := range b.reader.wall.of {
		if len(n.closed) == 0 {
			continue
		}
		refs := n.refs()
		delete(b.reader.wall.of, name)
		b.reader.wall.news = true
		if err := b.readWall(ctx, refs); err != nil {
			b.reader.wall.of[name] = n
			return err
		}
	}
	return nil
}

// readWall takes entries that were passed before. What is trimmed is of visits that
// are long over.
func (b *Board) readWall(ctx context.Context, refs []ref) error {
	for _, at := range refs {
		e, err := b.entry(ctx, at)
		if errors.Is(err, journal.ErrTrimmed) {
			continue
		}
		if err != nil {
			return err
		}
		b.takeWall(e)
	}
	return nil
}

// hang puts what was read of cabinets on the board. b.mu is held.
func (b *Board) hang() {
	w := &b.reader.wall
	if !w.news {
		return
	}
	w.news = false
	b.standing, b.refused = nil, map[string][]Refusal{}
	for _, name := range slices.Sorted(maps.Keys(w.of)) {
		n := w.of[name]
		for _, x := range n.alarms.Standing() {
			b.standing = append(b.standing, standing{Alarm: x, node: name})
		}
		if len(n.refused) > 0 {
			b.refused[name] = n.refused
		}
	}
	slices.SortStableFunc(b.standing, func(x, y standing) int {
		return cmp.Or(cmp.Compare(x.SinceMS, y.SinceMS), strings.Compare(x.node, y.node), cmp.Compare(x.Slot, y.Slot), strings.Compare(x.ID, y.ID))
	})
	b.staleLocked(Kiosk, Desk)
}
