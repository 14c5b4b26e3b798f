package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"pitlane/edge/tlog"
)

// Limits of a segment.
const (
	MaxSegment  = 60 << 10 // bytes on the wire: one entry with the largest boxes fits
	MaxInflated = 1 << 20  // bytes inflated
	MaxEntries  = 1024     // leaves
	maxLeaf     = 4096     // bytes of a leaf
	maxPayload  = 24 << 10 // bytes of an opening in clear
	maxProof    = 64       // hashes of a consistency proof
	maxNote     = 16 << 10 // bytes of a checkpoint with its cosignatures
)

// What a caller does differently about a segment.
var (
	// ErrSegment: the bytes are not a segment; nothing can be kept of them.
	ErrSegment = errors.New("not a segment")
	// ErrTooLarge: the segment exceeds MaxSegment or MaxInflated; send fewer entries.
	ErrTooLarge = errors.New("the segment is too large: send fewer entries")
)

// leafHead is the first line of every leaf.
const leafHead = "pl-event/v1\n"

// header is the first line of a segment.
type header struct {
	Version    int      `json:"v"`
	Origin     string   `json:"o"`
	First      uint64   `json:"f"`
	Count      int      `json:"n"`
	Checkpoint string   `json:"c"`
	Proof      []string `json:"p"`
	Frontier   []string `json:"t,omitempty"` // nodes of the tree at First, from where the sender begins
}

// Versions of a segment: what lies behind a leaf.
const (
	versionClear  = 1 // openings; of journals without keys
	versionSealed = 2 // boxes
)

// sealed is the line after a leaf in version 2: the lengths and key ids of the boxes
// that follow it raw, work first. A length of -1 says that there is none.
type sealed struct {
	Work       int    `json:"w"`
	WorkKey    string `json:"wk,omitempty"`
	Contact    int    `json:"c"`
	ContactKey string `json:"ck,omitempty"`
}

// opening is the line after a leaf in version 1: the lengths and salts of the
// payloads that follow it raw, work first. A length of -1 says that there is none.
type opening struct {
	Work        int    `json:"w"`
	WorkSalt    string `json:"ws,omitempty"`
	Contact     int    `json:"c"`
	ContactSalt string `json:"cs,omitempty"`
}

