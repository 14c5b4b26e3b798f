package edge

import (
	"context"
	"crypto/ed25519"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func TestAKioskClosedForWantOfRoomOpensWithoutAnEntry(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{{Name: "demo-bay-1", Role: "bay", Key: key.Public().(ed25519.PublicKey)}}}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(t.TempDir(), "n"), Node: "demo-bay-1", Key: key, Roster: roster})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	told := make(chan board.Now, 4)
	w := &watched{Journal: j, tell: func(n board.Now) { told <- n }}
	w.note(journal.ErrFull) // as a refused entry leaves it
	if n := <-told; n.Fault == nil || n.Fault.Kind != "disk_full" {
		t.Fatalf("told %+v", n)
	}
	if _, err := w.Append(t.Context(), journal.Draft{Kind: "key.taken", Device: true}); err != nil {
		t.Fatal(err)
	}
	if len(told) > 0 {
		t.Errorf("what a device did opened the kiosk: told %+v", <-told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go w.watch(ctx, time.Millisecond)
	if n := <-told; n.ClearFault == nil || n.ClearFault.Kind != "disk_full" {
		t.Errorf("told %+v", n)
	}
}
