package tlog_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"pitlane/edge/tlog"
)

const epoch = "00112233445566778899aabbccddeeff"

func keyOf(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return ed25519.NewKeyFromSeed(seed)
}

func rosterOf(names ...string) *tlog.Roster {
	r := &tlog.Roster{Shop: "demo"}
	for _, n := range names {
		r.Nodes = append(r.Nodes, tlog.RosterNode{Name: n, Role: "bay", Key: keyOf(n).Public().(ed25519.PublicKey)})
	}
	return r
}

// made is a log in memory: nothing but entries and tree hashes.
type made struct {
	origin  string
	entries []tlog.Entry
	tree    tlog.Frontier
	stored  [][]tlog.Hash
}

func (m *made) read(seq uint64, level int) (tlog.Hash, error) { return m.stored[seq][level], nil }

// logOf makes the log of a node with n entries, each with both payloads.
func logOf(t testing.TB, node string, n int) *made {
	t.Helper()
	return logAs(t, node+"/"+epoch, n, func(*tlog.Entry) {})
}

// logAs is logOf under any origin, with entries changed before they are hashed.
func logAs(t testing.TB, origin string, n int, change func(*tlog.Entry)) *made {
	t.Helper()
	m := &made{origin: origin}
	for i := range n {
		e := tlog.Entry{Origin: m.origin, Seq: uint64(i), Boot: "0", Kind: "work.paused", Job: fmt.Sprintf("job-%d", i%3), Request: tlog.RequestID{byte(i), 1}}
		e.Work, e.Contact = opening(t, `{"n":%d}`, i), opening(t, `{"c":%d}`, i)
		e.WorkCommit, e.ContactCommit = e.Work.Commit(), e.Contact.Commit()
		change(&e)
		encode(t, &e)
		m.entries, m.stored = append(m.entries, e), append(m.stored, m.tree.Add(e.Hash))
	}
	return m
}

func opening(t testing.TB, format string, args ...any) *tlog.Opening {
	t.Helper()
	o, err := tlog.NewOpening(fmt.Appendf(nil, format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func encode(t testing.TB, e *tlog.Entry) {
	t.Helper()
	var err error
	if e.Leaf, err = tlog.EncodeLeaf(e); err != nil {
		t.Fatal(err)
	}
	e.Hash = tlog.LeafHash(e.Leaf)
}

// at is the tree at an earlier size.
func (m *made) at(t testing.TB, size uint64) tlog.Frontier {
	t.Helper()
	f, err := tlog.FrontierAt(size, m.read)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// signed is the checkpoint at a size, by whatever key.
func (m *made) signed(t testing.TB, size uint64, key ed25519.PrivateKey) []byte {
	t.Helper()
	b, err := tlog.SignCheckpoint(tlog.Checkpoint{Origin: m.origin, Size: size, Root: m.at(t, size).Root()}, tlog.NewSigner(tlog.NodeOf(m.origin), key))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// segment is the run from first to end-1 under the checkpoint of a size.
func (m *made) segment(t testing.TB, first, end, size uint64) tlog.Segment {
	t.Helper()
	proof, err := tlog.Prove(size, end, m.read)
	if err != nil {
		t.Fatal(err)
	}
	return tlog.Segment{
		Origin: m.origin, First: first, Entries: slices.Clone(m.entries[first:end]),
		Checkpoint: m.signed(t, size, keyOf(tlog.NodeOf(m.origin))), Proof: proof,
	}
}
