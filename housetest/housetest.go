package housetest

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// patience bounds waits that end at once when the code is right.
const patience = time.Minute

// Soak is how long the long form of a test lasts (PITLANE_SOAK, a duration); 0 is the
// short form.
func Soak(t testing.TB) time.Duration {
	t.Helper()
	s := os.Getenv("PITLANE_SOAK")
	if s == "" {
		return 0
	}
	long, err := time.ParseDuration(s)
	if err != nil {
		t.Fatalf("read PITLANE_SOAK: %v", err)
	}
	return long
}

// Rounds counts 0 … ci-1, and on for as long as the long form lasts: the same test in
// both forms.
func Rounds(t testing.TB, ci int) iter.Seq[int] {
	t.Helper()
	long, begun := Soak(t), time.Now()
	return func(yield func(int) bool) {
		for i := 0; i < ci || time.Since(begun) < long; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// OwnAddress is an address of the loopback net that stays free while nobody listens
// there: a port of 127.0.0.1 may become the near end of anybody's call.
func OwnAddress(t testing.TB) string {
	t.Helper()
	return OwnAddresses(t, 1)[0]
}

// OwnAddresses are n of them, no two the same.
func OwnAddresses(t testing.TB, n int) []string {
	t.Helper()
	all := make([]string, n)
	for i := range all {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.%d.%d.%d:0", 16+rand.IntN(200), rand.IntN(250), 1+rand.IntN(250)))
		if err != nil {
			t.Fatalf("find a free address: %v", err)
		}
		defer func() { _ = l.Close() }() // when all are found; to be listened at again
		all[i] = l.Addr().String()
	}
	return all
}

// Until polls what has no event of its own until it is so.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("this does not come true: %s", what)
		}
	}
}

// Golden compares with a file in the package's testdata, or rewrites it where update
// says so (the package's own -update).
func Golden(t testing.TB, update bool, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatalf("write a golden file: %v", err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read a golden file: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%q\nwant\n%q", name, got, want)
	}
}

// TickClock is a machine's clock that moves a millisecond at each look, so that what is
// written by it is the same every time. The zero value begins in September 2026.
type TickClock struct {
	mu sync.Mutex
	n  int64
}

// Now is the wall clock.
func (c *TickClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return time.UnixMilli(1_790_000_000_000 + c.n)
}

// Boot is the one boot of the machine and the time since.
func (c *TickClock) Boot() (string, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "0b5f2c1e-7a44-4b0e-9d83-3c1f7c6f0001", time.Duration(c.n) * time.Millisecond
}
