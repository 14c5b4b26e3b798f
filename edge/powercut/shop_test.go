//go:build !race

package powercut

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

const (
	bay  = "demo-bay-1"
	desk = "demo-desk"
)

// childOf tells a copy of the test binary which part it plays, and where.
const childOf = "PITLANE_POWERCUT"

// part is what a copy of the test binary is to do: its folder and words of the
// caller; false in the test itself.
func part() (dir string, words []string, ok bool) {
	fields := strings.Fields(os.Getenv(childOf))
	if len(fields) == 0 {
		return "", nil, false
	}
	return fields[0], fields[1:], true
}

// copyOf is a command that plays one test of this binary as a part.
func copyOf(ctx context.Context, test, dir string, words ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$", "-test.v", "-test.timeout=0")
	// With one arena the C library opens no file of the machine when a thread begins: behind
	// the gate the runtime would wait for that thread, and the gate for the runtime.
	c.Env = append(os.Environ(), childOf+"="+strings.Join(append([]string{dir}, words...), " "),
		"GODEBUG=asyncpreemptoff=1", "MALLOC_ARENA_MAX=1")
	return c
}

// scratch is a folder in memory where there is room for four file systems, as there is
// not in most containers: these tests look at what is written, not at how fast a disk is.
func scratch(t testing.TB) string {
	t.Helper()
	var memory unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &memory); err != nil || memory.Bavail*uint64(memory.Bsize) < 2<<30 {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "powercut")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func key(node string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, node)
	return ed25519.NewKeyFromSeed(seed)
}

func options(dir, node string) journal.Options {
	r := &journal.Roster{Shop: "demo"}
	for _, n := range []string{bay, desk} {
		r.Nodes = append(r.Nodes, tlog.RosterNode{Name: n, Role: "bay", Key: key(n).Public().(ed25519.PublicKey)})
	}
	return journal.Options{
		Dir: dir, Node: node, Key: key(node), Roster: r, Reserve: 64 << 10,
		Quality: func() uint8 { return 1 }, SegmentLeaves: 14, SegmentBytes: 1 << 20,
	}
}

// request names the n-th wish of a writer.
func request(writer, n int) journal.RequestID {
	return journal.RequestID{byte(writer + 1), byte(n >> 16), byte(n >> 8), byte(n)}
}

func wish(writer, n int) journal.Draft {
	return journal.Draft{
		Kind: "work.paused", Job: fmt.Sprintf("job-%d", n%5), Request: request(writer, n),
		Work: fmt.Appendf(nil, `{"n":%d,"fill":"%s"}`, n, strings.Repeat("x", n*37%300)), Device: n%3 == 0,
	}
}

// peerLog is a peer's log in pieces, to adopt.
func peerLog(ctx context.Context, dir string, n int) ([]journal.Segment, error) {
	return piecesOf(ctx, options(filepath.Join(dir, "peer"), desk), n, wish)
}

// piecesOf writes n wishes, where they are not written yet, and gives the log.
func piecesOf(ctx context.Context, o journal.Options, n int, wish func(writer, n int) journal.Draft) (pieces []journal.Segment, err error) {
	j, err := journal.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	for i := range n {
		if _, err := j.Append(ctx, wish(99, i)); err != nil {
			return nil, err
		}
	}
	for from := uint64(0); ; {
		s, err := j.Segment(ctx, j.Origin(), from, 1500)
		if err != nil || len(s.Entries) == 0 {
			return pieces, err
		}
		pieces = append(pieces, s)
		from += uint64(len(s.Entries))
	}
}

// acked is what was acknowledged: request → seq of this node's log, and how much of
// the peer's log.
type acked struct {
	own     map[journal.RequestID]uint64
	refused map[journal.RequestID]bool // and not asked again

	peer uint64
	gone uint64 // own entries below may be trimmed

	keys told // of a journal with keys
	days int  // that were begun

	trimmed int    // files
	said    func() // hears of every acknowledgement
}

func (a *acked) say() {
	if a.said != nil {
		a.said()
	}
}

// begin gives the number of a new day.
func (a *acked) begin() int {
	a.days++
	a.say()
	return a.days - 1
}

func (a *acked) ack(id journal.RequestID, seq uint64) {
	a.own[id] = seq
	a.say()
}

func (a *acked) took(s journal.Segment) {
	a.peer = s.First + uint64(len(s.Entries))
	a.say()
}

func newAcked() *acked {
	return &acked{own: map[journal.RequestID]uint64{}, refused: map[journal.RequestID]bool{}, keys: newTold()}
}

// clean holds a folder against what was acknowledged: it opens, it verifies, every
// acknowledged event is there exactly once and found by its request, and it can be
// written again.
func clean(ctx context.Context, dir string, a *acked, peer string) (err error) {
	j, err := journal.Open(ctx, options(dir, bay))
	if err != nil {
		return fmt.Errorf("it does not open: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return holds(ctx, j, a, peer, func(journal.Entry) error { return nil })
}

// holds is what clean asks of an open journal. look sees every entry of its own.
func holds(ctx context.Context, j *journal.Journal, a *acked, peer string, look func(journal.Entry) error) error {
	seen := map[journal.RequestID]uint64{}
	low := uint64(0)
	for _, tip := range j.Tips() {
		if tip.Origin == j.Origin() {
			low = tip.Low
		}
	}
	if low > a.gone {
		return fmt.Errorf("it begins at %d, and only what is below %d may go", low, a.gone)
	}
	for e, err := range j.Read(ctx, j.Origin(), low) {
		if err != nil {
			return err
		}
		if _, twice := seen[e.Request]; twice {
			return fmt.Errorf("seq %d is there twice", e.Seq)
		}
		if a.refused[e.Request] {
			return fmt.Errorf("seq %d is there, and was refused", e.Seq)
		}
		seen[e.Request] = e.Seq
		if err := look(e); err != nil {
			return err
		}
	}
	for id, seq := range a.own {
		if seq < low {
			continue
		}
		if got, ok := seen[id]; !ok || got != seq {
			return fmt.Errorf("acknowledged seq %d is lost (there: %v, as %d)", seq, ok, got)
		}
		if e, ok, err := j.Request(ctx, id); err != nil || !ok || e.Seq != seq {
			return fmt.Errorf("acknowledged seq %d is not found by its request: %w", seq, err)
		}
	}
	held := uint64(0)
	for _, tip := range j.Tips() {
		if tip.Origin == peer {
			held = tip.Size
		}
	}
	if held < a.peer {
		return fmt.Errorf("of the peer's log %d entries were acknowledged, %d are there", a.peer, held)
	}
	if err := j.Verify(ctx); err != nil {
		return err
	}
	if _, err := j.Append(ctx, journal.Draft{Kind: "work.started", Job: "job-1"}); err != nil {
		return fmt.Errorf("it cannot be written any more: %w", err)
	}
	return nil
}

// played runs a part to its end and gives what it printed.
func played(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, bytes.TrimSpace(out))
	}
	return string(out)
}