// Codec turns segments into bytes and back. It is safe for use by several
// goroutines; Close releases its memory.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewCodec makes a codec. Decoding never takes more than MaxInflated of output,
// whatever the bytes promise.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(MaxInflated))
	if err != nil {
		return nil, fmt.Errorf("make the segment encoder: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxInflated), zstd.WithDecoderMaxWindow(MaxInflated))
	if err != nil {
		return nil, fmt.Errorf("make the segment decoder: %w", err)
	}
	return &Codec{enc: enc, dec: dec}, nil
}

// Close ends the codec.
func (c *Codec) Close() {
	c.dec.Close()
	_ = c.enc.Close() // an encoder without a writer has nothing to flush
}

// Encode gives the bytes of a segment, the same for the same segment. Of the
// entries only Leaf and the sealed openings count; where nothing is sealed, Work and
// Contact. A segment never holds both.
func (c *Codec) Encode(s tlog.Segment) ([]byte, error) {
	if len(s.Entries) > MaxEntries || len(s.Proof) > maxProof || len(s.Frontier) > maxProof || len(s.Checkpoint) > maxNote {
		return nil, ErrTooLarge
	}
	if len(s.Entries) == 0 || !ValidOrigin(s.Origin) {
		return nil, errors.New("write a segment: no entries, or not an origin")
	}
	version := versionOf(s)
	h := header{Version: version, Origin: s.Origin, First: s.First, Count: len(s.Entries), Checkpoint: string(s.Checkpoint), Proof: []string{}}
	for _, p := range s.Proof {
		h.Proof = append(h.Proof, p.String())
	}
	for _, f := range s.Frontier {
		h.Frontier = append(h.Frontier, f.String())
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write a segment's header: %w", err)
	}
	out := append(line, '\n')
	for _, e := range s.Entries {
		if out, err = appendEntry(out, e, version); err != nil {
			return nil, err
		}
	}
	if len(out) > MaxInflated {
		return nil, ErrTooLarge
	}
	packed := c.enc.EncodeAll(out, nil)
	if len(packed) > MaxSegment {
		return nil, ErrTooLarge
	}
	return packed, nil
}

func versionOf(s tlog.Segment) int {
	for _, e := range s.Entries {
		if e.Work != nil || e.Contact != nil {
			return versionClear
		}
	}
	for _, e := range s.Entries {
		if e.SealedWork != nil || e.SealedContact != nil {
			return versionSealed
		}
	}
	return versionClear
}

func appendEntry(out []byte, e tlog.Entry, version int) ([]byte, error) {
	if len(e.Leaf) > maxLeaf || !bytes.HasPrefix(e.Leaf, []byte(leafHead)) {
		return nil, fmt.Errorf("write leaf %d: not a leaf", e.Seq)
	}
	if version == versionSealed {
		return appendSealed(out, e)
	}
	if e.SealedWork != nil || e.SealedContact != nil {
		return nil, fmt.Errorf("write leaf %d: sealed beside what is in clear", e.Seq)
	}
	o := opening{Work: -1, Contact: -1}
	var work, contact []byte
	if e.Work != nil {
		work = e.Work.Payload
		o.Work, o.WorkSalt = len(work), hex.EncodeToString(e.Work.Salt[:])
	}
	if e.Contact != nil {
		contact = e.Contact.Payload
		o.Contact, o.ContactSalt = len(contact), hex.EncodeToString(e.Contact.Salt[:])
	}
	if len(work) > maxPayload || len(contact) > maxPayload {
		return nil, fmt.Errorf("write leaf %d: payload over %d bytes", e.Seq, maxPayload)
	}
	return appendParts(out, e, o, work, contact)
}

// appendParts writes a leaf, the line that says what follows, and that.
func appendParts(out []byte, e tlog.Entry, says any, work, contact []byte) ([]byte, error) {
	line, err := json.Marshal(says)
	if err != nil {
		return nil, fmt.Errorf("write leaf %d: %w", e.Seq, err)
	}
	out = append(out, e.Leaf...)
	out = append(out, line...)
	out = append(out, '\n')
	out = append(out, work...)
	out = append(out, contact...)
	return append(out, '\n'), nil
}

// Decode reads a segment. It verifies form and limits only; the journal verifies
// leaves, commitments and signatures.
func (c *Codec) Decode(b []byte) (tlog.Segment, error) {
	if len(b) > MaxSegment {
		return tlog.Segment{}, fmt.Errorf("%w: %d bytes, at most %d", ErrSegment, len(b), MaxSegment)
	}
	text, err := c.dec.DecodeAll(b, nil)
	if err != nil {
		return tlog.Segment{}, fmt.Errorf("%w: inflate: %w", ErrSegment, err)
	}
	if len(text) > MaxInflated {
		return tlog.Segment{}, fmt.Errorf("%w: more than %d bytes inflated", ErrSegment, MaxInflated)
	}
	s, err := parse(text)
	if err != nil {
		return tlog.Segment{}, fmt.Errorf("%w: %w", ErrSegment, err)
	}
	return s, nil
}

// parse reads the inflated lines.
func parse(text []byte) (tlog.Segment, error) {
	line, rest, err := cutLine(text, maxNote*2)
	if err != nil {
		return tlog.Segment{}, fmt.Errorf("header: %w", err)
	}
	s, h, err := parseHeader(line)
	if err != nil {
		return tlog.Segment{}, fmt.Errorf("header: %w", err)
	}
	for i := range h.Count {
		var e tlog.Entry
		if e, rest, err = parseEntry(rest, h.Version); err != nil {
			return tlog.Segment{}, fmt.Errorf("entry %d of %d: %w", i+1, h.Count, err)
		}
		e.Origin, e.Seq = s.Origin, s.First+uint64(i)
		s.Entries = append(s.Entries, e)
	}
	if len(rest) > 0 {
		return tlog.Segment{}, errors.New("bytes behind the last entry")
	}
	return s, nil
}

func parseHeader(line []byte) (tlog.Segment, header, error) {
	var h header
	if err := strict(line, &h, maxNote*2); err != nil {
		return tlog.Segment{}, h, err
	}
	if err := same(line, h); err != nil {
		return tlog.Segment{}, h, err
	}
	switch {
	case h.Version != versionClear && h.Version != versionSealed:
		return tlog.Segment{}, h, errors.New("version " + strconv.Itoa(h.Version) + " is not known here")
	case !ValidOrigin(h.Origin):
		return tlog.Segment{}, h, errors.New("not an origin")
	case h.First > maxSeq || h.Count < 1 || h.Count > MaxEntries:
		return tlog.Segment{}, h, errors.New("number out of bounds")
	case len(h.Proof) > maxProof || len(h.Frontier) > maxProof || len(h.Checkpoint) > maxNote:
		return tlog.Segment{}, h, errors.New("proof or checkpoint too long")
	}
	s := tlog.Segment{Origin: h.Origin, First: h.First, Checkpoint: []byte(h.Checkpoint)}
	var err error
	if s.Proof, err = parseHashes(h.Proof); err == nil {
		s.Frontier, err = parseHashes(h.Frontier)
	}
	return s, h, err
}

func parseHashes(text []string) (out []tlog.Hash, err error) {
	for _, p := range text {
		var hash tlog.Hash
		if err := hash.UnmarshalText([]byte(p)); err != nil || hash.String() != p {
			return nil, errors.New("not a hash in the header")
		}
		out = append(out, hash)
	}
	return out, nil
}

func parseEntry(text []byte, version int) (tlog.Entry, []byte, error) {
	if !bytes.HasPrefix(text, []byte(leafHead)) {
		return tlog.Entry{}, nil, errors.New("not a leaf")
	}
	line, rest, err := cutLine(text[len(leafHead):], maxLeaf-len(leafHead))
	if err != nil {
		return tlog.Entry{}, nil, fmt.Errorf("leaf: %w", err)
	}
	e := tlog.Entry{Leaf: bytes.Clone(text[:len(leafHead)+len(line)+1])}
	if line, rest, err = cutLine(rest, 512); err != nil {
		return tlog.Entry{}, nil, fmt.Errorf("opening: %w", err)
	}
	if version == versionSealed {
		return parseSealed(e, line, rest)
	}
	var o opening
	if err := strict(line, &o, 512); err != nil {
		return tlog.Entry{}, nil, err
	}
	if err := same(line, o); err != nil {
		return tlog.Entry{}, nil, err
	}
	if e.Work, rest, err = cutOpening(rest, o.Work, o.WorkSalt); err != nil {
		return tlog.Entry{}, nil, err
	}
	if e.Contact, rest, err = cutOpening(rest, o.Contact, o.ContactSalt); err != nil {
		return tlog.Entry{}, nil, err
	}
	if len(rest) == 0 || rest[0] != '\n' {
		return tlog.Entry{}, nil, errors.New("opening: no end of line")
	}
	return e, rest[1:], nil
}

func cutOpening(text []byte, size int, salt string) (*tlog.Opening, []byte, error) {
	if size == -1 && salt == "" {
		return nil, text, nil
	}
	if size < 0 || size > maxPayload || size > len(text) {
		return nil, nil, errors.New("opening: length out of bounds")
	}
	o := &tlog.Opening{Payload: bytes.Clone(text[:size])}
	raw, err := hex.DecodeString(salt)
	if err != nil || len(raw) != len(o.Salt) || hex.EncodeToString(raw) != salt {
		return nil, nil, errors.New("opening: not a salt")
	}
	copy(o.Salt[:], raw)
	return o, text[size:], nil
}

func cutLine(text []byte, limit int) (line, rest []byte, err error) {
	line, rest, ok := bytes.Cut(text, []byte{'\n'})
	if !ok {
		return nil, nil, errors.New("no end of line")
	}
	if len(line) >= limit {
		return nil, nil, errors.New("line too long")
	}
	return line, rest, nil
}
