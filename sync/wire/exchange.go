package wire

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"pitlane/edge/tlog"
)

// Giver is the side of a vault that gives keys (edge/vault). Its methods may be
// called from any goroutine.
type Giver interface {
	// Receiver is this node's receiving key now, signed.
	Receiver() (public, sig []byte)
	// Made are the keys this node has made since a position, and the next position;
	// -1 asks for the position alone.
	Made(from int) ([]tlog.KeyID, int)
	// Wrap wraps what a node may have of the named keys; a nil box is nothing. An
	// error: the receiving key is nobody's of the shop.
	Wrap(to string, public, sig []byte, ids []tlog.KeyID) (box, boxSig []byte, err error)
}

// Taker is the side of a vault that takes keys.
type Taker interface {
	// Missing are the keys that are needed here, each with the node that used it.
	Missing() map[tlog.KeyID]string
	// Unwrap takes a parcel. An error says what was not kept, and why.
	Unwrap(from string, box, sig []byte) error
}

// Vault is both, and tells of erasures.
type Vault interface {
	Giver
	Taker
	Graves
}

// Outgoing is a message to one node.
type Outgoing struct {
	To      string
	Payload []byte
}

const (
	restLeast = time.Second // after nobody had a key
	restMost  = time.Minute
)

// Exchange decides who is sent which keys and who is asked for them, and learns which
// data the others have erased, over one
// connection. It is pure but for the vault: time comes in by argument. It belongs to
// one goroutine.
//
// A new key goes at once to every node whose receiving key is known. What is missing
// is asked for: of the node that used it, then of each other one, one ask under way
// with each; who gives nothing for patience is passed over, and when all have been
// asked in vain there is a rest that doubles up to a minute.
type Exchange struct {
	vault    Vault
	patience time.Duration
	peers    map[string]Receiver // by node, as told on this connection
	gone     map[string]bool
	made     int
	told     []byte // the receiving key as last announced
	wishes   map[tlog.KeyID]*keyWish
	busy     map[string]time.Time // node → when it was asked
	tombs    mourner
}

// keyWish is one missing key.
type keyWish struct {
	since  time.Time // not asked for before
	holder string    // whom it was asked of; "" for nobody now
	tried  map[string]bool
	rest   time.Duration
}

// NewExchange begins anew, as with each connection: nothing is known of anybody.
func NewExchange(v Vault, patience time.Duration) *Exchange {
	_, made := v.Made(-1)
	return &Exchange{vault: v, patience: patience, peers: map[string]Receiver{}, gone: map[string]bool{}, made: made,
		wishes: map[tlog.KeyID]*keyWish{}, busy: map[string]time.Time{},
		tombs: mourner{peers: map[string]*grave{}}}
}

// Announce gives the announcement of this node's receiving key when it is to be
// told: first, and whenever it has changed.
func (x *Exchange) Announce() ([]byte, error) {
	public, sig := x.vault.Receiver()
	if bytes.Equal(public, x.told) {
		return nil, nil
	}
	b, err := Receiver{Key: public, Sig: sig}.Encode()
	if err == nil {
		x.told = public
	}
	return b, err
}

// Heard notes an announcement.
func (x *Exchange) Heard(node string, payload []byte) error {
	r, err := DecodeReceiver(payload)
	if err != nil {
		return err
	}
	x.peers[node] = r
	return nil
}

// Gone notes that a node is offline; Back, that it is not.
func (x *Exchange) Gone(node string) { x.gone[node] = true }

// Back is said at Gone.
func (x *Exchange) Back(node string) { delete(x.gone, node) }

// Asked answers an ask.
func (x *Exchange) Asked(from string, payload []byte) (Outgoing, error) {
	k, err := DecodeKeyAsk(payload)
	if err != nil {
		return Outgoing{}, err
	}
	return x.parcel(from, k.Receiver, k.IDs)
}

func (x *Exchange) parcel(to string, r Receiver, ids []tlog.KeyID) (Outgoing, error) {
	box, sig, err := x.vault.Wrap(to, r.Key, r.Sig, ids)
	if err != nil {
		return Outgoing{}, err
	}
	b, err := Parcel{Box: box, Sig: sig}.Encode()
	return Outgoing{To: to, Payload: b}, err
}

