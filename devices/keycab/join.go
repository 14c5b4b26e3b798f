package keycab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pitlane/devices"
)

// Joined is one cabinet whose boards hang on several lines, and its tag readers. Its
// slots count on over the lines in their order. It passes for a Cabinet: a snapshot
// first, then changes, tags and warnings.
type Joined struct {
	name    string
	lines   []*Cabinet
	readers []*Reader
	clock   func() time.Duration
	turn    chan struct{} // held while a solenoid may be driven, on any line
}

var _ devices.Device = (*Joined)(nil)

// Join makes one cabinet; a nil clock counts from now. It needs a line of locks.
func Join(name string, lines []*Cabinet, readers []*Reader, clock func() time.Duration) (*Joined, error) {
	j := &Joined{name: name, lines: lines, readers: readers, clock: clock, turn: make(chan struct{}, 1)}
	if len(lines) == 0 {
		return nil, errors.New("a cabinet needs a line with lock boards")
	}
	for _, r := range readers {
		if n := r.opts.Slot; n > j.Slots() {
			return nil, fmt.Errorf("reader %s sits in slot %d: the cabinet has %d", r.Name(), n, j.Slots())
		}
	}
	if clock == nil {
		j.clock = sinceNow()
	}
	return j, nil
}

// Name implements devices.Device.
func (j *Joined) Name() string { return j.name }

// Slots is how many slots there are, over all lines.
func (j *Joined) Slots() int {
	n := 0
	for _, l := range j.lines {
		n += l.Slots()
	}
	return n
}

// Unlock is Cabinet.Unlock over all lines: one solenoid at a time, whatever line it
// is on.
func (j *Joined) Unlock(ctx context.Context, slot int) (Outcome, error) {
	left := slot
	for _, l := range j.lines {
		if left < 1 || left > l.Slots() {
			left -= l.Slots()
			continue
		}
		select {
		case j.turn <- struct{}{}:
		case <-ctx.Done():
			return Failed, fmt.Errorf("wait for the other lines: %w", ctx.Err())
		}
		o, err := l.Unlock(ctx, left)
		rest := pulseTime
		if o == Failed && err != nil {
			rest = 0 // nothing was sent
		}
		time.AfterFunc(rest, func() { <-j.turn })
		return o, err
	}
	return Failed, fault("wrong_usage", fmt.Sprintf("there is no slot %d", slot),
		fmt.Sprintf("this cabinet has slots 1 to %d", j.Slots()), nil)
}

// Run runs all lines and readers until ctx ends.
func (j *Joined) Run(ctx context.Context, emit func(devices.Reading)) error {
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	said := make(chan part)
	run := func(n int, d devices.Device) {
		parts.Go(func() {
			_ = d.Run(ctx, func(r devices.Reading) { // they end with ctx and return nil
				select {
				case said <- part{n, r.Value}:
				case <-ctx.Done():
				}
			})
		})
	}
	for i, l := range j.lines {
		run(i, l)
	}
	for i, r := range j.readers {
		run(len(j.lines)+i, r)
	}
	defer parts.Wait()
	defer stop()
	w := newWhole(j.lines, j.readers)
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-said:
			for _, v := range w.take(p) {
				emit(devices.Reading{Device: j.name, At: j.clock(), Value: v})
			}
		}
	}
}

// part is what one line or reader has said.
type part struct {
	n     int // lines first, then readers
	value any
}

// whole is what is known of all lines and readers together. It is pure.
type whole struct {
	lines   []lineNow
	readers []readerNow
	told    bool   // the last word was a snapshot of a cabinet that is there
	last    []Slot // as last told
	held    []any  // warnings from before it
}

type lineNow struct {
	heard, online bool
	first         int // slots before it
	slots         []Slot
}

type readerNow struct {
	slot   int
	gone   bool // it notices when a tag is taken
	online bool
	tags   []Tag
}

func newWhole(lines []*Cabinet, readers []*Reader) *whole {
	w := &whole{}
	first := 0
	for _, l := range lines {
		w.lines = append(w.lines, lineNow{first: first, slots: unknownSlots(l.Slots())})
		first += l.Slots()
	}
	for _, r := range readers {
		w.readers = append(w.readers, readerNow{slot: r.opts.Slot, gone: r.TellsGone()})
	}
	w.last = w.view()
	return w
}

