package tlog

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	sumdb "golang.org/x/mod/sumdb/tlog"
)

// Limits of the format. They are part of it: a larger leaf is not a leaf.
const (
	MaxLeaf    = 4096     // bytes
	MaxPayload = 24 << 10 // bytes
	MaxParents = 4
)

const leafHead = "pl-event/v1\n"

// errLeaf begins every complaint about the bytes of a leaf.
var errLeaf = errors.New("not a leaf")

// leafJSON is the second line of a leaf, fields in the order of the format. It
// only decodes; EncodeLeaf writes, so that encoding/json's habits (escapes, field
// order) are not part of the format.
type leafJSON struct {
	O  string    `json:"o"`
	S  uint64    `json:"s"`
	B  string    `json:"b"`
	M  int64     `json:"m"`
	W  int64     `json:"w"`
	Q  uint8     `json:"q"`
	K  string    `json:"k"`
	J  string    `json:"j"`
	P  []Hash    `json:"p"`
	CW string    `json:"cw"`
	CP string    `json:"cp"`
	N  RequestID `json:"n"`
}

// EncodeLeaf writes the exact bytes of an entry's leaf: hashes, commitments and
// the request id in lower-case hex, no space, no escapes (the fields' alphabets
// need none).
func EncodeLeaf(e *Entry) ([]byte, error) {
	if err := checkFields(e); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 640)
	b = append(b, leafHead...)
	b = append(b, `{"o":"`...)
	b = append(b, e.Origin...)
	b = append(b, `","s":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, `,"b":"`...)
	b = append(b, e.Boot...)
	b = append(b, `","m":`...)
	b = strconv.AppendInt(b, e.BootMS, 10)
	b = append(b, `,"w":`...)
	b = strconv.AppendInt(b, e.WallMS, 10)
	b = append(b, `,"q":`...)
	b = strconv.AppendUint(b, uint64(e.Quality), 10)
	b = append(b, `,"k":"`...)
	b = append(b, e.Kind...)
	b = append(b, `","j":"`...)
	b = append(b, e.Job...)
	b = append(b, `","p":[`...)
	for i, p := range e.Parents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, p.String()...)
		b = append(b, '"')
	}
	b = append(b, `],"cw":"`...)
	b = append(b, commitString(e.WorkCommit)...)
	b = append(b, `","cp":"`...)
	b = append(b, commitString(e.ContactCommit)...)
	b = append(b, `","n":"`...)
	b = append(b, e.Request.String()...)
	b = append(b, "\"}\n"...)
	if len(b) > MaxLeaf {
		return nil, fmt.Errorf("%w: a leaf of %d bytes, at most %d", ErrTooLarge, len(b), MaxLeaf)
	}
	return b, nil
}

func commitString(h Hash) string {
	if h == (Hash{}) {
		return ""
	}
	return h.String()
}

// DecodeLeaf reads the exact bytes of a leaf, strictly: it rebuilds them from what
// it read and demands equality, so that one leaf has one form only. Openings are
// not in the leaf; Work and Contact stay nil.
func DecodeLeaf(leaf []byte) (Entry, error) {
	if len(leaf) > MaxLeaf {
		return Entry{}, fmt.Errorf("%w: %d bytes, at most %d", errLeaf, len(leaf), MaxLeaf)
	}
	line, ok := bytes.CutPrefix(leaf, []byte(leafHead))
	if !ok {
		return Entry{}, fmt.Errorf("%w: it does not begin with %q", errLeaf, leafHead)
	}
	var f leafJSON
	if err := json.Unmarshal(line, &f); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errLeaf, err)
	}
	e := Entry{
		Origin: f.O, Seq: f.S, Boot: f.B, BootMS: f.M, WallMS: f.W, Quality: f.Q,
		Kind: f.K, Job: f.J, Parents: f.P, Request: f.N, Leaf: leaf,
	}
	for _, c := range []struct {
		text string
		into *Hash
	}{{f.CW, &e.WorkCommit}, {f.CP, &e.ContactCommit}} {
		if c.text == "" {
			continue
		}
		if err := c.into.UnmarshalText([]byte(c.text)); err != nil {
			return Entry{}, fmt.Errorf("%w: commitment: %w", errLeaf, err)
		}
	}
	again, err := EncodeLeaf(&e)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errLeaf, err)
	}
	if !bytes.Equal(again, leaf) {
		return Entry{}, fmt.Errorf("%w: rebuilt from its fields it differs", errLeaf)
	}
	e.Hash = LeafHash(leaf)
	return e, nil
}

// LeafHash is the RFC 6962 hash of a leaf's bytes.
func LeafHash(leaf []byte) Hash { return Hash(sumdb.RecordHash(leaf)) }

// checkFields holds the alphabets of the format. They need no JSON escapes, and
// they leave no room for a name or a plate.
func checkFields(e *Entry) error {
	switch {
	case !ValidOrigin(e.Origin):
		return fmt.Errorf("%w: origin %q", errLeaf, e.Origin)
	case e.Seq > 1<<53:
		return fmt.Errorf("%w: seq %d", errLeaf, e.Seq)
	case !made(e.Boot, 1, 64, "0123456789abcdef-"):
		return fmt.Errorf("%w: boot id %q", errLeaf, e.Boot)
	case e.BootMS < 0:
		return fmt.Errorf("%w: boot time %d", errLeaf, e.BootMS)
	case e.Quality > 3:
		return fmt.Errorf("%w: clock quality %d", errLeaf, e.Quality)
	case len(e.Parents) > MaxParents:
		return fmt.Errorf("%w: %d parents, at most %d", errLeaf, len(e.Parents), MaxParents)
	}
	return CheckNames(e.Kind, e.Job)
}

// CheckNames holds the alphabets of kind and job.
func CheckNames(kind, job string) error {
	switch {
	case !made(kind, 1, 64, "abcdefghijklmnopqrstuvwxyz0123456789_."):
		return fmt.Errorf("%w: kind %q is not of a-z 0-9 _ . (at most 64)", errLeaf, kind)
	case !made(job, 0, 64, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"):
		return fmt.Errorf("%w: job id %q is not of letters, digits, _ . - (at most 64)", errLeaf, job)
	}
	return nil
}

// ValidOrigin says whether s has the form <shop>-<node>/<epoch>.
func ValidOrigin(s string) bool {
	node := NodeOf(s)
	return ValidNode(node) && len(s) == len(node)+33 && s[len(node)] == '/' &&
		made(s[len(node)+1:], 32, 32, "0123456789abcdef")
}

// ValidNode says whether s can be a node's name: 3 to 48 of a-z, 0-9 and -.
func ValidNode(s string) bool {
	return made(s, 3, 48, "abcdefghijklmnopqrstuvwxyz0123456789-")
}

func made(s string, least, most int, of string) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(of, s[i]) < 0 {
			return false
		}
	}
	return true
}

// String is the request id in lower-case hex, 32 digits.
func (r RequestID) String() string { return hex.EncodeToString(r[:]) }

// MarshalText implements encoding.TextMarshaler (hex).
func (r RequestID) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler (hex).
func (r *RequestID) UnmarshalText(b []byte) error {
	if len(b) != 2*len(r) {
		return fmt.Errorf("a request id has %d hex digits, this has %d", 2*len(r), len(b))
	}
	if _, err := hex.Decode(r[:], b); err != nil {
		return fmt.Errorf("read a request id: %w", err)
	}
	return nil
}