// Given takes a parcel.
func (x *Exchange) Given(from string, payload []byte) error {
	p, err := DecodeParcel(payload)
	if err != nil {
		return err
	}
	if p.Box != nil {
		err = x.vault.Unwrap(from, p.Box, p.Sig)
	}
	if _, asked := x.busy[from]; !asked {
		return err
	}
	// Answered: what it was asked for and is still missing, it has not.
	delete(x.busy, from)
	missing := x.vault.Missing()
	for id, w := range x.wishes {
		if w.holder != from {
			continue
		}
		if _, still := missing[id]; still {
			w.tried[from], w.holder = true, ""
		} else {
			delete(x.wishes, id)
		}
	}
	return err
}

// Due gives the messages to send now. An error concerns one receiver's key and the
// messages are to be sent all the same.
func (x *Exchange) Due(now time.Time) ([]Outgoing, error) {
	out, err := x.pushes()
	asks, askErr := x.asks(now)
	if err == nil {
		err = askErr
	}
	tombs, tombErr := x.tombAsks(now)
	if err == nil {
		err = tombErr
	}
	return append(append(out, asks...), tombs...), err
}

// pushes are the keys that this node has just made, for everybody who is there.
func (x *Exchange) pushes() (out []Outgoing, err error) {
	ids, next := x.vault.Made(x.made)
	x.made = next
	for chunk := range slices.Chunk(ids, MaxAsked) {
		for _, node := range slices.Sorted(maps.Keys(x.peers)) {
			if x.gone[node] {
				continue
			}
			o, perr := x.parcel(node, x.peers[node], chunk)
			if perr != nil {
				err = perr
				delete(x.peers, node)
				continue
			}
			out = append(out, o)
		}
	}
	return out, err
}

// asks are the wishes that are due, at most one message to each node.
func (x *Exchange) asks(now time.Time) ([]Outgoing, error) {
	missing := x.vault.Missing()
	maps.DeleteFunc(x.wishes, func(id tlog.KeyID, _ *keyWish) bool { _, still := missing[id]; return !still })
	x.expire(now)
	batch := map[string][]tlog.KeyID{}
	for id, maker := range missing {
		w := x.wishes[id]
		if w == nil {
			w = &keyWish{since: now.Add(grace), tried: map[string]bool{}, rest: restLeast}
			x.wishes[id] = w
		}
		if w.holder != "" || now.Before(w.since) {
			continue
		}
		holder, all := x.choose(maker, w.tried)
		if all {
			clear(w.tried)
			w.since, w.rest = now.Add(w.rest), min(2*w.rest, restMost)
		}
		if _, busy := x.busy[holder]; holder != "" && !busy && len(batch[holder]) < MaxAsked {
			batch[holder] = append(batch[holder], id)
			w.holder = holder
		}
	}
	var out []Outgoing
	for _, holder := range slices.Sorted(maps.Keys(batch)) {
		public, sig := x.vault.Receiver()
		b, err := KeyAsk{Receiver: Receiver{Key: public, Sig: sig}, IDs: batch[holder]}.Encode()
		if err != nil {
			return out, err
		}
		x.busy[holder] = now
		out = append(out, Outgoing{To: holder, Payload: b})
	}
	return out, nil
}

// expire passes over those who did not answer, and those who are gone.
func (x *Exchange) expire(now time.Time) {
	for holder, since := range x.busy {
		if now.Sub(since) < x.patience && !x.gone[holder] {
			continue
		}
		delete(x.busy, holder)
		for _, w := range x.wishes {
			if w.holder == holder {
				w.tried[holder], w.holder = true, ""
			}
		}
	}
}

// choose picks whom to ask: the node that used the key, else the lowest name that
// is there and was not tried; all says that there is nobody left.
func (x *Exchange) choose(maker string, tried map[string]bool) (holder string, all bool) {
	can := func(node string) bool {
		_, known := x.peers[node]
		return known && !tried[node] && !x.gone[node]
	}
	if can(maker) {
		return maker, false
	}
	for _, node := range slices.Sorted(maps.Keys(x.peers)) {
		if can(node) {
			return node, false
		}
	}
	return "", true
}
