package wire

import (
	"bytes"
	"errors"
	"fmt"

	"pitlane/edge/tlog"
)

// appendSealed writes a leaf with its boxes.
func appendSealed(out []byte, e tlog.Entry) ([]byte, error) {
	s := sealed{Work: -1, Contact: -1}
	var work, contact []byte
	if e.SealedWork != nil {
		work = e.SealedWork.Box
		s.Work, s.WorkKey = len(work), e.SealedWork.Key.String()
	}
	if e.SealedContact != nil {
		contact = e.SealedContact.Box
		s.Contact, s.ContactKey = len(contact), e.SealedContact.Key.String()
	}
	if len(work) > tlog.MaxBox || len(contact) > tlog.MaxBox {
		return nil, fmt.Errorf("write leaf %d: box over %d bytes", e.Seq, tlog.MaxBox)
	}
	return appendParts(out, e, s, work, contact)
}

// parseSealed reads the boxes behind a leaf.
func parseSealed(e tlog.Entry, line, rest []byte) (tlog.Entry, []byte, error) {
	var s sealed
	err := strict(line, &s, 512)
	if err == nil {
		err = same(line, s)
	}
	if err == nil {
		e.SealedWork, rest, err = cutBox(rest, s.Work, s.WorkKey)
	}
	if err == nil {
		e.SealedContact, rest, err = cutBox(rest, s.Contact, s.ContactKey)
	}
	if err == nil && (len(rest) == 0 || rest[0] != '\n') {
		err = errors.New("box: no end of line")
	}
	if err != nil {
		return tlog.Entry{}, nil, err
	}
	return e, rest[1:], nil
}

func cutBox(text []byte, size int, key string) (*tlog.Sealed, []byte, error) {
	if size == -1 && key == "" {
		return nil, text, nil
	}
	if size < 0 || size > tlog.MaxBox || size > len(text) {
		return nil, nil, errors.New("box: length out of bounds")
	}
	b := &tlog.Sealed{Box: bytes.Clone(text[:size])}
	if err := b.Key.UnmarshalText([]byte(key)); err != nil {
		return nil, nil, errors.New("box: not a key id")
	}
	return b, text[size:], nil
}
