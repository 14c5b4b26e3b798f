package vault

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// The kinds of events that order an erasure. The job is in the leaf, so that every
// node understands them, whatever it can open.
const (
	KindErased        = "subject.erased"         // work and contact
	KindContactErased = "subject.contact_erased" // contact alone
)

// Erasure is the end of one class of one job's data, and the event that ordered it.
type Erasure struct {
	Job    string
	Class  tlog.Class
	Origin string
	Seq    uint64
	At     int64 // ms since 1970, as the event says
}

// erasuresOf is what an event orders; nothing for any other kind.
func erasuresOf(e tlog.Entry) []Erasure {
	contact := Erasure{e.Job, tlog.Contact, e.Origin, e.Seq, e.WallMS}
	work := contact
	work.Class = tlog.Work
	switch {
	case e.Job == "": // the shop's key is nobody's data
		return nil
	case e.Kind == KindErased:
		return []Erasure{work, contact}
	case e.Kind == KindContactErased:
		return []Erasure{contact}
	default:
		return nil
	}
}

// Erase destroys the keys of what is to be erased, whoever made them, and never
// takes one in again. upto says up to where of each origin erasures are carried out
// with this. When it returns, all of it is on disk, and keys.db is a new file under
// a new wrapping key.
func (v *Vault) Erase(es []Erasure, upto map[string]uint64) error {
	marks := make(map[string]mark, len(upto))
	for origin, n := range upto {
		marks[origin] = mark{size: n}
	}
	return v.erase(es, marks)
}

func (v *Vault) erase(es []Erasure, upto map[string]mark) error {
	v.file.Lock()
	defer v.file.Unlock()
	if v.opt.ReadOnly {
		return ErrReadOnly
	}
	if v.carried(es) {
		return v.advance(upto)
	}
	receiver, err := newReceiver()
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	// In memory first: should the file fail, nothing opens any more all the same, and
	// the next start reads the events again.
	for _, e := range es {
		v.entomb(e)
		v.turned = append(v.turned, e.Job)
	}
	for id, k := range v.keys {
		if v.isErased(k.job, k.class) {
			clear(k.secret[:])
			v.ciphers.forget(id)
			delete(v.keys, id)
			delete(v.own, k.scope)
		}
	}
	held := v.held()
	maps.DeleteFunc(v.closed, func(job string, _ Closed) bool { return !held[job] })
	for id, m := range v.missing {
		if v.isErased(m.job, m.class) {
			delete(v.missing, id)
		}
	}
	for node, done := range v.said { // who was faster has confirmed already
		for _, e := range v.list {
			if done[e.Origin] > max(e.Seq, v.heard[node][e.Origin]) {
				v.hear(node, e.Origin, done[e.Origin])
			}
		}
	}
	v.receiver = receiver
	before := maps.Clone(v.done)
	maps.Copy(v.done, upto)
	v.wakeLocked()
	if err := v.book.rewrite(v.records()); err != nil {
		v.done = before
		return fmt.Errorf("erase keys: %w", err)
	}
	v.kept = len(v.list)
	return nil
}

// carried says whether all of these are carried out and on disk.
func (v *Vault) carried(es []Erasure) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, e := range es {
		if _, there := v.orders[orderOf(e)]; !there {
			return false
		}
	}
	return len(es) == 0 || v.kept == len(v.list)
}

// advance notes that there was nothing to erase up to here. It is written only now
// and then: what is lost of it is read again.
func (v *Vault) advance(upto map[string]mark) error {
	const often = 4096
	var rs []record
	v.mu.Lock()
	moved := false
	for origin, m := range upto {
		was := v.done[origin].size
		moved = moved || m.size != was
		v.done[origin] = m
		if m.size < was || was/often != m.size/often {
			rs = append(rs, recordOfMark(origin, m))
		}
	}
	if moved {
		v.wakeLocked()
	}
	v.mu.Unlock()
	if len(rs) == 0 {
		return nil
	}
	return v.book.append(rs...)
}

// Log is the journal as Follow reads it.
type Log interface {
	Tips() []tlog.Tip
	// Sealed yields the entries of an origin from a number on, without opening them.
	Sealed(ctx context.Context, origin string, from uint64) iter.Seq2[tlog.Entry, error]
	Wake() (<-chan struct{}, func())
}

