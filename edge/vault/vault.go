package vault

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"pitlane/edge/tlog"
)

// Options says where a vault lies and whose it is.
type Options struct {
	// Dir is the node's folder: keys.db, and the wrapping key in Dir/keys.
	Dir string
	// Node is the node's name; its role on the roster says what it may open.
	Node string
	// Key signs what this node says about keys.
	Key ed25519.PrivateKey
	// Roster says who may have keys.
	Roster *tlog.Roster
	// Now tells when a key came; nil is the real clock.
	Now func() time.Time
	// Random makes keys; nil is crypto/rand.
	Random io.Reader
	// Log hears what a person must know; nil is silence.
	Log *slog.Logger
	// ReadOnly is for the tools: it opens and never writes.
	ReadOnly bool
}

// Vault is the keys of one node. Its methods may be called from any goroutine.
type Vault struct {
	opt  Options
	role string
	lock *os.File

	file sync.Mutex // held while the file changes; before mu
	book *book
	lost int // records of it that could not be read when it was opened

	mu       sync.RWMutex
	keys     map[tlog.KeyID]*key
	own      map[scope]tlog.KeyID // what this node seals under
	made     []tlog.KeyID         // by this node, in this run
	missing  map[tlog.KeyID]missed
	erased   map[scope][]Erasure // scope without a maker → its orders
	orders   map[order]bool
	list     []Erasure                    // every order, as they came
	kept     int                          // how many of list are on disk
	sum      Sum                          // of list
	done     map[string]mark              // origin → erasures carried out up to here
	same     map[string]bool              // origins whose mark was seen to be of this log
	heard    map[string]map[string]uint64 // node → the same, as it says
	said     map[string]map[string]uint64 // node → its newest word, in this run
	turned   []string                     // jobs whose keys came or went, in this run
	closed   map[string]Closed            // by job, of those whose entries are dropped
	receiver hpke.PrivateKey
	search   []byte
	wakers   map[chan struct{}]bool
	ciphers  ciphers
}

// missed is a key that a box named and that is not here.
type missed struct {
	origin, job string
	class       tlog.Class
}

const maxMissing = 1 << 17

var (
	_ tlog.Sealer = (*Vault)(nil)

	// ErrErased says that the data of this job is erased; its keys are not taken in again.
	ErrErased = errors.New("the data of this job is erased")
	// ErrForeign says that what was sent is not from a node of the shop, or not for this one.
	ErrForeign = errors.New("keys from nobody of this shop, or not for this node")
	// ErrLocked says that another process has the vault.
	ErrLocked = errors.New("the vault is in use by another process: stop it first")
	// ErrReadOnly says that the vault is open to look only.
	ErrReadOnly = errors.New("the vault is open for reading only")
)

// Open opens or begins the vault of a node. A keys.db that cannot be read is set
// aside with an alarm in the log: the other nodes give the keys again.
func Open(o Options) (*Vault, error) {
	n, ok := o.Roster.Node(o.Node)
	if !ok {
		return nil, fmt.Errorf("open the vault of %s: the node is not on the roster", o.Node)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Vault{
		opt: o, role: n.Role, keys: map[tlog.KeyID]*key{}, own: map[scope]tlog.KeyID{},
		missing: map[tlog.KeyID]missed{}, erased: map[scope][]Erasure{}, orders: map[order]bool{},
		done: map[string]mark{}, same: map[string]bool{},
		heard: map[string]map[string]uint64{}, said: map[string]map[string]uint64{}, wakers: map[chan struct{}]bool{},
		closed: map[string]Closed{},
	}
	lock, err := lockKeys(o)
	if err != nil {
		return nil, fmt.Errorf("open the vault of %s: %w", o.Node, err)
	}
	v.lock = lock
	if err := v.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the vault of %s: %w", o.Node, err), unlock(lock))
	}
	return v, nil
}

// Lost is how many records of keys.db could not be read when it was opened; -1: all.
func (v *Vault) Lost() int { return v.lost }

