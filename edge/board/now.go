package board

import (
	"slices"
	"strings"
	"time"
)

// Now is something true only for the moment: it is never journalled. Exactly one
// field is set.
type Now struct {
	Heard      *Heard
	Backlog    *Backlog
	Scanner    *ScannerState
	Scan       *ScanNow
	Clear      *ClearNow
	Live       *LiveState
	Session    *SessionNow
	Cabinet    *DeskCabinet
	Fault      *Fault      // stays until it is cleared
	ClearFault *ClearFault // ends the fault of that kind
	PeerBay    *PeerBay
	Beat       *Beat   // a node's heartbeat, for wishes
	Call       *Call   // a customer at the kiosk asks for a person
	Answered   *string // the id of a call that somebody has gone to
}

// Heard says when a node was last heard from, or that it is gone.
type Heard struct {
	Node   string
	At     time.Time
	Online bool
}

// Backlog is how many events of this edge a node does not hold yet.
type Backlog struct {
	Node string
	N    uint64
}

// ScanNow is the progress of a scan that runs.
type ScanNow struct {
	Job   string
	State ScanState
}

// SessionNow is what is under way at this kiosk; a nil Session ends it.
type SessionNow struct{ Session *KioskSession }

// ClearFault ends the fault of a kind.
type ClearFault struct{ Kind string }

// PeerBay says which bay a node has.
type PeerBay struct {
	Node string
	Bay  string
}

// Beat is a node's heartbeat: the boot it is in, and how far that is in its own words.
type Beat struct {
	Node string
	Boot string
	MS   int64 // since the boot began
}

// beat takes a heartbeat. Of two in one boot that came over two links the later one counts.
func (m *moment) beat(n Beat) {
	if old := m.beats[n.Node]; old.Boot == n.Boot && old.MS >= n.MS {
		return
	}
	m.beats[n.Node] = n
}

// Beat is the newest heartbeat of a node that was told; false when none was.
func (b *Board) Beat(node string) (Beat, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.moment.beats[node]
	return n, ok && n.Boot != ""
}

// moment is what Tell last said.
type moment struct {
	heard   map[string]time.Time
	online  map[string]bool
	backlog map[string]uint64
	bays    map[string]string // node → bay
	beats   map[string]Beat
	scanner ScannerState
	scan    *ScanNow
	clear   *ClearNow
	live    *LiveState
	session *KioskSession
	cabinet DeskCabinet
	faults  []Fault // by kind
	calls   []Call  // oldest first
}

func newMoment(cfg Config) moment {
	m := moment{
		heard: map[string]time.Time{}, online: map[string]bool{}, backlog: map[string]uint64{}, bays: map[string]string{}, beats: map[string]Beat{},
		scanner: ScannerState{State: "none"}, cabinet: DeskCabinet{State: "none"},
	}
	for _, n := range cfg.Nodes {
		if n.Bay != "" {
			m.bays[n.Node] = n.Bay
		}
	}
	if cfg.Bay != "" {
		m.bays[cfg.Node] = cfg.Bay
	}
	return m
}

// Tell takes what is true for the moment. It does not block, and what it is given
// must not be changed afterwards.
func (b *Board) Tell(n Now) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := &b.moment
	switch {
	case n.Heard != nil:
		b.hear(*n.Heard)
	case n.Backlog != nil:
		m.backlog[n.Backlog.Node] = n.Backlog.N
		b.staleLocked(Desk)
	case n.Scanner != nil:
		m.scanner = *n.Scanner
		b.staleLocked(Bay)
	case n.Scan != nil:
		scan := *n.Scan
		m.scan = &scan
		b.staleLocked(Bay)
	case n.Live != nil:
		m.live = copied(n.Live)
		b.staleLocked(Live)
	case n.Clear != nil:
		m.clear = copied(n.Clear)
		b.staleLocked(Bay)
	case n.Session != nil:
		m.session = copied(n.Session.Session)
		b.staleLocked(Kiosk)
	case n.Cabinet != nil:
		m.cabinet = *n.Cabinet
		b.staleLocked(Kiosk, Desk)
	case n.Fault != nil:
		m.setFault(*n.Fault)
		b.staleLocked(Kiosk, Waiting, Bay, Desk)
	case n.ClearFault != nil:
		m.dropFault(n.ClearFault.Kind)
		b.staleLocked(Kiosk, Waiting, Bay, Desk)
	case n.PeerBay != nil:
		m.bays[n.PeerBay.Node] = n.PeerBay.Bay
		b.staleLocked(Desk)
	case n.Beat != nil:
		m.beat(*n.Beat)
	case n.Call != nil:
		m.call(*n.Call)
		b.staleLocked(Desk)
	case n.Answered != nil:
		m.calls = slices.DeleteFunc(slices.Clone(m.calls), func(c Call) bool { return c.ID == *n.Answered })
		b.staleLocked(Desk)
	}
}

// maxCalls bounds what an impatient hand at the kiosk can pile up.
const maxCalls = 20

// call adds a call once, replacing the list, since views hold the old one.
func (m *moment) call(c Call) {
	if slices.ContainsFunc(m.calls, func(o Call) bool { return o.ID == c.ID }) || len(m.calls) >= maxCalls {
		return
	}
	m.calls = append(slices.Clone(m.calls), c)
}

// hear notes a sign of life. Being told by a will that a node is gone is not one,
// and neither does an older one make a node older.
func (b *Board) hear(h Heard) {
	m := &b.moment
	if h.Online && h.At.After(m.heard[h.Node]) {
		m.heard[h.Node] = h.At
	}
	if m.online[h.Node] != h.Online {
		m.online[h.Node] = h.Online
		b.staleLocked(Desk)
	}
}

// setFault replaces the list, since views hold the old one.
func (m *moment) setFault(f Fault) {
	m.dropFault(f.Kind)
	m.faults = append(m.faults, f)
	slices.SortFunc(m.faults, func(a, b Fault) int { return strings.Compare(a.Kind, b.Kind) })
}

func (m *moment) dropFault(kind string) {
	m.faults = slices.DeleteFunc(slices.Clone(m.faults), func(f Fault) bool { return f.Kind == kind })
}

func (m *moment) hasFault(kind string) bool {
	return slices.ContainsFunc(m.faults, func(f Fault) bool { return f.Kind == kind })
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
