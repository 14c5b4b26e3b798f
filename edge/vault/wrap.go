package vault

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"fmt"

	"pitlane/edge/tlog"
)

// MaxParcel is how many keys are wrapped together.
const MaxParcel = 64

// Keys travel by HPKE (RFC 9180, base mode): DHKEM(X25519), HKDF-SHA256,
// AES-256-GCM. They are wrapped to the receiving key of the other node, which lives
// in its memory only and is made anew at each start and each erasure: traffic that
// was written down opens with nothing that is on a disk. The node's Ed25519 key
// vouches for both ends.
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

func newReceiver() (hpke.PrivateKey, error) {
	k, err := kem().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make a receiving key: %w", err)
	}
	return k, nil
}

const (
	receiverHead = "pl-receiver/v1\n"
	parcelHead   = "pl-parcel/v1\n"
)

func receiverText(node string, key []byte) []byte {
	return append([]byte(receiverHead+node+"\n"), key...)
}

func parcelText(from, to string, box []byte) []byte {
	return append([]byte(parcelHead+from+"\n"+to+"\n"), box...)
}

// wrapped is one key in a parcel.
type wrapped struct {
	Maker  string `json:"m"`
	Job    string `json:"j"`
	Class  string `json:"c"`
	Secret []byte `json:"k"`
}

// Receiver is this node's receiving key with this node's signature: to be told to
// all others.
func (v *Vault) Receiver() (public, sig []byte) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	public = v.receiver.PublicKey().Bytes()
	return public, ed25519.Sign(v.opt.Key, receiverText(v.opt.Node, public))
}

// Missing are the keys that boxes have named and that are not here, each with the
// node that wrote the box.
func (v *Vault) Missing() map[tlog.KeyID]string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := make(map[tlog.KeyID]string, len(v.missing))
	for id, m := range v.missing {
		out[id] = tlog.NodeOf(m.origin)
	}
	return out
}

// Made are the keys that this node has made since a position (-1: none, only the
// position), and the position to ask from next.
func (v *Vault) Made(from int) ([]tlog.KeyID, int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if from < 0 {
		return nil, len(v.made)
	}
	return append([]tlog.KeyID(nil), v.made[min(from, len(v.made)):]...), len(v.made)
}

// Wrap wraps those of the named keys that are here and that the node may have, at
// most MaxParcel, to its receiving key. A nil box without an error: there is
// nothing to give. ErrForeign: the receiving key is not that of a node of the shop.
func (v *Vault) Wrap(to string, public, sig []byte, ids []tlog.KeyID) (box, boxSig []byte, err error) {
	n, ok := v.opt.Roster.Node(to)
	if !ok || !ed25519.Verify(n.Key, receiverText(to, public), sig) {
		return nil, nil, ErrForeign
	}
	pk, err := kem().NewPublicKey(public)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	var list []wrapped
	v.mu.RLock()
	for _, id := range ids {
		if k := v.keys[id]; k != nil && entitled(n.Role, k.class) && len(list) < MaxParcel {
			list = append(list, wrapped{k.maker, k.job, k.class.String(), bytes.Clone(k.secret[:])})
		}
	}
	v.mu.RUnlock()
	if len(list) == 0 {
		return nil, nil, nil
	}
	plain, err := json.Marshal(list)
	if err != nil {
		return nil, nil, fmt.Errorf("wrap keys: %w", err)
	}
	box, err = hpke.Seal(pk, hpke.HKDFSHA256(), hpke.AES256GCM(), parcelText(v.opt.Node, to, nil), plain)
	clear(plain)
	if err != nil {
		return nil, nil, fmt.Errorf("wrap keys: %w", err)
	}
	return box, ed25519.Sign(v.opt.Key, parcelText(v.opt.Node, to, box)), nil
}

// Unwrap takes keys that a node sends. Kept are those that this node may have, that
// are not erased, and that it misses or that the sender made; they are on disk when
// Unwrap returns. ErrForeign: the sender is not of the shop, or it is not meant for
// this node (or for this node before its last start). ErrErased: a key of erased
// data was offered; the others are kept.
func (v *Vault) Unwrap(from string, box, sig []byte) error {
	list, err := v.openParcel(from, box, sig)
	if err != nil {
		return err
	}
	v.file.Lock()
	defer v.file.Unlock()
	var fresh []*key
	var rs []record
	refused := error(nil)
	for _, w := range list {
		k := &key{scope: scope{w.Maker, w.Job, classOf(w.Class)}, at: v.opt.Now().UnixMilli()}
		copy(k.secret[:], w.Secret)
		keep, err := v.wants(k, from)
		refused = errors.Join(refused, err)
		if keep {
			fresh, rs = append(fresh, k), append(rs, recordOf(k))
		}
	}
	if len(fresh) == 0 {
		return refused
	}
	if err := v.book.append(rs...); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, k := range fresh {
		v.insert(k)
		v.turned = append(v.turned, k.job)
	}
	v.wakeLocked()
	return refused
}

func (v *Vault) openParcel(from string, box, sig []byte) ([]wrapped, error) {
	n, ok := v.opt.Roster.Node(from)
	if !ok || from == v.opt.Node || !ed25519.Verify(n.Key, parcelText(from, v.opt.Node, box), sig) {
		return nil, ErrForeign
	}
	v.mu.RLock()
	receiver := v.receiver
	v.mu.RUnlock()
	plain, err := hpke.Open(receiver, hpke.HKDFSHA256(), hpke.AES256GCM(), parcelText(from, v.opt.Node, nil), box)
	if err != nil {
		return nil, fmt.Errorf("%w: it does not open", ErrForeign)
	}
	var list []wrapped
	if err := json.Unmarshal(plain, &list); err != nil || len(list) > MaxParcel {
		return nil, fmt.Errorf("%w: it holds no keys", ErrForeign)
	}
	for _, w := range list {
		if len(w.Secret) != 32 || !tlog.ValidNode(w.Maker) || len(w.Job) > 64 || classOf(w.Class) == 0 {
			return nil, fmt.Errorf("%w: it holds no keys", ErrForeign)
		}
	}
	return list, nil
}

// wants says whether an offered key is kept.
func (v *Vault) wants(k *key, from string) (bool, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	id := k.id()
	_, missed := v.missing[id]
	switch {
	case v.isErased(k.job, k.class):
		return false, ErrErased
	case v.keys[id] != nil, !entitled(v.role, k.class):
		return false, nil
	case k.maker == v.opt.Node:
		return missed, nil // its own, given back after a loss
	default:
		return missed || k.maker == from, nil
	}
}
