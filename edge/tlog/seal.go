package tlog

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// Class is who may know a payload: work is for all nodes of the shop, contact for
// reception and head office.
type Class uint8

// The classes of payloads. Column is none of an event: what a node's own database
// keeps of a job; its keys go nowhere and end with the job's work.
const (
	Work Class = iota + 1
	Contact
	Column
)

// String is the class's name: work, contact.
func (c Class) String() string {
	switch c {
	case Work:
		return "work"
	case Contact:
		return "contact"
	case Column:
		return "column"
	default:
		return "none"
	}
}

// KeyID names the key under which an opening is sealed, without saying anything
// about the key.
type KeyID [16]byte

// String is the id in lower-case hex, 32 digits.
func (k KeyID) String() string { return hex.EncodeToString(k[:]) }

// MarshalText implements encoding.TextMarshaler (hex).
func (k KeyID) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler (lower-case hex).
func (k *KeyID) UnmarshalText(b []byte) error {
	if len(b) != 2*len(k) {
		return fmt.Errorf("a key id has %d hex digits, this has %d", 2*len(k), len(b))
	}
	if _, err := hex.Decode(k[:], b); err != nil {
		return fmt.Errorf("read a key id: %w", err)
	}
	if k.String() != string(b) {
		return errors.New("a key id is in lower-case hex")
	}
	return nil
}

// Sealed is an opening under a key: what is stored and sent of it.
type Sealed struct {
	Key KeyID
	Box []byte // nonce ‖ ciphertext ‖ tag
}

// Place is where an opening belongs. A box that is put elsewhere does not open.
type Place struct {
	Origin string
	Seq    uint64
	// Job is whose key seals; "" is the shop's.
	Job   string
	Class Class
}

// Sealer keeps the keys (edge/vault). Its methods may be called from any
// goroutine.
type Sealer interface {
	// Ready makes sure that there is a key for the class of a job, on disk, before
	// anything is sealed under it. Called by whoever appends or adopts, before the
	// event has its number; it may write.
	Ready(job string, class Class) error
	// Seal seals an opening under the key that Ready made. Called by the writer's
	// goroutine, once a payload. Nil without an error: the job's data is erased, and
	// what is still written about it keeps no payload.
	Seal(at Place, o *Opening) (*Sealed, error)
	// Open opens a box. ErrNoKey: the key is not here, not yet or no longer. Any
	// other error is a box that its key does not open in this place.
	Open(at Place, s *Sealed) (*Opening, error)
}

// ErrNoKey says that a sealed payload's key is not here.
var ErrNoKey = errors.New("the key of this payload is not here")

// MaxBox is how long a box may be: the largest payload with its salt, nonce and
// tag.
const MaxBox = MaxPayload + 32 + 12 + 16
