package wire

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pitlane/edge/tlog"
)

// Limits of the messages about keys.
const (
	MaxAsked  = 64       // keys in one ask, and in one parcel
	maxKey    = 64       // bytes of a receiving key
	maxSig    = 64       // bytes of a signature
	maxParcel = 24 << 10 // bytes of a wrapped parcel
)

// Receiver is a node's receiving key with the node's signature. Whether it is the
// node's, who has the roster decides.
type Receiver struct {
	Key []byte `json:"key"`
	Sig []byte `json:"sig"`
}

// KeyAsk asks one node for keys, wrapped to the asker's receiving key.
type KeyAsk struct {
	Receiver
	IDs []tlog.KeyID `json:"ids"`
}

// Parcel is keys wrapped for one node. An empty one says "none of these".
type Parcel struct {
	Box []byte `json:"box"`
	Sig []byte `json:"sig"`
}

// asked and given are the forms on the wire; the name tells them from other
// messages to one node.
type asked struct {
	Ask KeyAsk `json:"ask"`
}

type given struct {
	Keys Parcel `json:"keys"`
}

// Encode gives the bytes of the message.
func (r Receiver) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// DecodeReceiver reads a Receiver. Only bytes that Encode gives are accepted.
func DecodeReceiver(b []byte) (Receiver, error) {
	var r Receiver
	if err := strict(b, &r, maxState); err != nil {
		return Receiver{}, err
	}
	if err := r.check(); err != nil {
		return Receiver{}, err
	}
	return r, same(b, r)
}

func (r Receiver) check() error {
	if len(r.Key) == 0 || len(r.Key) > maxKey || len(r.Sig) == 0 || len(r.Sig) > maxSig {
		return fmt.Errorf("%w: not a receiving key", ErrMessage)
	}
	return nil
}

// Encode gives the bytes of the message.
func (k KeyAsk) Encode() ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	return json.Marshal(asked{k})
}

// DecodeKeyAsk reads a KeyAsk. Only bytes that Encode gives are accepted.
func DecodeKeyAsk(b []byte) (KeyAsk, error) {
	var k asked
	if err := strict(b, &k, MaxMessage); err != nil {
		return KeyAsk{}, err
	}
	if err := k.Ask.check(); err != nil {
		return KeyAsk{}, err
	}
	return k.Ask, same(b, k)
}

func (k KeyAsk) check() error {
	if len(k.IDs) == 0 || len(k.IDs) > MaxAsked {
		return fmt.Errorf("%w: %d keys asked for, at most %d", ErrMessage, len(k.IDs), MaxAsked)
	}
	return k.Receiver.check()
}

// Encode gives the bytes of the message.
func (p Parcel) Encode() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return json.Marshal(given{p})
}

// DecodeParcel reads a Parcel. Only bytes that Encode gives are accepted.
func DecodeParcel(b []byte) (Parcel, error) {
	var g given
	if err := strict(b, &g, MaxMessage); err != nil {
		return Parcel{}, err
	}
	if err := g.Keys.check(); err != nil {
		return Parcel{}, err
	}
	return g.Keys, same(b, g)
}

func (p Parcel) check() error {
	if len(p.Box) > maxParcel || len(p.Sig) > maxSig || (p.Box == nil) != (p.Sig == nil) {
		return fmt.Errorf("%w: parcel out of bounds", ErrMessage)
	}
	return nil
}

// IsAsk and IsParcel tell the JSON messages to one node apart; what is neither is
// a Want, or nothing.
func IsAsk(b []byte) bool { return bytes.HasPrefix(b, []byte(`{"ask":`)) }

// IsParcel is said at IsAsk.
func IsParcel(b []byte) bool { return bytes.HasPrefix(b, []byte(`{"keys":`)) }