func (v *Vault) open() error {
	o := v.opt
	book, rs, lost, err := openBook(o.Dir, o.Random, o.ReadOnly)
	if err != nil {
		return err
	}
	v.book, v.lost = book, lost
	for _, r := range rs {
		v.load(r)
	}
	if lost != 0 && !o.ReadOnly {
		o.Log.Error("keys cannot be read: payloads stay closed until other nodes give their keys again", "records", lost)
	}
	if lost > 0 && !o.ReadOnly {
		if err := book.rewrite(v.records()); err != nil {
			return errors.Join(err, book.close())
		}
	}
	if v.receiver, err = newReceiver(); err != nil {
		return errors.Join(err, book.close())
	}
	return nil
}

// Close closes the file and forgets the keys.
func (v *Vault) Close() error {
	v.file.Lock()
	defer v.file.Unlock()
	if v.book.f == nil {
		return nil
	}
	err := errors.Join(v.book.close(), unlock(v.lock))
	v.book.f, v.book.bad = nil, errors.New("the vault is closed")
	return err
}

// load takes a record of the file.
func (v *Vault) load(r record) {
	class := classOf(r.Class)
	switch r.T {
	case "key":
		k := &key{scope: scope{r.Node, r.Job, class}, at: r.At}
		if class == 0 || copy(k.secret[:], r.Secret) != len(k.secret) {
			return
		}
		v.insert(k)
	case "erased":
		v.entomb(Erasure{Job: r.Job, Class: class, Origin: r.Origin, Seq: r.Seq, At: r.At})
		v.kept = len(v.list)
	case "upto":
		m := mark{size: r.Seq}
		copy(m.hash[:], r.Secret)
		v.done[r.Origin] = m
	case "heard":
		v.hear(r.Node, r.Origin, r.Seq)
	case "search":
		v.search = r.Secret
	case "closed":
		v.closed[r.Job] = Closed{Job: r.Job, Opener: r.Node, At: r.At}
	}
}

func (v *Vault) insert(k *key) {
	id := k.id()
	v.keys[id] = k
	delete(v.missing, id)
	if k.maker == v.opt.Node {
		v.own[k.scope] = id
	}
}

func (v *Vault) entomb(e Erasure) {
	if o := orderOf(e); !v.orders[o] {
		v.orders[o] = true
		s := scope{"", e.Job, e.Class}
		v.erased[s] = append(v.erased[s], e)
		v.list = append(v.list, e)
		v.sum.add(o)
	}
}

func (v *Vault) hear(node, origin string, upto uint64) {
	if v.heard[node] == nil {
		v.heard[node] = map[string]uint64{}
	}
	v.heard[node][origin] = upto
}

// records is everything as it is written; the order is not of consequence.
func (v *Vault) records() []record {
	var rs []record
	for _, k := range v.keys {
		rs = append(rs, recordOf(k))
	}
	for _, e := range v.list {
		rs = append(rs, record{T: "erased", Job: e.Job, Class: e.Class.String(), Origin: e.Origin, Seq: e.Seq, At: e.At})
	}
	for origin, m := range v.done {
		rs = append(rs, recordOfMark(origin, m))
	}
	for node, of := range v.heard {
		for origin, seq := range of {
			rs = append(rs, record{T: "heard", Node: node, Origin: origin, Seq: seq})
		}
	}
	for _, c := range v.closed {
		rs = append(rs, recordOfClosed(c))
	}
	if v.search != nil {
		rs = append(rs, record{T: "search", Secret: v.search})
	}
	return rs
}

func recordOf(k *key) record {
	return record{T: "key", Node: k.maker, Job: k.job, Class: k.class.String(), Secret: k.secret[:], At: k.at}
}

func classOf(name string) tlog.Class {
	for _, c := range []tlog.Class{tlog.Work, tlog.Contact, tlog.Column} {
		if name == c.String() {
			return c
		}
	}
	return 0
}

