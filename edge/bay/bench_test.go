package bay_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// fourBoards is a cabinet of 64 slots on one bus at 19200 baud, with the times of
// real boards, an edge on it, and the kinds of what reaches its disk.
func fourBoards(b *testing.B) (*yard, *edge, <-chan string) {
	b.Helper()
	y := yardOf(b, sim.BoardConfig{Addresses: []int{0, 1, 2, 3}, HookClosed: 1, Reply: 5 * time.Millisecond, Baud: 19200}, false)
	e := y.start(b)
	b.Cleanup(func() { e.kill() })
	e.online()
	heard := make(chan string, 1024)
	e.power.heard = heard
	return y, e, heard
}

func await(b *testing.B, heard <-chan string, kind string) {
	b.Helper()
	limit := time.After(patience)
	for {
		select {
		case k := <-heard:
			if k == kind {
				return
			}
		case <-limit:
			b.Fatalf("%s never reached the disk", kind)
		}
	}
}

func quantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(len(took)), "changes")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// phase waits for any time within two polls.
func phase() { <-time.After(time.Duration(rand.IntN(200)) * time.Millisecond) }

// BenchmarkChangeToDisk measures how long after a key came to a hook or left it for
// good the event of it is on disk: four boards on one line, real driver, debouncing,
// bay and journal.
func BenchmarkChangeToDisk(b *testing.B) {
	y, _, heard := fourBoards(b)
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		slot := 1 + n*17%64
		for _, there := range []bool{true, false} {
			phase() // of the polls: an event comes right after one
			kind := map[bool]string{true: "key.hung", false: "key.taken"}[there]
			at := time.Now()
			y.cab.SetKey(slot, there)
			await(b, heard, kind)
			took = append(took, time.Since(at))
		}
	}
	quantiles(b, took)
}

// BenchmarkOpenToConfirmed measures how long an unlock takes from the wish to the
// outcome that the hook has confirmed, intent and outcome on disk. The solenoid before
// it is at rest: else the wish waits for that, up to 700 ms.
func BenchmarkOpenToConfirmed(b *testing.B) {
	y, e, heard := fourBoards(b)
	var took []time.Duration
	e.power.worst.Store(0)
	for n := 0; b.Loop(); n++ {
		slot := 1 + n*17%64
		<-time.After(700 * time.Millisecond) // the last solenoid rests
		phase()
		at := time.Now()
		if outcome, err := e.unlock(slot, "hang", request()); outcome != keycab.Opened || err != nil {
			b.Fatalf("slot %d: %s and %v", slot, outcome, err)
		}
		took = append(took, time.Since(at))
		y.cab.SetHook(slot, true)
		await(b, heard, "slot.closed")
	}
	frames := 0
	for _, f := range y.cab.Log() {
		frames += len(f.Opens)
	}
	quantiles(b, took)
	worst := time.Duration(e.power.worst.Load())
	b.ReportMetric(float64(frames-len(took)), "second-frames") // a hook seen closed for 2 s is asked once more
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-append-ms")
}
