package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/edge/board"
)

// BenchmarkByteToScreen measures how long after the last byte of an adapter's
// answer left the pty the bay screen's WebSocket brings what it says: through the
// real driver, bay, board and hub, on a line of real timing. Each frame with
// scan progress is held against the prompt written last before it.
func BenchmarkByteToScreen(b *testing.B) {
	prompts := &promptClock{}
	base := freeBase(b)
	out, ready := io.Pipe()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, options{data: b.TempDir(), base: base, seed: 3, speed: 5, byHand: true, out: ready,
			listen: prompts.on}, slog.New(slog.DiscardHandler))
	}()
	awaitReady(b, out)
	var took []time.Duration
	for b.Loop() {
		took = append(took, measureScan(b, base, prompts)...)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	b.ReportMetric(float64(len(took)), "frames")
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op")
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

// measureScan takes one car through check-in into bay-1 and scans it.
func measureScan(tb testing.TB, base int, prompts *promptClock) []time.Duration {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	at := addressesFrom(base)
	reception, bay := newScreen("http://"+at.reception), newScreen("http://"+at.bays["bay-1"])
	desk := newEyes[board.DeskView]()
	var group sync.WaitGroup
	group.Go(func() { desk.run(ctx, reception, "desk") })
	defer group.Wait()
	defer stop()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	m := &morning{desk: desk, reception: reception, speed: 1}
	must(m.until(ctx, 20*time.Second, func(v board.DeskView) bool { return v.Cabinet.State == "online" }))
	c, err := reception.open(ctx, customer{Lang: "en", Plate: "粤BBN345", Public: "masked", Taps: []string{"engine_light"}})
	must(err)
	must(reception.sign(ctx, c))
	must(m.hang(ctx, c.Job))
	must(reception.tap(ctx, "/api/v1/checkin/finish", map[string]any{"job": c.Job}, nil))
	v, _, _ := desk.now()
	must(m.desktop(ctx, "assign", *find(v, c.Job), map[string]any{"bay": "bay-1", "lead": "TE1", "helpers": []string{}}))

	var took []time.Duration
	asked, done := false, 0
	err = bay.look(ctx, "bay", func(msg message) bool {
		now := time.Now()
		var view board.BayView
		if msg.View == nil || json.Unmarshal(msg.View, &view) != nil || view.Job == nil || view.Job.ID != c.Job {
			return true
		}
		if !asked && view.Scanner.State == "online" {
			asked = true
			in := map[string]any{"job": c.Job, "by": "TE1"}
			must(bay.tap(ctx, "/api/v1/bay/receive", map[string]any{"job": c.Job, "by": "TE1"}, nil))
			must(bay.tap(ctx, "/api/v1/bay/scan", in, nil))
			return true
		}
		if view.Scan != nil && view.Scan.Done > done {
			done = view.Scan.Done
			took = append(took, now.Sub(prompts.newest()))
		}
		return view.Scan == nil || view.Scan.Running || done == 0
	})
	must(err)
	must(bay.tap(ctx, "/api/v1/bay/start", map[string]any{"job": c.Job, "by": "TE1"}, nil))
	must(bay.tap(ctx, "/api/v1/bay/finish", map[string]any{"job": c.Job, "by": "TE1", "cause": "bench"}, nil))
	must(m.until(ctx, 10*time.Second, func(v board.DeskView) bool { return find(v, c.Job).Phase == "done" }))
	v, _, _ = desk.now()
	must(m.desktop(ctx, "inspect", *find(v, c.Job), map[string]any{"passed": true, "checks": []string{"test_drive"}}))
	return took
}