// Ready implements tlog.Sealer. It writes once for each class of a job.
func (v *Vault) Ready(job string, class tlog.Class) error {
	if v.settled(job, class) {
		return nil
	}
	v.file.Lock()
	defer v.file.Unlock()
	if v.settled(job, class) {
		return nil
	}
	if v.opt.ReadOnly {
		return ErrReadOnly
	}
	k := &key{scope: scope{v.opt.Node, job, class}, at: v.opt.Now().UnixMilli()}
	if _, err := io.ReadFull(v.opt.Random, k.secret[:]); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if err := v.book.append(recordOf(k)); err != nil {
		return err
	}
	v.mu.Lock()
	v.insert(k)
	if class != tlog.Column {
		v.made = append(v.made, k.id())
	}
	v.wakeLocked()
	v.mu.Unlock()
	return nil
}

// settled says whether nothing is to be made: there is a key, or never will be.
func (v *Vault) settled(job string, class tlog.Class) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, have := v.own[scope{v.opt.Node, job, class}]
	return have || v.isErased(job, class)
}

// isErased says whether a class of a job is erased; the lock is held.
func (v *Vault) isErased(job string, class tlog.Class) bool {
	if class == tlog.Column {
		class = tlog.Work
	}
	_, yes := v.erased[scope{"", job, class}]
	return yes
}

// Seal implements tlog.Sealer.
func (v *Vault) Seal(at tlog.Place, o *tlog.Opening) (*tlog.Sealed, error) {
	id, a, err := v.sealer(at)
	if err != nil || a == nil {
		return nil, err
	}
	box := make([]byte, nonceLen, nonceLen+saltLen+len(o.Payload)+a.Overhead())
	if _, err := io.ReadFull(v.opt.Random, box); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	plain := append(append(box, o.Salt[:]...), o.Payload...)[nonceLen:] // sealed where it stands
	return &tlog.Sealed{Key: id, Box: a.Seal(box, box, plain, place(at, id))}, nil
}

// sealer is the key for a place; nil where the job's data is erased.
func (v *Vault) sealer(at tlog.Place) (tlog.KeyID, cipher.AEAD, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	id, have := v.own[scope{v.opt.Node, at.Job, at.Class}]
	if v.isErased(at.Job, at.Class) {
		return id, nil, nil
	}
	if !have {
		return id, nil, fmt.Errorf("seal a %s payload: no key was made ready", at.Class)
	}
	a, err := v.ciphers.get(id, v.keys[id])
	return id, a, err
}

// Open implements tlog.Sealer. A key that this node may have and has not is
// noted as missing.
func (v *Vault) Open(at tlog.Place, s *tlog.Sealed) (*tlog.Opening, error) {
	v.mu.RLock()
	k := v.keys[s.Key]
	_, noted := v.missing[s.Key]
	v.mu.RUnlock()
	if k == nil {
		if !noted {
			v.miss(at, s.Key)
		}
		return nil, tlog.ErrNoKey
	}
	plain, err := unseal(k.secret[:], s.Box, place(at, s.Key))
	if err != nil {
		return nil, err
	}
	if len(plain) < saltLen || k.class != at.Class {
		return nil, errBox
	}
	o := &tlog.Opening{Payload: plain[saltLen:]}
	copy(o.Salt[:], plain)
	return o, nil
}

func (v *Vault) miss(at tlog.Place, id tlog.KeyID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.opt.ReadOnly || !entitled(v.role, at.Class) || v.isErased(at.Job, at.Class) || len(v.missing) >= maxMissing {
		return
	}
	v.missing[id] = missed{at.Origin, at.Job, at.Class}
	v.wakeLocked()
}

// Wake gives a channel that receives after keys came, went or were missed. It is a
// hint, never data.
func (v *Vault) Wake() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wakers[c] = true
	return c, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.wakers, c)
	}
}

func (v *Vault) wakeLocked() {
	for c := range v.wakers {
		select {
		case c <- struct{}{}:
		default: // it has a wake waiting already
		}
	}
}

// Turned gives the jobs whose payloads became readable or unreadable here since a
// position (0: since the vault was opened), and the position to ask from next.
func (v *Vault) Turned(from int) (jobs []string, next int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	from = min(max(from, 0), len(v.turned))
	return append([]string(nil), v.turned[from:]...), len(v.turned)
}
