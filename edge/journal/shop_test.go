package journal_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/housetest"
)

// testShop is a shop of nodes whose keys are made from their names.
type testShop struct {
	roster *journal.Roster
	keys   map[string]ed25519.PrivateKey
}

func newTestShop(nodes ...string) testShop {
	s := testShop{roster: &journal.Roster{Shop: "demo"}, keys: map[string]ed25519.PrivateKey{}}
	for _, n := range nodes {
		seed := make([]byte, ed25519.SeedSize)
		copy(seed, n)
		s.keys[n] = ed25519.NewKeyFromSeed(seed)
		s.roster.Nodes = append(s.roster.Nodes, tlog.RosterNode{
			Name: n, Role: "bay", Key: s.keys[n].Public().(ed25519.PublicKey),
		})
	}
	return s
}

func (s testShop) options(dir, node string) journal.Options {
	return journal.Options{
		Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster,
		Clock: &housetest.TickClock{}, Quality: func() uint8 { return 1 }, SelfCheck: true, Reserve: -1,
	}
}

func (s testShop) open(t testing.TB, o journal.Options) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeOnce(t, j) })
	return j
}

// journal opens a fresh journal.
func (s testShop) journal(t testing.TB, node string) *journal.Journal {
	t.Helper()
	return s.open(t, s.options(filepath.Join(t.TempDir(), node), node))
}

func closeOnce(t testing.TB, j *journal.Journal) {
	t.Helper()
	if err := j.Close(); err != nil && !errors.Is(err, journal.ErrClosed) {
		t.Errorf("close: %v", err)
	}
}

func appendOne(t testing.TB, j *journal.Journal, d journal.Draft) journal.Entry {
	t.Helper()
	es, err := j.Append(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return es[0]
}

func pause(i int) journal.Draft {
	return journal.Draft{Kind: "work.paused", Job: fmt.Sprintf("job-%d", i%7), Work: fmt.Appendf(nil, `{"n":%d}`, i)}
}

func size(j *journal.Journal, origin string) uint64 {
	for _, tip := range j.Tips() {
		if tip.Origin == origin {
			return tip.Size
		}
	}
	return 0
}

func readAll(t testing.TB, j *journal.Journal, origin string) []journal.Entry {
	t.Helper()
	var out []journal.Entry
	for e, err := range j.Read(context.Background(), origin, 0) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// carry gives to everything that from has of origin.
func carry(t testing.TB, from, to *journal.Journal, origin string, limit int) {
	t.Helper()
	for {
		s, err := from.Segment(t.Context(), origin, size(to, origin), limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Entries) == 0 {
			return
		}
		if err := to.Adopt(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func mustVerify(t testing.TB, j *journal.Journal) {
	t.Helper()
	if err := j.Verify(context.Background()); err != nil {
		t.Error(err)
	}
}

func payload(e journal.Entry) string {
	if e.Work == nil {
		return ""
	}
	return string(e.Work.Payload)
}

// writeRoster puts the test shop's signed roster and key into a node's folder.
func writeRoster(t *testing.T, dir string) {
	t.Helper()
	shop := newTestShop("demo-bay-1", "demo-desk")
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signed, err := tlog.SignRoster(shop.roster, key)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := note.NewEd25519VerifierKey("demo", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"roster": signed, "shop.pub": []byte(vkey + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func low(j *journal.Journal, origin string) uint64 {
	for _, tip := range j.Tips() {
		if tip.Origin == origin {
			return tip.Low
		}
	}
	return 0
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// anything lets everything go up to a size.
func anything(upTo uint64) journal.TrimPolicy {
	return journal.TrimPolicy{
		Done: func(string) bool { return true },
		Safe: func(string) uint64 { return upTo },
	}
}
