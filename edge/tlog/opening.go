package tlog

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

const payloadHead = "pl-payload/v1\n"

// Commit is the commitment to the opening:
// HMAC-SHA256(salt, "pl-payload/v1\n" ‖ payload).
func (o *Opening) Commit() Hash {
	m := hmac.New(sha256.New, o.Salt[:])
	m.Write([]byte(payloadHead))
	m.Write(o.Payload)
	return Hash(m.Sum(nil))
}

// NewOpening salts a payload. A nil payload has no opening.
func NewOpening(payload []byte) (*Opening, error) {
	if payload == nil {
		return nil, nil
	}
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("%w: a payload of %d bytes, at most %d", ErrTooLarge, len(payload), MaxPayload)
	}
	if !json.Valid(payload) {
		return nil, errors.New("the payload is not JSON")
	}
	o := &Opening{Payload: append([]byte(nil), payload...)}
	if _, err := rand.Read(o.Salt[:]); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	return o, nil
}

// CheckOpening holds an opening against its commitment. No opening is right: it
// may not be held here, or be erased.
func CheckOpening(o *Opening, commit Hash, which string) error {
	if o == nil {
		return nil
	}
	if commit == (Hash{}) {
		return fmt.Errorf("a %s payload that the leaf does not commit to", which)
	}
	if len(o.Payload) > MaxPayload {
		return fmt.Errorf("a %s payload of %d bytes, at most %d", which, len(o.Payload), MaxPayload)
	}
	if got := o.Commit(); !hmac.Equal(got[:], commit[:]) {
		return fmt.Errorf("the %s payload does not fit its commitment", which)
	}
	return nil
}

// checkBox holds of a sealed opening what needs no key.
func checkBox(s *Sealed, commit Hash, which string) error {
	switch {
	case s == nil:
		return nil
	case commit == (Hash{}):
		return fmt.Errorf("a sealed %s payload that the leaf does not commit to", which)
	case len(s.Box) > MaxBox:
		return fmt.Errorf("a sealed %s payload of %d bytes, at most %d", which, len(s.Box), MaxBox)
	default:
		return nil
	}
}

// CheckOpenings holds both openings of an entry against its commitments.
func (e *Entry) CheckOpenings() error {
	if err := checkBox(e.SealedWork, e.WorkCommit, "work"); err != nil {
		return err
	}
	if err := checkBox(e.SealedContact, e.ContactCommit, "contact"); err != nil {
		return err
	}
	if err := CheckOpening(e.Work, e.WorkCommit, "work"); err != nil {
		return err
	}
	return CheckOpening(e.Contact, e.ContactCommit, "contact")
}
