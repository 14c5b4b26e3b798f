package tlog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Hash is an RFC 6962 leaf or node hash.
type Hash [sha256.Size]byte

// String is the hash in lower-case hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler (hex).
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler (hex).
func (h *Hash) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(h) {
		return fmt.Errorf("a hash has %d hex digits, this has %d", 2*len(h), len(b))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// RequestID names one wish of one person or device. The same id twice returns the
// first entry. Appending several drafts in one call, each has its own id.
type RequestID [16]byte

// Opening is a payload and the salt of its commitment.
type Opening struct {
	Payload []byte
	Salt    [32]byte
}

// Entry is one stored event. Leaf holds the exact bytes; the other fields of the
// leaf are decoded from it.
type Entry struct {
	Origin  string // <shop>-<node>/<epoch>
	Seq     uint64
	Boot    string // boot id
	BootMS  int64  // boottime, ms
	WallMS  int64
	Quality uint8
	Kind    string
	Job     string
	Parents []Hash
	Request RequestID
	// WorkCommit and ContactCommit are the commitments to the payloads, zero when
	// the event has none.
	WorkCommit    Hash
	ContactCommit Hash

	Hash    Hash
	Leaf    []byte
	Work    *Opening // nil when there is none, it is not held, or its key is not here
	Contact *Opening
	// SealedWork and SealedContact are the openings as they are stored and sent; nil
	// where the payload is in clear (a journal without keys) or not held.
	SealedWork    *Sealed
	SealedContact *Sealed
}

// Tip is how much of one origin is on this disk: leaves [Low, Size).
type Tip struct {
	Origin string
	Low    uint64
	Size   uint64
	// Checkpoint is the newest signed checkpoint of the origin that is held (a
	// C2SP signed note).
	Checkpoint []byte
}

// Segment is a run of entries of one origin with what proves them: the sender's
// newest checkpoint of the origin and the consistency proof from the run's end to
// it. sync/wire puts it into bytes.
type Segment struct {
	Origin     string
	First      uint64
	Entries    []Entry // Leaf and the sealed openings are what counts; without keys Work and Contact
	Checkpoint []byte
	Proof      []Hash // consistency proof: First+len(Entries) → checkpoint size
	// Frontier are the nodes of the tree at First, given where First is the holder's
	// Low: who holds nothing of the origin begins there, and with the checkpoint they
	// are proven like everything else.
	Frontier []Hash
}

// What a caller does differently about an error.
var (
	// ErrGap: the segment begins after what is held; ask for what is missing.
	ErrGap = errors.New("entries before this segment are missing")
	// ErrForged: signature, proof or hash does not fit; nothing was kept.
	ErrForged = errors.New("the segment does not verify")
	// ErrForked: the origin has signed two different histories.
	ErrForked = errors.New("the origin has two histories")
	// ErrUnknownOrigin: the origin is not on the roster.
	ErrUnknownOrigin = errors.New("the origin is not on the shop's roster")
	// ErrTooLarge: the draft exceeds the leaf or payload limit.
	ErrTooLarge = errors.New("the event is too large")
)