// Follow carries out the erasures that a journal tells of, until ctx ends: each is
// done within the moment that its event is on this disk. What goes wrong is tried
// again.
func (v *Vault) Follow(ctx context.Context, log Log) error {
	wake, stop := log.Wake()
	defer stop()
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	for {
		if err := v.CatchUp(ctx, log); err != nil && ctx.Err() == nil {
			if errors.Is(err, journal.ErrClosed) {
				return err
			}
			v.opt.Log.Error("an erasure is not carried out yet", "error", err)
		}
		select {
		case <-wake:
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// CatchUp is one round of Follow.
func (v *Vault) CatchUp(ctx context.Context, log Log) error {
	upto := map[string]mark{}
	var es []Erasure
	for _, tip := range log.Tips() {
		from, err := v.lookFrom(ctx, log, tip)
		if err != nil {
			return fmt.Errorf("look for erasures in %s: %w", tip.Origin, err)
		}
		if from >= tip.Size {
			continue
		}
		m := mark{size: tip.Size}
		for e, err := range log.Sealed(ctx, tip.Origin, from) {
			if err != nil {
				return fmt.Errorf("look for erasures in %s: %w", tip.Origin, err)
			}
			es = append(es, erasuresOf(e)...)
			if e.Seq+1 >= tip.Size {
				m = mark{e.Seq + 1, e.Hash}
				break
			}
		}
		upto[tip.Origin] = m
	}
	if len(upto) == 0 {
		return nil
	}
	fresh := !v.carried(es)
	if err := v.erase(es, upto); err != nil {
		return err
	}
	if fresh {
		v.opt.Log.Info("keys erased", "erasures", len(es))
	}
	return nil
}

// lookFrom is where in a log to look on: behind what was looked through, if that is
// still this log. An own log that went on in an older copy of the disk is rewound when
// the copy gives way (edge/journal): what stands there now is looked through anew.
func (v *Vault) lookFrom(ctx context.Context, log Log, tip tlog.Tip) (uint64, error) {
	v.mu.RLock()
	m, same := v.done[tip.Origin], v.same[tip.Origin]
	v.mu.RUnlock()
	if same && m.size <= tip.Size || m.size <= tip.Low {
		return max(m.size, tip.Low), nil
	}
	held := false
	if m.hash != (tlog.Hash{}) && m.size <= tip.Size {
		for e, err := range log.Sealed(ctx, tip.Origin, m.size-1) {
			if err != nil {
				return 0, err
			}
			held = e.Seq == m.size-1 && e.Hash == m.hash
			break
		}
	}
	v.mu.Lock()
	v.same[tip.Origin] = true // a log does not change under a running program
	v.mu.Unlock()
	if held {
		return m.size, nil
	}
	return tip.Low, nil
}

// Confirmation is what this node tells the others: of each origin whose erasures it
// has carried out, the number after the last of them. It changes with erasures only.
func (v *Vault) Confirmation() map[string]uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := map[string]uint64{}
	for _, e := range v.list[:v.kept] {
		out[e.Origin] = max(out[e.Origin], e.Seq+1)
	}
	return out
}

// Done says up to where of each origin this vault has looked for erasures.
func (v *Vault) Done() map[string]uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := make(map[string]uint64, len(v.done))
	for origin, m := range v.done {
		out[origin] = m.size
	}
	return out
}

// Confirmed notes the confirmation of another node. Only what concerns an erasure
// is kept; one that is not carried out here yet is remembered until it is.
func (v *Vault) Confirmed(node string, done map[string]uint64) error {
	if _, ok := v.opt.Roster.Node(node); !ok || node == v.opt.Node {
		return nil
	}
	v.file.Lock()
	defer v.file.Unlock()
	var rs []record
	v.mu.Lock()
	v.said[node] = maps.Clone(done)
	for _, e := range v.list {
		was, now := v.heard[node][e.Origin], done[e.Origin]
		if was <= e.Seq && now > e.Seq {
			v.hear(node, e.Origin, now)
			rs = append(rs, record{T: "heard", Node: node, Origin: e.Origin, Seq: now})
		}
	}
	if len(rs) > 0 {
		v.wakeLocked()
	}
	v.mu.Unlock()
	if len(rs) == 0 || v.opt.ReadOnly {
		return nil
	}
	return v.book.append(rs...)
}

// Unconfirmed is an erasure with the nodes that have not confirmed it.
type Unconfirmed struct {
	Job     string   `json:"job"`
	At      int64    `json:"at"` // ms since 1970
	Missing []string `json:"missing"`
}

// Unconfirmed are the jobs that are erased here and for which a node that may hold
// keys has not said that it erased them too, oldest first.
func (v *Vault) Unconfirmed() []Unconfirmed {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []Unconfirmed
	for _, e := range v.list {
		missing := v.unconfirmed(e)
		if len(missing) == 0 {
			continue
		}
		if i := slices.IndexFunc(out, func(u Unconfirmed) bool { return u.Job == e.Job }); i >= 0 {
			out[i].Missing = slices.Compact(slices.Sorted(slices.Values(append(out[i].Missing, missing...))))
			continue
		}
		out = append(out, Unconfirmed{Job: e.Job, At: e.At, Missing: missing})
	}
	return out
}

// unconfirmed: who has carried out one of several orders has erased.
func (v *Vault) unconfirmed(e Erasure) []string {
	var missing []string
	for _, n := range v.opt.Roster.Nodes {
		if n.Name != v.opt.Node && entitled(n.Role, e.Class) && !v.confirmedAny(n.Name, e) {
			missing = append(missing, n.Name)
		}
	}
	slices.Sort(missing)
	return missing
}

func (v *Vault) confirmedAny(node string, e Erasure) bool {
	return slices.ContainsFunc(v.erased[scope{"", e.Job, e.Class}], func(o Erasure) bool { return v.heard[node][o.Origin] > o.Seq })
}

// Jobs are the jobs with keys, sorted: of whom something is kept. The shop's own key is
// not among them.
func (v *Vault) Jobs() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	held := v.held()
	delete(held, "")
	return slices.Sorted(maps.Keys(held))
}

// Erased says whether a class of a job is erased here.
func (v *Vault) Erased(job string, class tlog.Class) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.isErased(job, class)
}
