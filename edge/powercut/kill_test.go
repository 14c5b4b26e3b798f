//go:build !race

package powercut

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// TestAKillLosesNothingAndDoublesNothing kills a node at random points, by SIGKILL:
// four people write, what devices did is written, a peer's log comes in, old files are
// trimmed. After each kill all that was acknowledged is there once, the trees are
// computed anew, and what was asked before gets its first answer.
func TestAKillLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	pieces, err := peerLog(t.Context(), dir, 60)
	if err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "pieces"), pieces)
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	v := victim{dir: filepath.Join(dir, "n"), pieces: filepath.Join(dir, "pieces"), acked: newAcked()}
	kills := 0
	for range housetest.Rounds(t, 25) {
		if kills%100 == 0 { // a fresh one: what is looked at grows with each
			v.acked, v.at = newAcked(), v.at+1
		}
		v.kill(t, rnd)
		kills++
		if err := clean(t.Context(), v.folder(), v.acked, pieces[0].Origin); err != nil {
			t.Fatalf("kill %d: %v", kills, err)
		}
	}
	t.Logf("%d kills, %d acknowledged events, each there exactly once", kills, v.total)
}

// victim is a node that is killed.
type victim struct {
	dir, pieces string
	acked       *acked
	at          int // number of the folder
	next, total int
}

func (v *victim) folder() string { return fmt.Sprint(v.dir, v.at) }

// kill lets the node write and kills it, after so many acknowledgements or so much
// time, so that the start is hit too.
func (v *victim) kill(t *testing.T, rnd *rand.Rand) {
	t.Helper()
	c := copyOf(t.Context(), "TestWritingChild", v.folder(), "honest", fmt.Sprint(v.next), fmt.Sprint(v.acked.peer), v.pieces)
	v.next += 1000
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	after := 1 + rnd.IntN(60)
	fuse := time.AfterFunc(time.Duration(5+rnd.IntN(400))*time.Millisecond, func() { _ = c.Process.Kill() }) // dead already
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); {
		if v.acked.heard(in.Text()) {
			v.total++
			if n++; n == after {
				_ = c.Process.Kill() // dead already
			}
		} else if strings.HasPrefix(in.Text(), "    ") {
			t.Error(in.Text())
		}
	}
	fuse.Stop()
	_ = c.Wait() // it was killed: that is its error
}

// heard notes an acknowledgement that a child printed.
func (a *acked) heard(line string) bool {
	var id string
	var seq uint64
	if n, _ := fmt.Sscanf(line, "own %s %d", &id, &seq); n == 2 {
		b, err := hex.DecodeString(id)
		if err != nil || len(b) != 16 {
			return false
		}
		a.own[journal.RequestID(b)] = seq
		return true
	}
	if n, _ := fmt.Sscanf(line, "peer %d", &seq); n == 1 {
		a.peer = max(a.peer, seq)
		return true
	}
	if n, _ := fmt.Sscanf(line, "gone %d", &seq); n == 1 {
		a.gone = max(a.gone, seq)
	}
	return false
}

// TestWritingChild writes until it is stopped: four people, one of them asking
// everything twice, a peer's log coming in, and old files trimmed.
func TestWritingChild(t *testing.T) {
	dir, words, ok := part()
	if !ok {
		return // only a part of the tests above
	}
	var first, peer int
	if _, err := fmt.Sscan(strings.Join(words[1:3], " "), &first, &peer); err != nil {
		t.Fatal(err)
	}
	if words[0] == "lying" {
		if err := openGate(func(c call) verdict { return verdict{swap: c.name == "sync"} }); err != nil {
			t.Fatal(err)
		}
	}
	pieces := load[[]journal.Segment](t, words[3])
	ctx := context.Background()
	j, err := journal.Open(ctx, options(dir, bay))
	if err != nil {
		fmt.Println("    open:", err)
		return
	}
	s := sayer{j: j}
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() { s.people(ctx, w, first) })
	}
	all.Go(func() { s.peer(ctx, pieces, uint64(peer)) })
	all.Wait()
	_ = j.Close() // there is no disk under it any more
}

// sayer prints what is acknowledged, a line each.
type sayer struct {
	j  *journal.Journal
	mu sync.Mutex
}

func (s *sayer) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Printf(format+"\n", args...)
}

func (s *sayer) people(ctx context.Context, w, first int) {
	for n := first; n < first+1000; n++ {
		es, err := s.j.Append(ctx, wish(w, n))
		if err != nil {
			return
		}
		s.say("own %s %d", hex.EncodeToString(es[0].Request[:]), es[0].Seq)
		if again, err := s.j.Append(ctx, wish(w, n)); w == 0 && err == nil && again[0].Seq != es[0].Seq {
			s.say("    asked twice: seq %d, then %d", es[0].Seq, again[0].Seq)
		}
		if w == 1 && n%40 == 39 {
			s.trim(ctx, es[0].Seq)
		}
	}
}

func (s *sayer) trim(ctx context.Context, upTo uint64) {
	if upTo < 300 {
		return
	}
	s.say("gone %d", upTo-200)
	_, _ = s.j.Trim(ctx, journal.TrimPolicy{ // what could not be trimmed stays
		Done: func(string) bool { return true },
		Safe: func(origin string) uint64 {
			if origin == s.j.Origin() {
				return upTo - 200
			}
			return 1 << 40
		},
	})
}

func (s *sayer) peer(ctx context.Context, pieces []journal.Segment, from uint64) {
	for _, p := range pieces {
		if p.First < from {
			continue
		}
		if err := s.j.Adopt(ctx, p); err != nil {
			return
		}
		s.say("peer %d", p.First+uint64(len(p.Entries)))
	}
}
