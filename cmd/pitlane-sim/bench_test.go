package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// BenchmarkByteToScreen measures how long after the last byte of an adapter's
// answer left the pty the bay screen's WebSocket brings what it says: through the
// real driver, bay, board and hub, on a line of real timing. Each frame with
// scan progress is held against the prompt written last before it.
func BenchmarkByteToScreen(b *testing.B) {
	s := newBenchShop(b)
	var took []time.Duration
	for b.Loop() {
		id := s.carInBay()
		took = append(took, s.scan(id)...)
		s.onBay("start", id, nil)
		s.onBay("finish", id, map[string]any{"cause": "bench"})
		s.seenAtDesk(id, job.PhaseDone)
		s.atDesk("inspect", id, map[string]any{"passed": true, "checks": []string{"test_drive"}})
	}
	report(b, took)
}

// BenchmarkBayToWaitingRoom measures how long after a technician's tap at his bay
// the waiting room's WebSocket, at reception, brings the new public word: journal
// of the bay, link, broker, journal of reception, board, hub.
func BenchmarkBayToWaitingRoom(b *testing.B) {
	s := newBenchShop(b)
	id := s.carInBay()
	s.onBay("receive", id, nil)
	words := newEyes[board.WaitingView]()
	s.group.Go(func() { words.run(s.ctx, s.reception, "board") })
	var took []time.Duration
	for b.Loop() {
		s.onBay("start", id, nil)
		s.word(words, job.WordRepair)
		tapped := time.Now()
		s.onBay("finish", id, map[string]any{"cause": "bench"})
		s.word(words, job.WordInspection)
		took = append(took, time.Since(tapped))
		s.seenAtDesk(id, job.PhaseDone)
		s.atDesk("inspect", id, map[string]any{"passed": false, "reason": "bench", "checks": []string{}})
		s.inBay(id, job.PhaseRework)
	}
	report(b, took)
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(len(took)), "frames")
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// benchShop is a whole shop in this process, with people at its screens.
type benchShop struct {
	b              *testing.B
	ctx            context.Context //nolint:containedctx // the benchmark's own
	group          sync.WaitGroup
	prompts        *promptClock
	reception, bay *screen
	staff          *morning
}

