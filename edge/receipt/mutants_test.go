package receipt_test

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
)

// herd is genuine receipts of one shop and of another, and what is made of them.
type herd struct {
	files [][]byte
	whole []*receipt.Receipt
}

func newHerd(t testing.TB) *herd {
	t.Helper()
	h := &herd{}
	for _, n := range []int{1, 2, 5, 12} {
		h.files = append(h.files, sealedWith(t, n, statement(n)).file)
	}
	for _, f := range h.files {
		r, err := receipt.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		h.whole = append(h.whole, r)
	}
	return h
}

// mutant is a changed receipt, never one of the genuine ones. Three of four are still
// in the form of a receipt, so that what is behind the form is tried.
func (h *herd) mutant(r *rand.Rand) []byte {
	for {
		var b []byte
		k := r.IntN(len(h.files))
		switch r.IntN(8) {
		case 0:
			b = mutate(r, h.files[k])
		case 1:
			b = spelt(r, h.files[k])
		default:
			x := clone(h.whole[k])
			for range 1 + r.IntN(2) {
				h.part(r, x)
			}
			b = x.Encode()
		}
		if !slices.ContainsFunc(h.files, func(f []byte) bool { return bytes.Equal(f, b) }) {
			return b
		}
	}
}

// intact demands that making mutants has left the genuine receipts as they were:
// mutants of broken ones would be refused whatever was changed in them.
func (h *herd) intact(t testing.TB) {
	t.Helper()
	for i, w := range h.whole {
		if _, err := receipt.Verify(h.files[i], nil); err != nil || !bytes.Equal(w.Encode(), h.files[i]) {
			t.Errorf("genuine receipt %d is no longer what it was: %v", i, err)
		}
	}
}

func clone(r *receipt.Receipt) *receipt.Receipt {
	c := *r
	c.Roster, c.Leaf, c.Checkpoint = bytes.Clone(r.Roster), bytes.Clone(r.Leaf), bytes.Clone(r.Checkpoint)
	c.Opening.Payload, c.Proof = bytes.Clone(r.Opening.Payload), slices.Clone(r.Proof)
	return &c
}

// part changes one part; the file made of it is a receipt in its one form.
func (h *herd) part(r *rand.Rand, x *receipt.Receipt) {
	other := clone(h.whole[r.IntN(len(h.whole))])
	switch r.IntN(14) {
	case 0:
		x.Opening.Salt[r.IntN(32)] ^= 1 << r.IntN(8)
	case 1:
		x.Opening.Payload = text(r, x.Opening.Payload)
	case 2:
		x.Leaf = text(r, x.Leaf)
	case 3:
		x.Roster = text(r, x.Roster)
	case 4:
		x.Checkpoint = text(r, x.Checkpoint)
	case 5:
		x.Index = []uint64{x.Index + 1, x.Index - 1, 0, x.Index ^ 1<<r.IntN(52), other.Index}[r.IntN(5)] & (1<<53 - 1)
	case 6:
		proof(r, x, other)
	case 7:
		x.Shop = string(text(r, []byte(x.Shop)))
	case 8: // halves of two
		x.Leaf, x.Opening = other.Leaf, other.Opening
	case 9:
		x.Checkpoint = other.Checkpoint
	case 10:
		x.Proof, x.Index = slices.Clone(other.Proof), other.Index
	case 11:
		x.Opening.Payload = other.Opening.Payload
	case 12:
		x.Checkpoint = signatures(r, x.Checkpoint, other.Checkpoint)
	case 13:
		x.Roster = signatures(r, x.Roster, x.Checkpoint)
	}
}

func proof(r *rand.Rand, x, other *receipt.Receipt) {
	if len(x.Proof) == 0 {
		x.Proof = append(x.Proof, tlog.Hash{})
		return
	}
	i, j := r.IntN(len(x.Proof)), r.IntN(len(x.Proof))
	switch r.IntN(5) {
	case 0:
		x.Proof[i][r.IntN(32)] ^= 1 << r.IntN(8)
	case 1:
		x.Proof[i], x.Proof[j] = x.Proof[j], x.Proof[i]
	case 2:
		x.Proof = slices.Delete(x.Proof, i, i+1)
	case 3:
		x.Proof = slices.Insert(x.Proof, i, x.Proof[j])
	case 4:
		x.Proof = append(x.Proof, other.Proof...)
	}
	x.Proof = x.Proof[:min(len(x.Proof), 53)]
}

// signatures changes the lines below a signed note: another's, twice, in another
// order, of another name, of another time.
func signatures(r *rand.Rand, note, other []byte) []byte {
	body, sigs, ok := bytes.Cut(bytes.Clone(note), []byte("\n\n"))
	if !ok {
		return note
	}
	lines := bytes.SplitAfter(sigs, []byte("\n"))
	i, j := r.IntN(len(lines)), r.IntN(len(lines))
	switch how := r.IntN(6); how {
	case 0, 1, 2:
		lines = moved(lines, i, j, how)
	case 3:
		if _, theirs, ok := bytes.Cut(other, []byte("\n\n")); ok {
			all := bytes.SplitAfter(theirs, []byte("\n"))
			lines[i] = all[r.IntN(len(all))]
		}
	case 4:
		names := [][]byte{[]byte("demo-reception"), []byte("demo-bay-1"), []byte("demo-central"), []byte("demo"), []byte("demo-bay-2")}
		lines[i] = bytes.Replace(lines[i], names[r.IntN(3)], names[r.IntN(5)], 1)
	case 5: // a byte within what is signed: hash of the key, time or signature
		f := bytes.Fields(lines[i])
		if len(f) == 3 {
			if raw, err := base64.StdEncoding.DecodeString(string(f[2])); err == nil && len(raw) > 0 {
				raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
				lines[i] = []byte("— " + string(f[1]) + " " + base64.StdEncoding.EncodeToString(raw) + "\n")
			}
		}
	}
	return append(append(body, "\n\n"...), bytes.Join(lines, nil)...)
}

