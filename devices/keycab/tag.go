package keycab

import (
	"slices"
	"strings"
	"time"
)

// tagFrame is one good frame of a 125 kHz reader.
//
// RDM6300: 02, ten hex digits, two of the XOR of their five bytes, 03. ID-12LA: the
// same with 0D 0A before 03. 9600 8N1, they only ever send.
type tagFrame struct {
	id string
	// once: the form of the ID-12LA, which sends a tag once for each presentation.
	once bool
}

const (
	tagSTX, tagETX = 0x02, 0x03
	tagDigits      = 12 // ten of the id and two of the sum
	tagShort       = tagDigits + 2
	tagLong        = tagDigits + 4
	tagNone        = "0000000000" // its sum is right; no tag has it
)

// tagParser finds frames in what comes in, a piece at a time. It is pure.
type tagParser struct{ buf []byte }

// take takes a piece and returns the good frames; other says that something came
// that is no frame. No digit is an STX: one in the middle of a frame begins the next.
func (p *tagParser) take(in []byte) (frames []tagFrame, other bool) {
	p.buf = append(p.buf, in...)
	for {
		start := slices.Index(p.buf, tagSTX)
		if start != 0 && len(p.buf) > 0 {
			other = true
		}
		if start < 0 {
			p.buf = p.buf[:0]
			return frames, other
		}
		p.buf = p.buf[start:]
		f, n, more := tagAt(p.buf)
		switch {
		case more:
			return frames, other
		case n == 0:
			other = true
			p.buf = p.buf[1:]
		default:
			frames = append(frames, f)
			p.buf = p.buf[n:]
		}
	}
}

// tagAt reads the frame at the beginning of b, which is an STX: its length, 0 for
// none, or more where it may still become one.
func tagAt(b []byte) (f tagFrame, n int, more bool) {
	digits := make([]byte, 0, tagDigits)
	for i := 1; i <= tagDigits; i++ {
		if i >= len(b) {
			return f, 0, true
		}
		v, ok := hexDigit(b[i])
		if !ok {
			return f, 0, false
		}
		digits = append(digits, v)
	}
	end := len(b) > tagShort-1 && b[tagShort-1] == tagETX
	switch {
	case end:
		n = tagShort
	case len(b) < tagShort || isPrefix(b[tagShort-1:], "\r\n\x03"):
		return f, 0, true
	case len(b) >= tagLong && string(b[tagShort-1:tagLong]) == "\r\n\x03":
		n, f.once = tagLong, true
	default:
		return f, 0, false
	}
	var sum byte
	for i := 0; i < tagDigits; i += 2 {
		sum ^= digits[i]<<4 | digits[i+1]
	}
	f.id = strings.ToUpper(string(b[1:11]))
	if sum != 0 || f.id == tagNone {
		return tagFrame{}, 0, false
	}
	return f, n, false
}

// isPrefix: b is a beginning of want, and not all of it.
func isPrefix(b []byte, want string) bool {
	return len(b) < len(want) && want[:len(b)] == string(b)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

const (
	// tagAway: an RDM6300 repeats a tag every 65 ms; four missed repeats are a removal.
	tagAway = 300 * time.Millisecond
	// tagAlone is how long the line must rest after a frame that no other has
	// confirmed: two repeats.
	tagAlone = 130 * time.Millisecond
)

// presence is which tag lies at one reader. It is pure: time comes in.
//
// One frame does not make a tag, since its sum is weak: a second one must agree, or
// the line must be quiet around it (a tag that was only waved past). The frames of
// an ID-12LA come alone by design; they are taken as they are and never end.
type presence struct {
	here string // "" for none
	last time.Duration

	cand  string // seen once
	since time.Duration
	dirty bool // something else came around it
}

// see takes a frame.
func (p *presence) see(at time.Duration, f tagFrame) []Tag {
	switch {
	case f.once:
		return []Tag{{ID: f.id, Action: TagSeen}}
	case f.id == p.here:
		p.last, p.cand = at, ""
		return nil
	case f.id == p.cand && at-p.since <= tagAway:
		return p.take(at, f.id)
	}
	p.dirty = p.cand != "" || p.dirty && at-p.since <= tagAway
	p.cand, p.since = f.id, at
	return nil
}

// take believes a tag: the one before is gone.
func (p *presence) take(at time.Duration, id string) []Tag {
	var out []Tag
	if p.here != "" {
		out = append(out, Tag{ID: p.here, Action: TagGone})
	}
	p.here, p.last, p.cand, p.dirty = id, at, "", false
	return append(out, Tag{ID: id, Action: TagSeen})
}

// noise notes bytes that are no frame.
func (p *presence) noise(at time.Duration) {
	p.dirty = true
	if p.cand == "" {
		p.since = at
	}
}

// tick lets time pass.
func (p *presence) tick(at time.Duration) []Tag {
	var out []Tag
	if p.here != "" && at-p.last >= tagAway {
		out = append(out, Tag{ID: p.here, Action: TagGone})
		p.here = ""
	}
	switch {
	case p.cand != "" && p.here == "" && !p.dirty && at-p.since >= tagAlone:
		out = append(out, p.take(p.since, p.cand)...)
	case (p.cand != "" || p.dirty) && at-p.since >= tagAway:
		p.cand, p.dirty = "", false
	}
	return out
}

// tags are what lies there now.
func (p *presence) tags() []Tag {
	if p.here == "" {
		return nil
	}
	return []Tag{{ID: p.here, Action: TagSeen}}
}
