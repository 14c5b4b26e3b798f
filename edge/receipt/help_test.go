package receipt_test

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
	"pitlane/housetest"
)

// made is a small shop whose reception has sealed a job, cosigned by two others.
type made struct {
	file   []byte
	shop   string // verifier key
	keys   map[string]ed25519.PrivateKey
	roster *tlog.Roster
	signed []byte // roster
}

func keyOf(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return ed25519.NewKeyFromSeed(seed)
}

func newShop(t testing.TB) *made {
	t.Helper()
	m := &made{keys: map[string]ed25519.PrivateKey{}, roster: &tlog.Roster{Shop: "demo"}}
	for name, role := range map[string]string{"demo-bay-1": "bay", "demo-central": "central", "demo-reception": "reception"} {
		m.keys[name] = keyOf(name)
		m.roster.Nodes = append(m.roster.Nodes, tlog.RosterNode{
			Name: name, Role: role, Key: m.keys[name].Public().(ed25519.PublicKey),
		})
	}
	var err error
	if m.signed, err = tlog.SignRoster(m.roster, keyOf("demo")); err != nil {
		t.Fatal(err)
	}
	m.shop = receipt.FormatKey("demo", keyOf("demo").Public().(ed25519.PublicKey))
	return m
}

func (m *made) open(t testing.TB, node string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Options{
		Dir: filepath.Join(t.TempDir(), node), Node: node, Key: m.keys[node], Roster: m.roster,
		Clock: &housetest.TickClock{}, Quality: func() uint8 { return 1 }, Reserve: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// sealedWith seals a job after so many events and gives the receipt.
func sealedWith(t testing.TB, events int, payload string) *made {
	t.Helper()
	m := newShop(t)
	j := m.open(t, "demo-reception")
	for i := range events {
		if _, err := j.Append(t.Context(), journal.Draft{Kind: "work.paused", Job: "job-1", Work: fmt.Appendf(nil, `{"n":%d}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	es, err := j.Append(t.Context(), journal.Draft{Kind: receipt.Sealed, Job: "job-1", Work: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"demo-bay-1", "demo-central"} {
		m.cosign(t, j, m.open(t, w))
	}
	in, err := j.Include(t.Context(), es[0].Origin, es[0].Seq)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.New(es[0], in, m.shop, m.signed)
	if err != nil {
		t.Fatal(err)
	}
	m.file = r.Encode()
	return m
}

// cosign lets a witness adopt a log and cosign it.
func (m *made) cosign(t testing.TB, j, witness *journal.Journal) {
	t.Helper()
	for from := uint64(0); ; {
		s, err := j.Segment(t.Context(), j.Origin(), from, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Entries) == 0 {
			break
		}
		if err := witness.Adopt(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		from += uint64(len(s.Entries))
	}
	note, err := witness.Cosign(j.Origin(), time.Unix(1_790_000_123, 0))
	if err != nil || note == nil {
		t.Fatalf("cosign: %s, %v", note, err)
	}
	if err := j.TakeCosigned(note); err != nil {
		t.Fatal(err)
	}
}

func statement(lines int) string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, `,{"o":0,"s":%d,"k":"work.paused","h":"%064x"}`, i, i)
	}
	return `{"ticket":"A-001","leaves":[` + strings.TrimPrefix(b.String(), ",") + `]}`
}
