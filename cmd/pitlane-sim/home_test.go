package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/shop"
)

func TestAWrongCommandLineIsRefused(t *testing.T) {
	for name, o := range map[string]options{
		"no speed":       {base: 40000},
		"speed NaN":      {base: 40000, speed: math.NaN()},
		"speed Inf":      {base: 40000, speed: math.Inf(1)},
		"negative span":  {base: 40000, speed: 1, span: -time.Second},
		"base too high":  {base: 65530, speed: 1},
		"too many files": {base: 40000, speed: 1, vehicles: []string{"a", "b", "c"}},
	} {
		var u *usage
		if err := check(t.Context(), o, 0); !errors.As(err, &u) || u.hint == "" || exitCode(err) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOneProgramAFolder(t *testing.T) {
	dir := t.TempDir()
	first, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	var u *usage
	if _, err := openHome(dir); !errors.As(err, &u) {
		t.Errorf("a second program: %v", err)
	}
	first.close()
	again, err := openHome(dir)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.close()
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("a folder of the user's is left: %v", err)
	}
}

func TestATemporaryFolderIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	h, err := openHome("")
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// newDevices are those of a start of the program on dir.
func newDevices(t *testing.T, dir string) *practice {
	t.Helper()
	dev, err := newPractice(dir, bayNames(), nil, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dev.close)
	return dev
}

func TestABrokenOffFoundingIsDoneAgain(t *testing.T) {
	at := addressesFrom(40000)
	whole := t.TempDir()
	if err := foundShop(whole, at, newDevices(t, whole), true); err != nil {
		t.Fatal(err)
	}
	parts := []string{"roster", "ca.pem", "demo-bay-1", "broker.passwd", "demo-bay-2", "shop.pub", "demo-reception"}
	for n := range parts {
		dir := t.TempDir()
		for _, p := range parts[:n+1] {
			old := filepath.Join(whole, p)
			if st, err := os.Stat(old); err != nil || !st.IsDir() {
				body, _ := os.ReadFile(old)
				if err := os.WriteFile(filepath.Join(dir, p), body, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if err := os.CopyFS(filepath.Join(dir, p), os.DirFS(old)); err != nil {
				t.Fatal(err)
			}
		}
		if err := foundShop(dir, at, newDevices(t, dir), true); err != nil {
			t.Fatalf("after %v: %v", parts[:n+1], err)
		}
		for _, node := range nodeNames() {
			m, err := shop.Load(filepath.Join(dir, shopName+"-"+node))
			if err != nil || len(m.Roster.Nodes) != len(nodeNames()) {
				t.Errorf("after %v: %s: %v", parts[:n+1], node, err)
			}
		}
	}
}

func TestAForeignShopIsLeftAsItIs(t *testing.T) {
	at := addressesFrom(40000)
	other := t.TempDir()
	if err := shop.Init(filepath.Join(other, "s"), "acme"); err != nil {
		t.Fatal(err)
	}
	noKey := t.TempDir()
	if err := os.MkdirAll(filepath.Join(noKey, "demo-bay-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(noKey, "demo-bay-1", "identity"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(other, "s"), noKey} {
		var u *usage
		if err := foundShop(dir, at, newDevices(t, dir), true); !errors.As(err, &u) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if _, err := os.Stat(filepath.Join(noKey, "demo-bay-1", "identity")); err != nil {
		t.Errorf("a node in use was touched: %v", err)
	}
}

func TestKeysAndTicketsOutliveThePower(t *testing.T) {
	dir := t.TempDir()
	first := newDevices(t, dir)
	first.memory.moved(2, true)
	first.memory.moved(5, true)
	first.memory.moved(2, false)
	first.memory.ticket("j1", "12345678")
	first.memory.ticket("j2", "87654321")
	first.memory.ticket("j1", "")
	first.close()
	next := newDevices(t, dir)
	for slot, want := range map[int]bool{2: false, 5: true} {
		if _, key := next.cabinet.Slot(slot); key != want {
			t.Errorf("a key in slot %d: %v, want %v", slot, key, want)
		}
	}
	if _, ok := next.memory.code("j1"); ok {
		t.Error("a ticket that was thrown away is there again")
	}
	if c, ok := next.memory.code("j2"); !ok || c != "87654321" {
		t.Errorf("the ticket's code = %q %v", c, ok)
	}
}

func TestAnEndInTheMiddleOfTheStartIsNoError(t *testing.T) {
	base := 0
	// One of the five ports may be another program's; those from 32768 on are given to calls.
	for base == 0 {
		if b := 20000 + rand.IntN(12000); check(t.Context(), options{base: b, speed: 1}, 0) == nil {
			base = b
		}
	}
	for _, after := range []time.Duration{time.Nanosecond, 5 * time.Millisecond, 30 * time.Millisecond, 80 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		var out bytes.Buffer
		err := run(ctx, options{data: t.TempDir(), base: base, speed: 1, out: &out}, slog.New(slog.NewTextHandler(io.Discard, nil)))
		cancel()
		if err != nil {
			t.Errorf("ended after %v: %v", after, err)
		}
	}
}
