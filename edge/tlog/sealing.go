package tlog

import (
	"errors"
	"fmt"
)

// ScopeOf is the job whose key seals: "", the shop, for what outlives the job's data.
func ScopeOf(job string, outlives bool) string {
	if outlives {
		return ""
	}
	return job
}

// Part is one payload of an entry with where it belongs. Open and Sealed point into
// the entry.
type Part struct {
	Place  Place
	Commit Hash
	Open   **Opening
	Sealed **Sealed
}

// Parts are an entry's two payloads, work and contact.
func (e *Entry) Parts() [2]Part {
	at := Place{Origin: e.Origin, Seq: e.Seq, Job: e.Job}
	work, contact := at, at
	work.Class, contact.Class = Work, Contact
	return [2]Part{
		{work, e.WorkCommit, &e.Work, &e.SealedWork},
		{contact, e.ContactCommit, &e.Contact, &e.SealedContact},
	}
}

// SealEntry seals what is in clear, under the job's key or, where it outlives the job's
// data, the shop's. The payload of erased data is let go.
func SealEntry(keys Sealer, e *Entry, outlives bool) error {
	if keys == nil {
		return nil
	}
	for _, p := range e.Parts() {
		if *p.Open == nil || *p.Sealed != nil {
			continue
		}
		at := p.Place
		at.Job = ScopeOf(e.Job, outlives)
		s, err := keys.Seal(at, *p.Open)
		if err != nil {
			return err
		}
		*p.Sealed = s
	}
	return nil
}

// OpenEntry opens what the keys open of an entry, and holds it against the leaf's
// commitments. A key that is not here is no error; its payload stays nil.
func OpenEntry(keys Sealer, e *Entry) error {
	for _, p := range e.Parts() {
		if *p.Sealed == nil || *p.Open != nil {
			continue
		}
		o, err := keys.Open(p.Place, *p.Sealed)
		if errors.Is(err, ErrNoKey) {
			continue
		}
		if err != nil {
			return fmt.Errorf("the %s payload: %w", p.Place.Class, err)
		}
		if err := CheckOpening(o, p.Commit, p.Place.Class.String()); err != nil {
			return err
		}
		*p.Open = o
	}
	return nil
}
