package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A record is what lies in a segment file under (origin, seq): the tree hashes
// that the leaf completes, the leaf's exact bytes, the openings.
//
//	1 byte    number of hashes, then 32 bytes each
//	2 bytes   length of the leaf, then the leaf
//	1 byte    openings: 1 work, 2 contact, 3 both
//	each:     32 bytes salt, 2 bytes length, payload
//
// Lengths are big-endian.
type record struct {
	hashes        []Hash
	leaf          []byte
	work, contact *Opening
}

const (
	hasWork    = 1
	hasContact = 2
)

var errRecord = errors.New("not a record")

func (r record) encode() []byte {
	n := 4 + len(r.hashes)*len(Hash{}) + len(r.leaf)
	flags := byte(0)
	if r.work != nil {
		flags |= hasWork
		n += 34 + len(r.work.Payload)
	}
	if r.contact != nil {
		flags |= hasContact
		n += 34 + len(r.contact.Payload)
	}
	b := append(make([]byte, 0, n), byte(len(r.hashes)))
	for _, h := range r.hashes {
		b = append(b, h[:]...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.leaf)))
	b = append(b, r.leaf...)
	b = append(b, flags)
	for _, o := range []*Opening{r.work, r.contact} {
		if o != nil {
			b = append(b, o.Salt[:]...)
			b = binary.BigEndian.AppendUint16(b, uint16(len(o.Payload)))
			b = append(b, o.Payload...)
		}
	}
	return b
}

// decodeRecord reads a record strictly. What it returns points into b.
func decodeRecord(b []byte) (record, error) {
	r, in := record{}, reader{b: b}
	for range in.byte() {
		var h Hash
		copy(h[:], in.take(len(h)))
		r.hashes = append(r.hashes, h)
	}
	r.leaf = in.take(int(in.uint16()))
	flags := in.byte()
	if flags&hasWork != 0 {
		r.work = in.opening()
	}
	if flags&hasContact != 0 {
		r.contact = in.opening()
	}
	switch {
	case in.short:
		return record{}, fmt.Errorf("%w: it ends early", errRecord)
	case len(in.b) > 0:
		return record{}, fmt.Errorf("%w: %d bytes too many", errRecord, len(in.b))
	case flags > hasWork|hasContact:
		return record{}, fmt.Errorf("%w: flags %#x", errRecord, flags)
	}
	return r, nil
}

// entry decodes the leaf and joins the openings to it.
func (r record) entry() (Entry, error) {
	e, err := DecodeLeaf(r.leaf)
	if err != nil {
		return Entry{}, err
	}
	e.Work, e.Contact = r.work, r.contact
	return e, nil
}

// reader takes bytes from the front; after the end it gives zeros and says short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.short, r.b = true, nil
		return make([]byte, n)
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte     { return r.take(1)[0] }
func (r *reader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }

func (r *reader) opening() *Opening {
	o := new(Opening)
	copy(o.Salt[:], r.take(len(o.Salt)))
	o.Payload = r.take(int(r.uint16()))
	return o
}
