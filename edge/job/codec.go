package job

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What a caller does differently about a payload.
var (
	// ErrUnknownKind: a newer node wrote it. Keep it, forward it, fold it without payload.
	ErrUnknownKind = errors.New("this kind of event is not known here")
	// ErrOutOfRange: a field is longer, larger or smaller than its kind allows.
	ErrOutOfRange = errors.New("out of range")
	// ErrEmpty: a field that may not be empty is.
	ErrEmpty = errors.New("may not be empty")
)

// MaxPayload is the most bytes a payload may have: what one opening of the
// journal holds.
const MaxPayload = 24 << 10

// MaxReport is the most bytes a scan report may have unpacked.
const MaxReport = 1 << 20

// Encode is the JSON of a payload, checked as Decode checks it and also for the
// fields that may not be empty.
func Encode(p Payload) ([]byte, error) {
	if p == nil {
		return nil, fmt.Errorf("encode a payload: %w", ErrEmpty)
	}
	if err := check(p, true); err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.Kind(), err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", p.Kind(), err)
	}
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("encode %s: %d bytes: %w", p.Kind(), len(b), ErrOutOfRange)
	}
	return b, nil
}

// Decode reads the work payload of an event. Unknown fields are tolerated, since a
// newer node may add some; an unknown kind is ErrUnknownKind. It asks for no field
// that Encode asks for, so that an event of a looser time still tells what it can.
func Decode(kind string, work []byte) (Payload, error) {
	if len(work) > MaxPayload {
		return nil, fmt.Errorf("decode %s: %d bytes: %w", kind, len(work), ErrOutOfRange)
	}
	into := decoder(kind)
	if into == nil {
		return nil, fmt.Errorf("decode %q: %w", kind, ErrUnknownKind)
	}
	p, err := into(work)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	if err := check(p, false); err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return p, nil
}

// as decodes one kind.
func as[T Payload](work []byte) (Payload, error) {
	var p T
	if err := json.Unmarshal(work, &p); err != nil {
		return nil, jsonError(err)
	}
	return p, nil
}

// jsonError says what was wrong without quoting the bytes: they may be personal.
func jsonError(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q has the wrong type", t.Field)
	}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d", s.Offset)
	}
	return errors.New("not the JSON of this kind")
}

// EncodeContact is the JSON of a contact payload.
func EncodeContact(c Contact) ([]byte, error) {
	if err := checkContact(c); err != nil {
		return nil, fmt.Errorf("encode a contact: %w", err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, errors.New("encode a contact: the strokes are not JSON")
	}
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("encode a contact: %d bytes: %w", len(b), ErrOutOfRange)
	}
	return b, nil
}

// DecodeContact reads a contact payload.
func DecodeContact(b []byte) (*Contact, error) {
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("decode a contact: %d bytes: %w", len(b), ErrOutOfRange)
	}
	var c Contact
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("decode a contact: %w", jsonError(err))
	}
	if err := checkContact(c); err != nil {
		return nil, fmt.Errorf("decode a contact: %w", err)
	}
	return &c, nil
}

// PackReport packs the JSON of a scan report for ScanCompleted.Report.
func PackReport(report []byte) ([]byte, error) {
	if len(report) > MaxReport {
		return nil, fmt.Errorf("pack a report of %d bytes: %w", len(report), ErrOutOfRange)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack a report: %w", err)
	}
	if _, err := z.Write(report); err != nil {
		return nil, fmt.Errorf("pack a report: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack a report: %w", err)
	}
	return b.Bytes(), nil
}

// UnpackReport reverses PackReport; a report that inflates beyond MaxReport is refused.
func UnpackReport(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack a report: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(z, MaxReport+1))
	if err != nil {
		return nil, fmt.Errorf("unpack a report: %w", err)
	}
	if len(b) > MaxReport {
		return nil, fmt.Errorf("unpack a report: %w", ErrOutOfRange)
	}
	return b, nil
}
