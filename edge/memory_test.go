package edge

import (
	"crypto/ed25519"
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// TestTheBoardsMemoryEndsWithWhatItIsOf: a snapshot opens for the same log, the same
// program's form and until the next erasure, and for nobody else.
func TestTheBoardsMemoryEndsWithWhatItIsOf(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	roster := &tlog.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-bay-1", Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	rooms := func(dir string) memory {
		t.Helper()
		v, err := vault.Open(vault.Options{Dir: dir, Node: "demo-bay-1", Key: key, Roster: roster})
		if err != nil {
			t.Fatal(err)
		}
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: key, Roster: roster, Keys: v})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
		return memory{j, v}
	}
	m, other := rooms(filepath.Join(t.TempDir(), "n")), rooms(filepath.Join(t.TempDir(), "o"))
	if m.Recall() != nil {
		t.Error("there is a snapshot at first")
	}
	m.Keep([]byte("snapshot"))
	if got := string(m.Recall()); got != "snapshot" {
		t.Fatalf("got %q back", got)
	}
	raw := m.journal.Kept(keptBoard)
	other.journal.Keep(keptBoard, raw)
	if other.Recall() != nil || (memory{other.journal, m.vault}).Recall() != nil {
		t.Error("it opens for another log, or with another key")
	}
	bad := append([]byte(nil), raw...)
	bad[len(bad)/2] ^= 1
	m.journal.Keep(keptBoard, bad)
	if m.Recall() != nil {
		t.Error("a damaged one opens")
	}
	m.journal.Keep(keptBoard, raw)
	if err := m.vault.Erase([]vault.Erasure{{Job: "j1", Class: tlog.Work, Origin: m.journal.Origin(), Seq: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if m.Recall() != nil {
		t.Error("it opens after an erasure")
	}
	m.Keep([]byte("new"))
	if got := string(m.Recall()); got != "new" {
		t.Errorf("after an erasure %q is kept", got)
	}
}