func unknownSlots(n int) []Slot {
	out := make([]Slot, n)
	for i := range out {
		out[i] = Slot{Number: i + 1, Hook: HookUnknown, Key: KeyUnknown}
	}
	return out
}

// take takes what one part said and returns what that means for the whole.
func (w *whole) take(p part) []any {
	if p.n >= len(w.lines) {
		return w.takeReader(&w.readers[p.n-len(w.lines)], p.value)
	}
	l := &w.lines[p.n]
	switch v := p.value.(type) {
	case Snapshot:
		return w.takeLine(l, v)
	case Change:
		l.slots[v.Slot.Number-1] = v.Slot
		return w.news(nil)
	case Warning:
		if v.Slot > 0 {
			v.Slot += l.first
		}
		return w.news([]any{v})
	}
	return nil
}

func (w *whole) takeLine(l *lineNow, s Snapshot) []any {
	was := l.online
	l.heard, l.online, l.slots = true, s.Online, slices.Clone(s.Slots)
	if s.Online {
		return w.snapshot()
	}
	l.slots = unknownSlots(len(s.Slots))
	online := slices.ContainsFunc(w.lines, func(l lineNow) bool { return l.online })
	switch {
	case !online && slices.ContainsFunc(w.lines, func(l lineNow) bool { return !l.heard }):
		return nil // the others have not said anything yet
	case !online:
		w.told = false
		return []any{Snapshot{Why: s.Why, Fault: s.Fault, Slots: clone(w.last)}}
	case was || !w.told:
		out := w.snapshotUnlessTold()
		return append(out, w.news([]any{Warning{Slot: l.first + 1, Kind: WarnBoardSilent}})...)
	}
	return nil
}

func (w *whole) takeReader(r *readerNow, value any) []any {
	switch v := value.(type) {
	case Snapshot:
		was := r.online
		r.online, r.tags = v.Online, slices.Clone(v.Tags)
		if v.Online && w.told {
			return w.snapshot() // nobody saw what lies there come
		}
		if was && !v.Online {
			return w.news([]any{Warning{Slot: r.slot, Kind: WarnReaderLost}})
		}
		return w.news(nil)
	case Tag:
		r.tags = slices.DeleteFunc(r.tags, func(t Tag) bool { return t.ID == v.ID })
		if v.Action == TagSeen && r.gone {
			r.tags = append(r.tags, v)
		}
		if !w.told {
			return nil
		}
		return w.news([]any{v})
	}
	return nil
}

// snapshot is the whole state, once every line has said something.
func (w *whole) snapshot() []any {
	if slices.ContainsFunc(w.lines, func(l lineNow) bool { return !l.heard }) {
		return nil
	}
	w.told, w.last = true, w.view()
	s := Snapshot{Online: true, Slots: clone(w.last)}
	for _, r := range w.readers {
		s.Tags = append(s.Tags, r.tags...)
	}
	out := append([]any{s}, w.held...)
	w.held = nil
	return out
}

func (w *whole) snapshotUnlessTold() []any {
	if w.told {
		return nil
	}
	return w.snapshot()
}

// news is what is passed on, and the slots that are another than last told. Before
// the snapshot warnings are held back and slots are in it anyway.
func (w *whole) news(out []any) []any {
	if !w.told {
		w.held = append(w.held, out...)
		return nil
	}
	for i, s := range w.view() {
		if s != w.last[i] {
			w.last[i] = s
			out = append(out, Change{Slot: s})
		}
	}
	return out
}

// view is every slot. Where no sensor tells of a key, a reader in the slot that
// notices when its tag is taken does.
func (w *whole) view() []Slot {
	var out []Slot
	for _, l := range w.lines {
		for _, s := range l.slots {
			s.Number += l.first
			out = append(out, s)
		}
	}
	for _, r := range w.readers {
		if r.slot == 0 || !r.gone {
			continue
		}
		out[r.slot-1].Unfelt = false
		if !r.online || out[r.slot-1].Key != KeyUnknown {
			continue
		}
		if out[r.slot-1].Key = KeyAbsent; len(r.tags) > 0 {
			out[r.slot-1].Key = KeyPresent
		}
	}
	return out
}
