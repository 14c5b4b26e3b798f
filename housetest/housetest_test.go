package housetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// heard is a test that says what was said to it, and does not end.
type heard struct {
	testing.TB
	errors, fatals []string
}

func (h *heard) Helper() {}

func (h *heard) Errorf(format string, args ...any) {
	h.errors = append(h.errors, fmt.Sprintf(format, args...))
}

func (h *heard) Fatalf(format string, args ...any) {
	h.fatals = append(h.fatals, fmt.Sprintf(format, args...))
	panic(h) // as a test ends
}

// ends reports whether f ends its test.
func ends(t *testing.T, f func(testing.TB)) (ended bool) {
	t.Helper()
	h := &heard{TB: t}
	defer func() {
		if p := recover(); p != nil && p != any(h) {
			panic(p)
		}
		ended = len(h.fatals) > 0
	}()
	f(h)
	return false
}

func TestRoundsAreShortOrAsLongAsIsSaid(t *testing.T) {
	t.Setenv("PITLANE_SOAK", "")
	if got := slices.Collect(Rounds(t, 3)); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("the short form counts %v", got)
	}
	t.Setenv("PITLANE_SOAK", "1h")
	synctest.Test(t, func(t *testing.T) {
		n := 0
		for range Rounds(t, 3) {
			<-time.After(10 * time.Minute)
			n++
		}
		if n != 6 {
			t.Errorf("an hour has %d rounds of ten minutes", n)
		}
	})
	t.Setenv("PITLANE_SOAK", "long")
	if !ends(t, func(tb testing.TB) { Rounds(tb, 3) }) {
		t.Error("what is no duration is taken for one")
	}
}

func TestAddressesAreDifferentAndFree(t *testing.T) {
	all := OwnAddresses(t, 50)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 50 {
		t.Errorf("of 50 addresses %d are different", n)
	}
}

func TestWaitingEndsWhenItIsSoOrNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(time.Second)
		Until(t, "a second is over", func() bool { return !time.Now().Before(at) })
		if !ends(t, func(tb testing.TB) { Until(tb, "never", func() bool { return false }) }) {
			t.Error("what never comes true is waited for without a fault")
		}
	})
}

func TestAnotherByteThanTheGoldenOneIsSeen(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	Golden(t, true, "g", []byte("a"))
	if b, err := os.ReadFile(filepath.Join("testdata", "g")); err != nil || string(b) != "a" {
		t.Fatalf("the file holds %q, %v", b, err)
	}
	Golden(t, false, "g", []byte("a"))
	h := &heard{TB: t}
	if Golden(h, false, "g", []byte("b")); len(h.errors) != 1 {
		t.Error("another byte is not seen")
	}
	if !ends(t, func(tb testing.TB) { Golden(tb, false, "none", nil) }) {
		t.Error("a file that is not there is not seen")
	}
}
