package job

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Hash is the RFC 6962 leaf hash that names an event everywhere.
type Hash [32]byte

// String is the hash in lower-case hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler (hex).
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler (hex).
func (h *Hash) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(h) || len(b)%2 != 0 {
		return fmt.Errorf("a hash has %d hex digits, this has %d", 2*len(h), len(b))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// Quality says how far the wall clock of an event can be trusted (requirements
// section 3, clock rules): 0 not at all, 1 kept by a battery clock, 2 set by the
// network once in this boot, 3 synchronised now.
type Quality uint8

// Event is one entry of the journal as the fold sees it. The caller (edge/board,
// sync/central) makes it from a journal entry.
type Event struct {
	Kind    string
	Job     string
	Origin  string // <shop>-<node>/<epoch>
	Seq     uint64
	Hash    Hash
	Request [16]byte // id of the wish that caused it; zero where it is not known
	Parents []Hash   // the job's tips of other origins that the author had
	WallMS  int64    // wall clock of the author, ms since 1970, corrected where it can be; display only
	Boot    string   // boot of the author's computer
	BootMS  int64    // and how long it had run, ms
	Quality Quality
	Payload Payload // nil when the kind is unknown or the opening is not held
	Contact *Contact
}

// Payload is the work payload of one event kind.
type Payload interface{ Kind() string }

// Contact is the contact payload: what only reception and central may read.
// Every field is optional.
type Contact struct {
	Name    string          `json:"name,omitempty"`
	Phone   string          `json:"phone,omitempty"`
	Strokes json.RawMessage `json:"strokes,omitempty"` // signature_pad point groups
	Wishes  string          `json:"wishes,omitempty"`  // when and how to be contacted
}
