package receipt

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"pitlane/edge/tlog"
)

// Limits of the format.
const (
	MaxSize   = 64 << 10 // bytes of a receipt
	maxHashes = 53       // of an inclusion proof
)

const (
	fileHead  = "c2sp.org/tlog-proof@v1\n"
	extraHead = "pl-receipt/v1\n"
)

// ErrForm begins every complaint about the bytes of a receipt.
var ErrForm = errors.New("this is not a receipt in its one valid form")

// Receipt is a receipt taken apart. Nothing in it is proven before Verify.
type Receipt struct {
	Shop       string       // verifier key of the shop (C2SP signed-note: name+hash+key)
	Roster     []byte       // signed note: who belongs to the shop
	Leaf       []byte       // the exact bytes of the sealed leaf
	Opening    tlog.Opening // what the leaf commits to
	Index      uint64       // of the leaf in its log
	Proof      []tlog.Hash  // RFC 6962 inclusion proof, lowest first
	Checkpoint []byte       // signed note: the log's head with its cosignatures
}

// Encode gives the file.
func (r *Receipt) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(fileHead)
	b.WriteString("extra " + base64.StdEncoding.EncodeToString(r.extra()) + "\n")
	fmt.Fprintf(&b, "index %d\n", r.Index)
	for _, h := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// extra is the application's part of the file. Lengths stand before bytes, so that
// nothing has to be escaped. The hash of the checkpoint is no signature: it makes
// that a cosignature lost on the way is seen as damage. Who takes one away on
// purpose has a receipt with fewer witnesses, and a policy says how many are enough.
func (r *Receipt) extra() []byte {
	var b bytes.Buffer
	b.WriteString(extraHead)
	b.WriteString("shop " + r.Shop + "\n")
	fmt.Fprintf(&b, "roster %d\n%s", len(r.Roster), r.Roster)
	fmt.Fprintf(&b, "leaf %d\n%s", len(r.Leaf), r.Leaf)
	b.WriteString("salt " + hex.EncodeToString(r.Opening.Salt[:]) + "\n")
	head := sha256.Sum256(r.Checkpoint)
	b.WriteString("head " + hex.EncodeToString(head[:]) + "\n")
	fmt.Fprintf(&b, "payload %d\n%s", len(r.Opening.Payload), r.Opening.Payload)
	return b.Bytes()
}

// Decode takes a receipt apart, strictly: put together again it must be the same
// bytes.
func Decode(file []byte) (*Receipt, error) {
	if len(file) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(file), MaxSize)
	}
	s := &scanner{rest: file}
	s.word(fileHead)
	extra, err := base64.StdEncoding.DecodeString(s.line("extra "))
	if err != nil {
		s.fail("its extra data are not base64")
	}
	r := new(Receipt)
	r.Index = s.number("index ")
	for len(r.Proof) <= maxHashes {
		line := s.line("")
		if line == "" {
			break
		}
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != len(tlog.Hash{}) {
			s.fail("a line of its proof is no hash")
			break
		}
		r.Proof = append(r.Proof, tlog.Hash(h))
	}
	if len(r.Proof) > maxHashes {
		s.fail("its proof is longer than any tree is high")
	}
	r.Checkpoint = s.rest
	if s.err == nil {
		s.err = r.readExtra(extra)
	}
	if s.err == nil && !bytes.Equal(r.Encode(), file) {
		s.fail("put together again from its parts it differs")
	}
	if s.err != nil {
		return nil, s.err
	}
	return r, nil
}

func (r *Receipt) readExtra(extra []byte) error {
	s := &scanner{rest: extra}
	s.word(extraHead)
	r.Shop = s.line("shop ")
	r.Roster = s.bytes("roster ")
	r.Leaf = s.bytes("leaf ")
	salt, err := hex.DecodeString(s.line("salt "))
	if err != nil || len(salt) != len(r.Opening.Salt) {
		s.fail("its salt is not 64 hex digits")
	} else {
		r.Opening.Salt = [32]byte(salt)
	}
	s.line("head ") // held against the checkpoint when it is put together again
	r.Opening.Payload = s.bytes("payload ")
	if len(s.rest) > 0 {
		s.fail("something follows its extra data")
	}
	return s.err
}

// scanner reads parts off the front of a file; after the first fault it reads
// nothing.
type scanner struct {
	rest []byte
	err  error
}

func (s *scanner) fail(why string) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: %s", ErrForm, why)
	}
	s.rest = nil
}

// word takes exactly this.
func (s *scanner) word(want string) {
	rest, ok := bytes.CutPrefix(s.rest, []byte(want))
	if !ok {
		s.fail("it does not begin with " + strconv.Quote(want))
		return
	}
	s.rest = rest
}

// line takes a line that begins with a word, and returns what follows the word.
func (s *scanner) line(word string) string {
	line, rest, ok := bytes.Cut(s.rest, []byte("\n"))
	text, begins := bytes.CutPrefix(line, []byte(word))
	if !ok || !begins {
		s.fail("the line " + strconv.Quote(word) + " is missing")
		return ""
	}
	s.rest = rest
	return string(text)
}

func (s *scanner) number(word string) uint64 {
	n, err := strconv.ParseUint(s.line(word), 10, 53)
	if err != nil {
		s.fail("the line " + strconv.Quote(word) + " holds no number")
	}
	return n
}

// bytes takes a length and so many bytes.
func (s *scanner) bytes(word string) []byte {
	n := s.number(word)
	if n > uint64(len(s.rest)) {
		s.fail("it ends too early")
		return nil
	}
	b := s.rest[:n]
	s.rest = s.rest[n:]
	return b
}

// New puts a receipt together. The entry must be opened: a receipt shows what was
// sealed.
func New(e tlog.Entry, in tlog.Inclusion, shop string, roster []byte) (*Receipt, error) {
	if e.Kind != Sealed && e.Kind != Amended {
		return nil, fmt.Errorf("make a receipt: the entry is of the kind %s, not %s or %s", e.Kind, Sealed, Amended)
	}
	if e.Work == nil {
		return nil, ErrClosed
	}
	return &Receipt{
		Shop: shop, Roster: roster, Leaf: e.Leaf, Opening: *e.Work,
		Index: e.Seq, Proof: in.Proof, Checkpoint: in.Checkpoint,
	}, nil
}
