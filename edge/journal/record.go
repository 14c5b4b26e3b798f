package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"pitlane/edge/tlog"
)

// A record is what lies in a segment file under (origin, seq): the tree hashes
// that the leaf completes, the leaf's exact bytes, the openings.
//
//	1 byte    number of hashes, then 32 bytes each
//	2 bytes   length of the leaf, then the leaf
//	1 byte    openings: 1 work, 2 contact, both in clear; 4 work, 8 contact, sealed
//	each:     in clear: 32 bytes salt, 2 bytes length, payload
//	          sealed: 16 bytes key id, 2 bytes length, box
//	4 bytes   where something is sealed: CRC-32C from the openings byte on, so that
//	          damage is seen without the key
//
// Lengths are big-endian.
type record struct {
	hashes        []Hash
	leaf          []byte
	work, contact *Opening

	sealedWork, sealedContact *tlog.Sealed
}

const (
	hasWork          = 1
	hasContact       = 2
	hasSealedWork    = 4
	hasSealedContact = 8
	hasSealed        = hasSealedWork | hasSealedContact
)

var errRecord = errors.New("not a record")

func (r record) encode() []byte { return r.append(nil) }

// append appends the record to b.
func (r record) append(b []byte) []byte {
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
	for _, s := range []struct {
		flag byte
		*tlog.Sealed
	}{{hasSealedWork, r.sealedWork}, {hasSealedContact, r.sealedContact}} {
		if s.Sealed != nil {
			flags |= s.flag
			n += 22 + len(s.Box)
		}
	}
	b = append(slices.Grow(b, n), byte(len(r.hashes)))
	for _, h := range r.hashes {
		b = append(b, h[:]...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.leaf)))
	b = append(b, r.leaf...)
	from := len(b)
	b = append(b, flags)
	for _, o := range []*Opening{r.work, r.contact} {
		if o != nil {
			b = append(b, o.Salt[:]...)
			b = binary.BigEndian.AppendUint16(b, uint16(len(o.Payload)))
			b = append(b, o.Payload...)
		}
	}
	for _, s := range []*tlog.Sealed{r.sealedWork, r.sealedContact} {
		if s != nil {
			b = append(b, s.Key[:]...)
			b = binary.BigEndian.AppendUint16(b, uint16(len(s.Box)))
			b = append(b, s.Box...)
		}
	}
	if flags&hasSealed != 0 {
		b = binary.BigEndian.AppendUint32(b, crc(b[from:]))
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
	rest := in.b
	flags := in.byte()
	if flags&hasWork != 0 {
		r.work = in.opening()
	}
	if flags&hasContact != 0 {
		r.contact = in.opening()
	}
	if flags&hasSealedWork != 0 {
		r.sealedWork = in.sealed()
	}
	if flags&hasSealedContact != 0 {
		r.sealedContact = in.sealed()
	}
	sum := crc(rest[:len(rest)-len(in.b)])
	if flags&hasSealed != 0 && sum != binary.BigEndian.Uint32(in.take(4)) && !in.short {
		return record{}, fmt.Errorf("%w: its sealed payloads are damaged", errRecord)
	}
	switch {
	case in.short:
		return record{}, fmt.Errorf("%w: it ends early", errRecord)
	case len(in.b) > 0:
		return record{}, fmt.Errorf("%w: %d bytes too many", errRecord, len(in.b))
	case flags > hasWork|hasContact|hasSealed, flags&hasSealed&(flags<<2) != 0:
		return record{}, fmt.Errorf("%w: flags %#x", errRecord, flags)
	}
	return r, nil
}

// entry decodes the leaf and joins the openings to it.
func (r record) entry() (Entry, error) {
	e, err := tlog.DecodeLeaf(r.leaf)
	if err != nil {
		return Entry{}, err
	}
	e.Work, e.Contact = r.work, r.contact
	e.SealedWork, e.SealedContact = r.sealedWork, r.sealedContact
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

func (r *reader) sealed() *tlog.Sealed {
	s := new(tlog.Sealed)
	copy(s.Key[:], r.take(len(s.Key)))
	s.Box = r.take(int(r.uint16()))
	return s
}

func crc(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
