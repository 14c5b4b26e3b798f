package board_test

import (
	"context"
	"fmt"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// BenchmarkStart is the time from Run to Ready over 10,000 events.
func BenchmarkStart(b *testing.B) {
	m := newMemory()
	for n := range 1000 {
		id := fmt.Sprintf("j%04d", n)
		checkIn(b, m, id, "T"+id, 1+n)
		m.tell(b, reception, id, job.BayAssigned{Bay: "1", Lead: "te1"})
	}
	for b.Loop() {
		ctx, cancel := context.WithCancel(context.Background())
		fresh, ended := board.New(config(m)), make(chan error, 1)
		go func() { ended <- fresh.Run(ctx) }()
		<-fresh.Ready()
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
}
