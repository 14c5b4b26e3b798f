package tlog

import (
	"bytes"
	"encoding/hex"
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

// EncodeLeaf writes the exact bytes of an entry's leaf: hashes, commitments and
// the request id in lower-case hex, no space, no escapes (the fields' alphabets
// need none).
func EncodeLeaf(e *Entry) ([]byte, error) {
	if err := checkFields(e); err != nil {
		return nil, err
	}
	var room [768]byte // of most leaves
	b := append(room[:0], leafHead...)
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
		b = hex.AppendEncode(b, p[:])
		b = append(b, '"')
	}
	b = append(b, `],"cw":"`...)
	b = appendCommit(b, e.WorkCommit)
	b = append(b, `","cp":"`...)
	b = appendCommit(b, e.ContactCommit)
	b = append(b, `","n":"`...)
	b = hex.AppendEncode(b, e.Request[:])
	b = append(b, "\"}\n"...)
	if len(b) > MaxLeaf {
		return nil, fmt.Errorf("%w: a leaf of %d bytes, at most %d", ErrTooLarge, len(b), MaxLeaf)
	}
	return bytes.Clone(b), nil
}

func appendCommit(b []byte, h Hash) []byte {
	if h == (Hash{}) {
		return b
	}
	return hex.AppendEncode(b, h[:])
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
	e, err := readLeaf(string(line))
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errLeaf, err)
	}
	e.Leaf = leaf
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

// readLeaf takes the fields out of a leaf's second line, in the order of the format.
// It looks for nothing else: what is not written as EncodeLeaf writes it makes fields
// that are not those of any leaf, or that do not give the same bytes again.
func readLeaf(line string) (e Entry, err error) {
	c := cutter{rest: line}
	e.Origin = c.word(`{"o":"`)
	e.Seq = c.number(`","s":`)
	e.Boot = c.word(`,"b":"`)
	e.BootMS = int64(c.number(`","m":`))
	e.WallMS = c.signed(`,"w":`)
	e.Quality = uint8(min(c.number(`,"q":`), 255))
	e.Kind = c.word(`,"k":"`)
	e.Job = c.word(`","j":"`)
	c.parents(`","p":[`, &e)
	c.hash(`],"cw":"`, e.WorkCommit[:], true)
	c.hash(`","cp":"`, e.ContactCommit[:], true)
	c.hash(`","n":"`, e.Request[:], false)
	if c.rest != "\"}\n" {
		c.fail("its end")
	}
	return e, c.err
}

// cutter cuts the fields off a line. After the first that is not there it gives nothing.
type cutter struct {
	rest string
	err  error
}

func (c *cutter) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("%s is not where it stands in a leaf", what)
	}
	c.rest = ""
}

// word is text that may be kept for long: it does not hold its line.
func (c *cutter) word(head string) string { return strings.Clone(c.text(head)) }

// text is what stands between a field's head and the next quote.
func (c *cutter) text(head string) string {
	rest, ok := strings.CutPrefix(c.rest, head)
	end := strings.IndexByte(rest, '"')
	if !ok || end < 0 {
		c.fail(head)
		return ""
	}
	c.rest = rest[end:]
	return rest[:end]
}

// digits is what stands between a field's head and the next comma.
func (c *cutter) digits(head string) string {
	rest, ok := strings.CutPrefix(c.rest, head)
	end := strings.IndexByte(rest, ',')
	if !ok || end < 0 {
		c.fail(head)
		return ""
	}
	c.rest = rest[end:]
	return rest[:end]
}

func (c *cutter) number(head string) uint64 {
	n, err := strconv.ParseUint(c.digits(head), 10, 63)
	if err != nil {
		c.fail(head)
	}
	return n
}

func (c *cutter) signed(head string) int64 {
	n, err := strconv.ParseInt(c.digits(head), 10, 64)
	if err != nil {
		c.fail(head)
	}
	return n
}

// hash is hex digits for the whole of into; none where it may be missing.
func (c *cutter) hash(head string, into []byte, may bool) {
	text := c.text(head)
	if text == "" && may {
		return
	}
	if hex.DecodedLen(len(text)) != len(into) {
		c.fail(head)
		return
	}
	if _, err := hex.Decode(into, []byte(text)); err != nil {
		c.fail(head)
	}
}

// parents is a list of hashes; of more than a leaf may have, one too many is read.
func (c *cutter) parents(head string, e *Entry) {
	rest, ok := strings.CutPrefix(c.rest, head)
	if !ok {
		c.fail(head)
		return
	}
	c.rest = rest
	for next := `"`; strings.HasPrefix(c.rest, next) && len(e.Parents) <= MaxParents; next = `,"` {
		var h Hash
		c.hash(next, h[:], false)
		c.rest = strings.TrimPrefix(c.rest, `"`)
		e.Parents = append(e.Parents, h)
	}
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
