package job

import "errors"

// What a caller does differently about a payload.
var (
	// ErrUnknownKind: a newer node wrote it. Keep it, forward it, fold it without payload.
	ErrUnknownKind = errors.New("this kind of event is not known here")
	// ErrOutOfRange: a field is longer, larger or smaller than its kind allows.
	ErrOutOfRange = errors.New("a field is out of range")
)

// MaxPayload is the most bytes a payload may have: what one opening of the
// journal holds.
const MaxPayload = 24 << 10

// Encode is the JSON of a payload, checked as Decode checks it and also for the
// fields that may not be empty.
func Encode(p Payload) ([]byte, error) { return nil, errors.New("not yet") }

// Decode reads the work payload of an event. Unknown fields are tolerated, an
// unknown kind is ErrUnknownKind.
func Decode(kind string, work []byte) (Payload, error) { return nil, ErrUnknownKind }

// EncodeContact is the JSON of a contact payload.
func EncodeContact(c Contact) ([]byte, error) { return nil, errors.New("not yet") }

// DecodeContact reads a contact payload.
func DecodeContact(b []byte) (*Contact, error) { return nil, errors.New("not yet") }

// PackReport packs the JSON of a scan report for ScanCompleted.Report.
func PackReport(report []byte) ([]byte, error) { return nil, errors.New("not yet") }

// UnpackReport reverses PackReport; a report that inflates beyond 1 MiB is refused.
func UnpackReport(packed []byte) ([]byte, error) { return nil, errors.New("not yet") }
