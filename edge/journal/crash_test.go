package journal_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// crashDir tells a copy of the test binary to be the process that is killed.
const crashDir = "PITLANE_CRASH_DIR"

// TestCrashChild is the process that is killed: 8 writers append and say what was
// acknowledged.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return // only a part of the test below
	}
	shop := newTestShop("demo-bay-1")
	o := shop.options(dir, "demo-bay-1")
	o.SelfCheck, o.SegmentLeaves = false, 50
	j := shop.open(t, o)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				d := pause(i)
				pid := os.Getpid()
				d.Request = journal.RequestID{byte(w + 1), byte(i >> 8), byte(i), byte(pid >> 16), byte(pid >> 8), byte(pid)}
				es, err := j.Append(context.Background(), d)
				if err != nil {
					return
				}
				mu.Lock()
				fmt.Printf("ack %s %d\n", d.Request, es[0].Seq)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestWhatWasAcknowledgedIsThereOnceAfterAKill(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "n")
	acked := map[journal.RequestID]uint64{}
	rnd := rand.New(rand.NewPCG(4, 2))
	kills := 0
	for range housetest.Rounds(t, 3) {
		kills++
		for id, seq := range killed(t, dir, 40+rnd.IntN(130)) {
			acked[id] = seq
		}
		checkAcked(t, dir, acked)
	}
	if len(acked) < 100 {
		t.Errorf("only %d appends were acknowledged", len(acked))
	}
	t.Logf("%d kills, %d acknowledged appends, each there exactly once", kills, len(acked))
}

// killed runs the child until it has acknowledged so many, kills it, and gives
// what it had acknowledged.
func killed(t *testing.T, dir string, after int) map[journal.RequestID]uint64 {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.v")
	c.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[journal.RequestID]uint64{}
	var lines []string
	s := bufio.NewScanner(out)
	for s.Scan() {
		lines = append(lines, s.Text())
		var hexID string
		var seq uint64
		if n, _ := fmt.Sscanf(s.Text(), "ack %s %d", &hexID, &seq); n != 2 {
			continue
		}
		b, err := hex.DecodeString(hexID)
		if err != nil {
			t.Fatal(err)
		}
		if acked[journal.RequestID(b)] = seq; len(acked) == after {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
	_ = c.Wait() // it was killed: that is its error
	if len(acked) < after {
		t.Fatalf("the child ended by itself:\n%s", strings.Join(lines, "\n"))
	}
	return acked
}

func checkAcked(t *testing.T, dir string, acked map[journal.RequestID]uint64) {
	t.Helper()
	shop := newTestShop("demo-bay-1")
	o := shop.options(dir, "demo-bay-1")
	o.SegmentLeaves = 50
	j := shop.open(t, o)
	defer closeOnce(t, j)
	at := map[journal.RequestID]uint64{}
	for _, e := range readAll(t, j, j.Origin()) {
		if _, twice := at[e.Request]; twice {
			t.Errorf("request %s is there twice", e.Request)
		}
		at[e.Request] = e.Seq
	}
	for id, seq := range acked {
		if got, ok := at[id]; !ok || got != seq {
			t.Fatalf("request %s was acknowledged as seq %d, it is there: %v, as %d", id, seq, ok, got)
		}
		if e, ok, err := j.Request(t.Context(), id); err != nil || !ok || e.Seq != seq {
			t.Fatalf("request %s is not found by its id: %v %v", id, ok, err)
		}
	}
	mustVerify(t, j)
}
