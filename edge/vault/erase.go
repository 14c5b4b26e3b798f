package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
	v.file.Lock()
	defer v.file.Unlock()
	if v.opt.ReadOnly {
		return ErrReadOnly
	}
	if len(es) == 0 {
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
	for origin, n := range upto {
		v.done[origin] = max(v.done[origin], n)
	}
	v.wakeLocked()
	if err := v.book.rewrite(v.records()); err != nil {
		v.done = before
		return fmt.Errorf("erase keys: %w", err)
	}
	return nil
}

// advance notes that there was nothing to erase up to here. It is written only now
// and then: what is lost of it is read again.
func (v *Vault) advance(upto map[string]uint64) error {
	const often = 4096
	var rs []record
	v.mu.Lock()
	moved := false
	for origin, n := range upto {
		was := v.done[origin]
		moved = moved || n > was
		v.done[origin] = max(was, n)
		if was/often != n/often {
			rs = append(rs, record{T: "upto", Origin: origin, Seq: n})
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
	upto := map[string]uint64{}
	var es []Erasure
	done := v.Done()
	for _, tip := range log.Tips() {
		from := max(done[tip.Origin], tip.Low)
		if from >= tip.Size {
			continue
		}
		for e, err := range log.Sealed(ctx, tip.Origin, from) {
			if err != nil {
				return fmt.Errorf("look for erasures in %s: %w", tip.Origin, err)
			}
			es = append(es, erasuresOf(e)...)
			if e.Seq+1 >= tip.Size {
				break
			}
		}
		upto[tip.Origin] = tip.Size
	}
	if len(upto) == 0 {
		return nil
	}
	if err := v.Erase(es, upto); err != nil {
		return err
	}
	if len(es) > 0 {
		v.opt.Log.Info("keys erased", "erasures", len(es))
	}
	return nil
}

// Confirmation is what this node tells the others: of each origin whose erasures it
// has carried out, the number after the last of them. It changes with erasures only.
func (v *Vault) Confirmation() map[string]uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := map[string]uint64{}
	for _, e := range v.list {
		if e.Seq < v.done[e.Origin] {
			out[e.Origin] = max(out[e.Origin], e.Seq+1)
		}
	}
	return out
}

// Done says up to where of each origin this vault has looked for erasures.
func (v *Vault) Done() map[string]uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return maps.Clone(v.done)
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

func (v *Vault) unconfirmed(e Erasure) []string {
	var missing []string
	for _, n := range v.opt.Roster.Nodes {
		if n.Name != v.opt.Node && entitled(n.Role, e.Class) && v.heard[n.Name][e.Origin] <= e.Seq {
			missing = append(missing, n.Name)
		}
	}
	slices.Sort(missing)
	return missing
}

// Jobs are the jobs with keys that came here before a time, sorted: what may be kept
// long enough. The shop's own key is not among them.
func (v *Vault) Jobs(before time.Time) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var jobs []string
	for _, k := range v.keys {
		if k.job != "" && k.at < before.UnixMilli() {
			jobs = append(jobs, k.job)
		}
	}
	slices.Sort(jobs)
	return slices.Compact(jobs)
}

// Erased says whether a class of a job is erased here.
func (v *Vault) Erased(job string, class tlog.Class) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.isErased(job, class)
}

// Search is the keyed HMAC of a word that is looked up and must not lie in clear:
// a plate, a VIN, a phone number in its bare form. The key is this vault's own and
// goes nowhere. "" stays "".
func (v *Vault) Search(kind, word string) (string, error) {
	if word == "" {
		return "", nil
	}
	k, err := v.searchKey()
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, k)
	_, _ = fmt.Fprintf(m, "pl-search/v1\n%s\n%s", kind, word)
	return hex.EncodeToString(m.Sum(nil)[:16]), nil
}

func (v *Vault) searchKey() ([]byte, error) {
	v.mu.RLock()
	k := v.search
	v.mu.RUnlock()
	if k != nil {
		return k, nil
	}
	v.file.Lock()
	defer v.file.Unlock()
	if v.search != nil {
		return v.search, nil
	}
	k = make([]byte, 32)
	if _, err := io.ReadFull(v.opt.Random, k); err != nil {
		return nil, fmt.Errorf("draw a search key: %w", err)
	}
	if err := v.book.append(record{T: "search", Secret: k}); err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.search = k
	v.mu.Unlock()
	return k, nil
}