func newBenchShop(b *testing.B) *benchShop {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &benchShop{b: b, ctx: ctx, prompts: &promptClock{}}
	base := freeBase(b)
	at := addressesFrom(base)
	s.reception, s.bay = newScreen("http://"+at.reception), newScreen("http://"+at.bays["bay-1"])
	s.staff = &morning{desk: newEyes[board.DeskView](), reception: s.reception, speed: 1}
	out, ready := io.Pipe()
	s.group.Go(func() {
		err := run(ctx, options{data: b.TempDir(), base: base, seed: 3, speed: 5, byHand: true, out: ready,
			listen: s.prompts.on}, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() { stop(); s.group.Wait() })
	awaitReady(b, out)
	s.group.Go(func() { s.staff.desk.run(ctx, s.reception, "desk") })
	return s
}

func (s *benchShop) must(err error) {
	s.b.Helper()
	if err != nil {
		s.b.Fatal(err)
	}
}

// carInBay checks a car in and sends it to bay-1.
func (s *benchShop) carInBay() string {
	s.b.Helper()
	s.must(s.staff.until(s.ctx, 20*time.Second, func(v board.DeskView) bool {
		return slices.ContainsFunc(v.Cabinet.Slots, func(s board.DeskSlot) bool { return s.Key == "absent" && s.Hook == "closed" })
	}))
	c, err := s.reception.open(s.ctx, customer{Lang: "en", Plate: "粤BBN345", Public: "masked", Taps: []string{"warning light"}})
	s.must(err)
	s.must(s.reception.sign(s.ctx, c))
	s.must(s.staff.hang(s.ctx, c.Job))
	s.must(s.reception.tap(s.ctx, "/api/v1/checkin/finish", map[string]any{"job": c.Job}, nil))
	s.atDesk("assign", c.Job, map[string]any{"bay": "bay-1", "lead": "TE1", "helpers": []string{}})
	s.inBay(c.Job, job.PhaseDispatched)
	return c.Job
}

func (s *benchShop) atDesk(what, id string, more map[string]any) {
	s.b.Helper()
	v, _, _ := s.staff.desk.now()
	s.must(s.staff.desktop(s.ctx, what, *find(v, id), more))
}

func (s *benchShop) seenAtDesk(id string, p job.Phase) {
	s.b.Helper()
	s.must(s.staff.until(s.ctx, 10*time.Second, func(v board.DeskView) bool { return find(v, id).Phase == p }))
}

func (s *benchShop) onBay(what, id string, more map[string]any) {
	s.b.Helper()
	in := map[string]any{"job": id, "by": "TE1"}
	maps.Copy(in, more)
	s.must(s.bay.tap(s.ctx, "/api/v1/bay/"+what, in, nil))
}

// inBay waits until the bay knows the job in a phase, with its scanner online.
func (s *benchShop) inBay(id string, p job.Phase) {
	s.b.Helper()
	s.must(s.bay.look(s.ctx, "bay", func(m message) bool {
		var v board.BayView
		return m.View == nil || json.Unmarshal(m.View, &v) != nil ||
			v.Job == nil || v.Job.ID != id || v.Job.Phase != p || v.Scanner.State != "online"
	}))
}

// word waits until the only row of the waiting room shows the word.
func (s *benchShop) word(e *eyes[board.WaitingView], w job.Word) {
	for {
		v, ok, changed := e.now()
		if ok && len(v.Rows) == 1 && v.Rows[0].Word == w {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			s.b.Fatalf("the waiting room never showed %s", w)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// promptClock remembers when the newest prompt was written.
type promptClock struct {
	mu   sync.Mutex
	last time.Time
}

type clocked struct {
	io.ReadWriter
	clock *promptClock
}

func (p *promptClock) on(rw io.ReadWriter) io.ReadWriter { return clocked{rw, p} }

func (c clocked) Write(b []byte) (int, error) {
	n, err := c.ReadWriter.Write(b)
	if bytes.IndexByte(b, '>') >= 0 {
		c.clock.mu.Lock()
		c.clock.last = time.Now()
		c.clock.mu.Unlock()
	}
	return n, err
}

// SetReadDeadline lets the adapter be stopped; see sim.Adapter.Serve.
func (c clocked) SetReadDeadline(t time.Time) error {
	return c.ReadWriter.(interface{ SetReadDeadline(time.Time) error }).SetReadDeadline(t)
}

func (p *promptClock) newest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// freeBase finds a port base whose five ports are free.
func freeBase(tb testing.TB) int {
	tb.Helper()
	for base := 21000; base < 60000; base += 97 {
		ok := true
		for _, off := range []int{0, 1, 2, 10, 20} {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+off))
			if err != nil {
				ok = false
				break
			}
			_ = l.Close()
		}
		if ok {
			return base
		}
	}
	tb.Fatal("no free ports")
	return 0
}

func awaitReady(tb testing.TB, out io.Reader) {
	tb.Helper()
	var said []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(said, []byte("\nready\n")) {
		n, err := out.Read(buf)
		if err != nil {
			tb.Fatalf("the shop did not become ready: %v", err)
		}
		said = append(said, buf[:n]...)
	}
}

// scan scans the car and says for each frame of progress how old its bytes were.
func (s *benchShop) scan(id string) []time.Duration {
	s.b.Helper()
	s.onBay("receive", id, nil)
	s.onBay("scan", id, nil)
	var took []time.Duration
	done := -1 // the first message is a snapshot of whatever was, however old
	s.must(s.bay.look(s.ctx, "bay", func(m message) bool {
		now := time.Now()
		var v board.BayView
		if m.View == nil || json.Unmarshal(m.View, &v) != nil || v.Scan == nil {
			return true
		}
		if done < 0 {
			done = v.Scan.Done
		}
		if v.Scan.Done > done {
			done = v.Scan.Done
			took = append(took, now.Sub(s.prompts.newest()))
		}
		return v.Scan.Running || done <= 0
	}))
	return took
}