// text changes a text as a forger would: numbers, words, white space, one letter for
// one that looks alike, lines.
func text(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) == 0 {
		return []byte("x")
	}
	i := r.IntN(len(b))
	insert := func(s string) []byte { return slices.Insert(b, i, []byte(s)...) }
	switch r.IntN(10) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
	case 1:
		return slices.Delete(b, i, min(len(b), i+1+r.IntN(6)))
	case 2:
		return insert([]string{" ", "\n", "\t", "\r", "\u00a0", "\ufeff", "\u200b", "\x00"}[r.IntN(8)])
	case 3: // another number
		return number(r, b, i)
	case 4:
		return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	case 5:
		return swapped(b, r)
	case 6: // the same to the eye, or to a reader of JSON
		pair := [][2]string{{"a", "а"}, {"o", "о"}, {"e", "\u0435"}, {"-", "‐"}, {"A", "\\u0041"}, {"0", "０"}, {"\"", "“"}, {"—", "–"}, {":", ": "}, {"1", "1.0"}, {"/", "\\/"}}[r.IntN(11)]
		return bytes.Replace(b, []byte(pair[0]), []byte(pair[1]), 1+r.IntN(2))
	case 7:
		return b[:i]
	case 8:
		return insert(string(b[r.IntN(len(b)):][:1]))
	case 9: // a field twice: who reads the first, who the last?
		return bytes.Replace(b, []byte(`{"`), []byte([]string{`{"ticket":"B-666","`, `{"o":"x","`, `{"s":1,"`, `{"shop":"evil","`}[r.IntN(4)]), 1)
	}
	return b
}

func number(r *rand.Rand, b []byte, from int) []byte {
	at := bytes.IndexAny(b[from:], "0123456789")
	if at < 0 {
		return append(b, '0')
	}
	at += from
	end := at
	for end < len(b) && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	was := string(b[at:end])
	n, _ := strconv.ParseUint(was, 10, 64) // of hex digits what comes first will do
	now := []string{"0" + was, "+" + was, "-" + was, was + "0", was + "e0", was + ".0", strconv.FormatUint(n+1, 10), "0x" + was,
		strconv.FormatUint(n+1<<53, 10), strconv.FormatUint(n+1<<32, 10), "18446744073709551616"}[r.IntN(11)]
	return slices.Concat(b[:at], []byte(now), b[end:])
}

func swapped(b []byte, r *rand.Rand) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	return bytes.Join(moved(lines, r.IntN(len(lines)), r.IntN(len(lines)), r.IntN(3)), nil)
}

// moved has two lines changed about, one of them twice, or one left out.
func moved(lines [][]byte, i, j, how int) [][]byte {
	switch how {
	case 0:
		lines[i], lines[j] = lines[j], lines[i]
		return lines
	case 1:
		return slices.Insert(lines, i, lines[j])
	default:
		return slices.Delete(lines, i, i+1)
	}
}

// spelt says the same in another spelling: base64, numbers, ends of lines.
func spelt(r *rand.Rand, b []byte) []byte {
	lines := strings.SplitAfter(string(b), "\n")
	i := r.IntN(len(lines))
	line, end := strings.CutSuffix(lines[i], "\n")
	switch r.IntN(9) {
	case 0: // bits that base64 does not use
		if at := strings.LastIndexAny(line, "AEIMQUYcgkosw048"); at >= 0 {
			line = line[:at] + string(line[at]+1) + line[at+1:]
		}
	case 1:
		line = strings.TrimRight(line, "=")
	case 2:
		line += "="
	case 3:
		line = strings.NewReplacer("+", "-", "/", "_").Replace(line)
	case 4:
		at := r.IntN(len(line) + 1)
		line = line[:at] + []string{"\r", "\n", " ", "\t", "\f", "="}[r.IntN(6)] + line[at:]
	case 5:
		line += "\r"
	case 6:
		line = string(number(r, []byte(line+" "), 0))
	case 7:
		return append([]byte([]string{"\ufeff", "\n", " ", "c2sp.org/tlog-proof@v1\n"}[r.IntN(4)]), b...)
	case 8:
		return append(bytes.Clone(b), []string{"\n", " ", "\r\n", "\x00", "\n\n", "— demo AAAAAAAA\n"}[r.IntN(6)]...)
	}
	if end {
		line += "\n"
	}
	lines[i] = line
	return []byte(strings.Join(lines, ""))
}

// harmless says whether an accepted file proves nothing but what a genuine one does: a
// cosignature may be left out of it, and the hash beside the head recomputed (said in
// docs/GUARANTEES.md). It is as true then, with fewer witnesses.
func (h *herd) harmless(b []byte) bool {
	got, err := receipt.Decode(b)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(h.whole, func(w *receipt.Receipt) bool {
		all := strings.SplitAfter(string(w.Checkpoint), "\n")
		for line := range strings.SplitAfterSeq(string(got.Checkpoint), "\n") {
			if !slices.Contains(all, line) {
				return false
			}
		}
		same := clone(got)
		same.Checkpoint = w.Checkpoint
		return bytes.Equal(same.Encode(), w.Encode()) && len(got.Checkpoint) < len(w.Checkpoint)
	})
}
