package receipt_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
)

// scribe makes receipts with all keys of a shop: what it signs wrongly on purpose no
// signature refuses, only the rules.
type scribe struct {
	*made
	t       testing.TB
	entry   tlog.Entry
	payload string
	place   uint64 // where the leaf lies in the tree of 7
	log     string // of the checkpoint; "" is the leaf's
	roster  []byte
}

// line is a signature line: name and base64.
type line = [2]string

const forgedEpoch = "/00112233445566778899aabbccddeeff"

func newScribe(t testing.TB) *scribe {
	t.Helper()
	m := newShop(t)
	m.keys["demo-stranger"] = keyOf("demo-stranger")
	return &scribe{made: m, t: t, payload: `{"ticket":"A-001"}`, place: 5, roster: m.signed,
		entry: tlog.Entry{Origin: "demo-reception" + forgedEpoch, Seq: 5, Boot: "0b5f2c1e", WallMS: 1_790_000_000_000, Quality: 3, Kind: receipt.Sealed, Job: "job-1"}}
}

func (s *scribe) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// head is the text of a checkpoint, its leaf and the proof of it.
func (s *scribe) head() (text string, leaf []byte, proof []tlog.Hash) {
	s.t.Helper()
	leaf, err := tlog.EncodeLeaf(&s.entry)
	s.must(err)
	const size = 7
	var tree tlog.Frontier
	nodes := map[string]tlog.Hash{}
	for i := range uint64(size) {
		h := tlog.LeafHash(fmt.Appendf(nil, "another %d", i))
		if i == s.place {
			h = tlog.LeafHash(leaf)
		}
		for level, n := range tree.Add(h) {
			nodes[fmt.Sprint(i, level)] = n
		}
	}
	proof, err = tlog.Include(size, s.place, func(seq uint64, level int) (tlog.Hash, error) { return nodes[fmt.Sprint(seq, level)], nil })
	s.must(err)
	log := s.log
	if log == "" {
		log = s.entry.Origin
	}
	note, err := tlog.SignCheckpoint(tlog.Checkpoint{Origin: log, Size: size, Root: tree.Root()}, tlog.NewSigner("demo", keyOf("demo")))
	s.must(err)
	text, _, err = tlog.NoteLines(note)
	s.must(err)
	return text, leaf, proof
}

// signs is a node's own signature of a text, cosigns its cosignature.
func (s *scribe) signs(name, text string) line {
	return s.last(s.signNote(name, text))
}

func (s *scribe) signNote(name, text string) []byte {
	cp, err := tlog.ParseCheckpoint(text)
	s.must(err)
	note, err := tlog.SignCheckpoint(cp, tlog.NewSigner(name, s.keys[name]))
	s.must(err)
	return note
}

func (s *scribe) cosigns(name, text string, sec uint64) line {
	note, err := tlog.AddCosignature([]byte(text+"\n— demo-z AAAA\n"), name, s.keys[name], sec)
	s.must(err)
	return s.last(note)
}

func (s *scribe) last(note []byte) line {
	_, lines, err := tlog.NoteLines(note)
	s.must(err)
	return lines[len(lines)-1]
}

// receipt is the file; of a scribe that nothing was changed in it is a genuine one.
func (s *scribe) receipt(lines func(text string) []line) []byte {
	s.t.Helper()
	o := tlog.Opening{Payload: []byte(s.payload), Salt: [32]byte{1}}
	s.entry.WorkCommit = o.Commit()
	text, leaf, proof := s.head()
	note := []byte(text + "\n")
	for _, l := range lines(text) {
		note = append(note, "— "+l[0]+" "+l[1]+"\n"...)
	}
	r := receipt.Receipt{Shop: s.shop, Roster: s.roster, Leaf: leaf, Opening: o, Index: s.place, Proof: proof, Checkpoint: note}
	return r.Encode()
}

