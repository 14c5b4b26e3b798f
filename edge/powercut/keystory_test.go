//go:build !race

package powercut

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// What is told of customers in these lives, and must lie in clear nowhere.
const (
	toldOfWork    = "Werkstattgeheimnis"
	toldOfContact = "Kundengeheimnis"
)

// told is what a vault has acknowledged. A scope is a job and a class, with a blank.
type told struct {
	Ordered map[string]bool   // scopes whose end was asked for, carried out or not
	Erased  map[string]bool   // scopes whose end was acknowledged
	Given   map[string]bool   // ids of the peer's keys that were taken
	Word    string            // what a search word became
	Columns map[string][]byte // job → a sealed column
	Closed  map[string]int64  // job → when something last moved in it
	Local   []byte            // sealed for the node itself before any erasure
	Drawn   [][]byte          // every secret that was made
	Gone    int               // so many of them may lie on the disk no more, not even wrapping keys
}

func newTold() told {
	return told{Ordered: map[string]bool{}, Erased: map[string]bool{}, Given: map[string]bool{},
		Columns: map[string][]byte{}, Closed: map[string]int64{}}
}

func (t told) clone() told {
	t.Ordered, t.Erased, t.Given = maps.Clone(t.Ordered), maps.Clone(t.Erased), maps.Clone(t.Given)
	t.Columns, t.Closed, t.Drawn = maps.Clone(t.Columns), maps.Clone(t.Closed), slices.Clone(t.Drawn)
	return t
}

func scopeOf(job string, c tlog.Class) string { return job + " " + c.String() }

// chance makes secrets and remembers them.
type chance struct {
	mu sync.Mutex
	a  *acked
}

// Read implements io.Reader.
func (c *chance) Read(b []byte) (int, error) {
	n, err := rand.Read(b)
	if len(b) == 32 { // a key; nonces are no secret
		c.mu.Lock()
		defer c.mu.Unlock()
		c.a.keys.Drawn = append(c.a.keys.Drawn, bytes.Clone(b))
	}
	return n, err
}

// keyed is the story of a journal with keys, and its peer, who has some too.
type keyed struct {
	pieces []journal.Segment
	peer   *vault.Vault
	has    map[tlog.KeyID]string // what the peer can give → scope
	tombs  [][]byte              // what the peer has erased, and its signature
	signed [][]byte
}

// reception gives a node of these stories both classes of keys.
func reception(dir, node string) (vault.Options, journal.Options) {
	o := options(dir, node)
	for i := range o.Roster.Nodes {
		o.Roster.Nodes[i].Role = "reception"
	}
	return vault.Options{Dir: dir, Node: node, Key: o.Key, Roster: o.Roster}, o
}

