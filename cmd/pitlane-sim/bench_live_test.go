package main

import (
	"encoding/json"
	"testing"
	"time"

	"pitlane/edge/board"
)

// BenchmarkLive measures live values from the adapter's bytes to the bay screen's
// WebSocket, on lines of real timing (P2 15 ms; the adapter of the practice car begins
// at 38400 baud): how many readings a second come, and how old the bytes of the newest
// are. Each frame with a fresh reading is held against the prompt written last before it.
func BenchmarkLive(b *testing.B) {
	for _, c := range []struct {
		name string
		pids []string
	}{{"one", []string{"11"}}, {"six", []string{"0F", "11", "04", "0E", "05", "0B"}}} {
		b.Run(c.name, func(b *testing.B) {
			s := newBenchShop(b)
			id := s.carInBay()
			s.onBay("receive", id, nil)
			var took []time.Duration
			var first, last time.Time
			fresh := 0
			for b.Loop() {
				s.onBay("live", id, map[string]any{"on": true, "pids": c.pids})
				newest := map[string]time.Time{}
				n := 0
				s.must(s.bay.look(s.ctx, "live", func(m message) bool {
					now := time.Now()
					var v board.LiveView
					if m.View == nil || json.Unmarshal(m.View, &v) != nil {
						return true
					}
					news := 0
					for _, x := range v.Values {
						if x.ECU == "7E8" && x.At.After(newest[x.PID]) {
							newest[x.PID] = x.At
							news++
						}
					}
					if n++; news == 0 || n <= 20 { // the beginning asks the car what it has
						first, fresh = now, 0
						return true
					}
					fresh += news
					last = now
					took = append(took, now.Sub(s.prompts.newest()))
					return last.Sub(first) < 4*time.Second
				}))
				s.onBay("live", id, map[string]any{"on": false})
			}
			report(b, took)
			b.ReportMetric(float64(fresh)/last.Sub(first).Seconds(), "readings/s")
		})
	}
}
