package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
)

func TestABeginningThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	origin := j.Origin()
	closeOnce(t, j)
	identity := filepath.Join(o.Dir, "identity")
	if err := os.Remove(identity); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if j.Origin() != origin || size(j, origin) != 1 {
		t.Errorf("origin %s of %d entries, want %s of 1", j.Origin(), size(j, origin), origin)
	}
	appendOne(t, j, pause(1))
	closeOnce(t, j)
	if err := os.Remove(identity); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if j.Origin() == origin {
		t.Error("without its identity a log with entries is gone on with")
	}
	if got, want := len(j.Tips()), 2; got != want {
		t.Errorf("%d origins, want %d: the old epoch is kept", got, want)
	}
	if got := readAll(t, j, j.Origin())[0].Kind; got != "log.opened" {
		t.Errorf("the new epoch begins with %s", got)
	}
	mustVerify(t, j)
}

func TestALogWithoutItsFilesGoesOnInANewEpoch(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	old := j.Origin()
	closeOnce(t, j)
	if err := os.RemoveAll(filepath.Join(o.Dir, "segments")); err != nil {
		t.Fatal(err)
	}
	j = shop.open(t, o)
	if j.Origin() == old || size(j, j.Origin()) != 1 || len(j.Mended()) == 0 {
		t.Errorf("it writes %s after %s, and says %q", j.Origin(), old, j.Mended())
	}
}

func TestNobodyIsWokenBeforeTheCommit(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	j := shop.journal(t, "demo-bay-1")
	wake, stop := j.Wake()
	defer stop()
	early := make(chan bool, 1)
	release := journal.HoldWriter(j, func() {
		select {
		case <-wake:
			early <- true
		default:
			early <- size(j, j.Origin()) != 1
		}
	})
	release()
	appendOne(t, j, pause(1))
	if <-early {
		t.Error("the entry was known before its commit")
	}
	<-wake
}

func TestOpeningSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	ok := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	for name, change := range map[string]func(*journal.Options){
		"shop add":   func(o *journal.Options) { o.Roster = &journal.Roster{Shop: "demo"} },
		"a-z":        func(o *journal.Options) { o.Node = "Bay 1" },
		"key":        func(o *journal.Options) { o.Key = nil },
		"allow more": func(o *journal.Options) { o.MaxSize, o.Reserve = 100, 200 },
	} {
		o := ok
		change(&o)
		if _, err := journal.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("open = %v, want %q in it", err, name)
		}
	}
	if _, err := journal.OpenReadOnly(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "node's folder") {
		t.Errorf("open an empty folder to look = %v", err)
	}
}
