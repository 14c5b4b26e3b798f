package keycab_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// fourBoards is a cabinet of four CU16 boards on one line at 19200 baud, each
// answering after 5 ms, and what its driver says.
func fourBoards(b *testing.B) (*sim.Board, *keycab.Cabinet, <-chan any) {
	b.Helper()
	board := sim.NewBoard(sim.BoardConfig{Addresses: []int{0, 1, 2, 3}, HookClosed: 1, Reply: 5 * time.Millisecond, Baud: 19200})
	line, err := sim.NewLine(b.TempDir(), "cabinet")
	if err != nil {
		b.Fatal(err)
	}
	cab, err := keycab.New(serialport.Opener(serialport.Config{Path: line.Path(), Baud: 19200}),
		keycab.Options{Name: "cabinet", Boards: []int{0, 1, 2, 3}, HookClosed: closedIs(1)})
	if err != nil {
		b.Fatal(err)
	}
	says := make(chan any, 256)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- board.Serve(ctx, line) }()
	go func() { ended <- cab.Run(ctx, func(r devices.Reading) { says <- r.Value }) }()
	b.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				b.Error(err)
			}
		}
		if err := line.Close(); err != nil {
			b.Error(err)
		}
	})
	if s, ok := (<-says).(keycab.Snapshot); !ok || !s.Online {
		b.Fatalf("got %+v, want the cabinet", s)
	}
	return board, cab, says
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(took[len(took)/2]), "p50_ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99_ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkKeyToReading: a key is hung (and stays) → the driver says so.
func BenchmarkKeyToReading(b *testing.B) {
	board, _, says := fourBoards(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		slot := i%board.Slots() + 1
		_, there := board.Slot(slot)
		begun := time.Now()
		board.SetKey(slot, !there)
		if c, ok := (<-says).(keycab.Change); !ok || c.Slot.Number != slot {
			b.Fatalf("got %+v, want slot %d", c, slot)
		}
		took = append(took, time.Since(begun))
	}
	report(b, took)
}

// BenchmarkHookToReading: a hook is opened by hand → the driver says so.
func BenchmarkHookToReading(b *testing.B) {
	board, _, says := fourBoards(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		slot := i%board.Slots() + 1
		closed, _ := board.Slot(slot)
		begun := time.Now()
		board.SetHook(slot, !closed)
		if c, ok := (<-says).(keycab.Change); !ok || c.Slot.Number != slot {
			b.Fatalf("got %+v, want slot %d", c, slot)
		}
		took = append(took, time.Since(begun))
	}
	report(b, took)
}

// BenchmarkOpenToConfirmed: a slot is asked for → its hook was seen open. The
// solenoid before it has come to rest.
func BenchmarkOpenToConfirmed(b *testing.B) {
	board, cab, says := fourBoards(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		slot := i%board.Slots() + 1
		<-time.After(time.Second) // the last solenoid
		begun := time.Now()
		if o, err := cab.Unlock(b.Context(), slot); o != keycab.Opened || err != nil {
			b.Fatalf("slot %d: %s and %v", slot, o, err)
		}
		took = append(took, time.Since(begun))
		board.SetHook(slot, true)
		<-says // open
		<-says // closed
	}
	report(b, took)
}

// BenchmarkIdleCPU: the share of one core that four boards cost while nothing
// happens. The boards are in a process of their own.
func BenchmarkIdleCPU(b *testing.B) {
	dir := b.TempDir()
	boards := exec.Command(os.Args[0])
	boards.Env = append(os.Environ(), boardsIn+"="+dir)
	out, err := boards.StdoutPipe()
	if err == nil {
		err = boards.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = boards.Process.Kill() // it ends no other way
		_ = boards.Wait()         // killed
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	cab, err := keycab.New(serialport.Opener(serialport.Config{Path: filepath.Join(dir, "cabinet"), Baud: 19200}),
		keycab.Options{Name: "cabinet", Boards: []int{0, 1, 2, 3}, HookClosed: closedIs(1)})
	if err != nil {
		b.Fatal(err)
	}
	online, ended := make(chan any, 16), make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() { ended <- cab.Run(ctx, func(r devices.Reading) { online <- r.Value }) }()
	<-online
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	used, begun := cpu(), time.Now()
	for b.Loop() {
		<-time.After(10 * time.Second)
	}
	b.ReportMetric(100*float64(cpu()-used)/float64(time.Since(begun)), "%core")
	b.ReportMetric(0, "ns/op")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// boardsIn makes this program the boards of BenchmarkIdleCPU: they are on a line in
// the folder it names.
const boardsIn = "PITLANE_BENCH_BOARDS"

func TestMain(m *testing.M) {
	dir := os.Getenv(boardsIn)
	if dir == "" {
		m.Run()
		return
	}
	line, err := sim.NewLine(dir, "cabinet")
	if err != nil {
		panic(err)
	}
	fmt.Println("ready")
	board := sim.NewBoard(sim.BoardConfig{Addresses: []int{0, 1, 2, 3}, HookClosed: 1, Reply: 5 * time.Millisecond, Baud: 19200})
	_ = board.Serve(context.Background(), line) // until killed
}