// rosterBy is the shop's roster under another name, or by another signer.
func (s *scribe) rosterBy(shop string, signer string) []byte {
	r := *s.made.roster
	r.Shop = shop
	b, err := tlog.SignRoster(&r, keyOf(signer))
	s.must(err)
	return b
}

// forgeries are files in which every signature is right and something else is wrong.
func forgeries(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	leaf := func(name string, change func(s *scribe)) {
		s := newScribe(t)
		change(s)
		out[name] = s.receipt(func(text string) []line { return s.usual(text) })
	}
	signed := func(name string, lines func(s *scribe, text string) []line) {
		s := newScribe(t)
		out[name] = s.receipt(func(text string) []line { return lines(s, text) })
	}
	leaf("a leaf in another's place", func(s *scribe) { s.place = 4 })
	leaf("a leaf of another kind", func(s *scribe) { s.entry.Kind = "bill.stated" })
	leaf("a checkpoint of another epoch", func(s *scribe) { s.log = "demo-reception/" + strings.Repeat("0", 32) })
	leaf("a checkpoint of another node's log", func(s *scribe) { s.log = "demo-bay-1" + forgedEpoch })
	leaf("a log of nobody of the shop", func(s *scribe) { s.entry.Origin = "demo-stranger" + forgedEpoch })
	leaf("a statement that is too long", func(s *scribe) { s.payload = `"` + strings.Repeat("x", tlog.MaxPayload) + `"` })
	leaf("a roster signed twice", func(s *scribe) {
		_, l, _ := bytes.Cut(s.roster, []byte("\n\n"))
		s.roster = append(bytes.Clone(s.roster), l...)
	})
	leaf("a roster of another shop", func(s *scribe) { s.roster = s.rosterBy("other", "demo") })
	leaf("a roster signed by a node", func(s *scribe) { s.roster = s.rosterBy("demo", "demo-reception") })
	signed("the log's node as its own witness", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.cosigns("demo-reception", text, 1)}
	})
	signed("a witness twice, at two times", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.cosigns("demo-bay-1", text, 1), s.cosigns("demo-bay-1", text, 2)}
	})
	signed("witnesses out of order", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.cosigns("demo-central", text, 1), s.cosigns("demo-bay-1", text, 1)}
	})
	signed("a witness who is nobody of the shop", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.cosigns("demo-stranger", text, 1)}
	})
	signed("a witness who signs as the node of a log", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.signs("demo-bay-1", text)}
	})
	signed("a time that no clock has", func(s *scribe, text string) []line {
		return []line{s.signs("demo-reception", text), s.cosigns("demo-bay-1", text, 1<<53+1)}
	})
	signed("only witnesses", func(s *scribe, text string) []line { return []line{s.cosigns("demo-bay-1", text, 1)} })
	signed("another node's signature first", func(s *scribe, text string) []line { return []line{s.signs("demo-bay-1", text)} })
	signed("the node's signature of another type", func(s *scribe, text string) []line { return []line{s.cosigns("demo-reception", text, 1)} })
	return out
}

// usual is how a head is signed.
func (s *scribe) usual(text string) []line {
	own, _, _ := strings.Cut(text, "/")
	out := []line{s.signs(own, text)}
	for _, w := range []string{"demo-bay-1", "demo-central"} {
		if w != own {
			out = append(out, s.cosigns(w, text, 1))
		}
	}
	return out
}

// TestWhatIsSignedWronglyIsRefused: whoever has every key of the shop still cannot pass
// what is no receipt for one.
func TestWhatIsSignedWronglyIsRefused(t *testing.T) {
	s := newScribe(t)
	if p, err := receipt.Verify(s.receipt(s.usual), nil); err != nil || len(p.Witness) != 2 {
		t.Fatalf("without a fault it is not genuine: %v", err)
	}
	for name, file := range forgeries(t) {
		_, err := receipt.Verify(file, nil)
		if !errors.Is(err, receipt.ErrProof) && !errors.Is(err, receipt.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