// tellOfKeys makes the peer, or finds it as it was made.
func tellOfKeys(t testing.TB, dir string) story {
	t.Helper()
	at := filepath.Join(dir, "peer")
	vo, jo := reception(at, desk)
	v, err := vault.Open(vo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	jo.Keys = v
	k := &keyed{peer: v, has: map[tlog.KeyID]string{}}
	if k.pieces, err = piecesOf(t.Context(), jo, 30, private); err != nil {
		t.Fatal(err)
	}
	end := []vault.Erasure{{Job: "job-4", Class: tlog.Contact, Origin: k.pieces[0].Origin, Seq: 3}}
	if err := v.Erase(end, nil); err != nil {
		t.Fatal(err)
	}
	page, sig, err := v.TombsFrom(0)
	if err != nil {
		t.Fatal(err)
	}
	k.tombs, k.signed = [][]byte{page}, [][]byte{sig}
	for _, p := range k.parts() {
		if _, err := v.Open(p.Place, *p.Sealed); err == nil {
			k.has[(*p.Sealed).Key] = scopeOf(p.Place.Job, p.Place.Class)
		}
	}
	return story{live: k.live, look: k.look, hold: k.hold}
}

// parts are the sealed payloads of the peer's log.
func (k *keyed) parts() (all []tlog.Part) {
	for _, s := range k.pieces {
		all = append(all, sealedOf(s)...)
	}
	return all
}

func sealedOf(s journal.Segment) (all []tlog.Part) {
	for i := range s.Entries {
		for _, p := range s.Entries[i].Parts() {
			if *p.Sealed != nil {
				all = append(all, p)
			}
		}
	}
	return all
}

// private is the n-th wish of a writer that says something of a customer.
func private(writer, n int) journal.Draft {
	d := wish(writer, n)
	d.Job = jobOf(n, n%5)
	d.Work = fmt.Appendf(nil, `{"n":%d,"say":%q,"fill":%q}`, n, toldOfWork, strings.Repeat("x", n*37%300))
	d.Contact = fmt.Appendf(nil, `{"n":%d,"say":%q}`, n, toldOfContact)
	return d
}

// jobOf is the i-th job of the two days in which n is: those of the days before are erased.
func jobOf(n, i int) string { return fmt.Sprint("job-", n/200*5+i) }

// order is a wish to erase; why outlives what it erases.
func order(n int, kind, job string) journal.Draft {
	return journal.Draft{Kind: kind, Job: job, Request: request(1, n), Outlives: true,
		Work: fmt.Appendf(nil, `{"n":%d,"why":%q}`, n, toldOfWork)}
}

// open starts a node with its vault.
func (k *keyed) open(ctx context.Context, dir string, a *acked) (*vault.Vault, *journal.Journal, error) {
	vo, jo := reception(dir, bay)
	vo.Random = &chance{a: a}
	v, err := vault.Open(vo)
	if err != nil {
		return nil, nil, err
	}
	jo.Keys = v
	j, err := journal.Open(ctx, jo)
	if err != nil {
		return nil, nil, errors.Join(err, v.Close())
	}
	return v, j, nil
}

// live is life with keys: what is said of customers is sealed, the peer's keys come, data
// is erased by events and as the peer tells, and what a vault keeps besides is kept.
func (k *keyed) live(ctx context.Context, dir string, a *acked) {
	for range 2 {
		day := a.begin()
		v, j, err := k.open(ctx, dir, a)
		if err != nil {
			continue
		}
		for i := range 12 {
			n := day*100 + i
			if es, err := j.Append(ctx, private(0, n)); err == nil {
				a.ack(request(0, n), es[0].Seq)
			}
			if i%3 == 2 {
				k.take(ctx, v, j, a)
			}
			k.errand(ctx, v, j, n, a)
		}
		a.gone = uint64(11 + 11*day)
		a.say()
		trim(ctx, j, a)
		_, _ = j.Close(), v.Close() // what they could not write they say; the next start looks
	}
}

// take takes the next of the peer's log, and the keys that it names.
func (k *keyed) take(ctx context.Context, v *vault.Vault, j *journal.Journal, a *acked) {
	at := slices.IndexFunc(k.pieces, func(s journal.Segment) bool { return s.First == a.peer })
	if at < 0 || j.Adopt(ctx, k.pieces[at]) != nil {
		return
	}
	a.took(k.pieces[at])
	var ids []tlog.KeyID
	for _, p := range sealedOf(k.pieces[at]) {
		if id := (*p.Sealed).Key; k.has[id] != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if err := k.give(v, ids); err == nil || errors.Is(err, vault.ErrErased) {
		for _, id := range ids {
			a.keys.Given[id.String()] = true
		}
		a.say()
	}
}

// give carries keys from the peer.
func (k *keyed) give(v *vault.Vault, ids []tlog.KeyID) error {
	public, sig := v.Receiver()
	box, boxSig, err := k.peer.Wrap(bay, public, sig, ids)
	if err != nil || box == nil {
		return err
	}
	return v.Unwrap(desk, box, boxSig)
}

// errand is what a vault is asked between two events.
func (k *keyed) errand(ctx context.Context, v *vault.Vault, j *journal.Journal, n int, a *acked) {
	var err error
	switch n % 200 {
	case 1:
		if len(a.keys.Ordered) > 0 {
			return
		}
		a.keys.Local, _ = v.SealLocal("board", []byte(toldOfWork)) // nil where it could not
	case 4:
		k.erase(ctx, v, j, n, vault.KindErased, jobOf(n, 1), a)
	case 5:
		a.keys.Columns[jobOf(n, 2)], _ = v.SealColumn(jobOf(n, 2), "notes", []byte(toldOfWork)) // nil where it could not
	case 6:
		a.keys.Word, _ = v.Search("plate", toldOfWork) // "" where it could not
	case 7:
		err = v.KeepClosed([]vault.Closed{{Job: jobOf(n, 0), Opener: desk, At: int64(n)}})
		if _, kept := v.Closed(jobOf(n, 0)); kept && err == nil { // it is of jobs with keys
			a.keys.Closed[jobOf(n, 0)] = int64(n)
		}
	case 103:
		k.erase(ctx, v, j, n, vault.KindContactErased, jobOf(n, 3), a)
	case 106:
		k.ended(a, func() error { return v.Bury(desk, k.tombs, k.signed) }, scopeOf("job-4", tlog.Contact))
	case 109:
		k.erase(ctx, v, j, n, vault.KindErased, jobOf(n, 2), a)
	default:
		return
	}
	if err == nil {
		a.say()
	}
}

// erase orders an erasure and sees it carried out.
func (k *keyed) erase(ctx context.Context, v *vault.Vault, j *journal.Journal, n int, kind, job string, a *acked) {
	scopes := []string{scopeOf(job, tlog.Contact)}
	if kind == vault.KindErased {
		scopes = append(scopes, scopeOf(job, tlog.Work))
	}
	k.ended(a, func() error {
		es, err := j.Append(ctx, order(n, kind, job))
		if err != nil {
			return err
		}
		a.ack(request(1, n), es[0].Seq)
		return v.CatchUp(ctx, j)
	}, scopes...)
}

// ended notes that scopes may be erased, has it done, and notes that they are. Where a new
// wrapping key was made for it, every secret from before has left the disk.
func (k *keyed) ended(a *acked, do func() error, scopes ...string) {
	for _, s := range scopes {
		a.keys.Ordered[s] = true
	}
	a.say()
	before := len(a.keys.Drawn)
	if do() != nil {
		return
	}
	for _, s := range scopes {
		a.keys.Erased[s] = true
	}
	if len(a.keys.Drawn) > before {
		a.keys.Gone = len(a.keys.Drawn) - 1
	}
	a.say()
}
