package main

import (
	"testing"

	"pitlane/edge/board"
)

func TestACarThatCannotBeReadGoesOnWithoutScans(t *testing.T) {
	scan := func(state, why string) board.ScanSummary { return board.ScanSummary{State: state, Why: why} }
	for name, c := range map[string]struct {
		scans   []board.ScanSummary
		done    int
		running bool
	}{
		"none yet":             {nil, 0, false},
		"one runs":             {[]board.ScanSummary{scan("completed", ""), scan("running", "")}, 1, true},
		"power cuts":           {[]board.ScanSummary{scan("failed", "interrupted"), scan("failed", "interrupted"), scan("failed", "interrupted")}, 0, false},
		"tried again":          {[]board.ScanSummary{scan("failed", "no_data")}, 0, false},
		"cannot be read":       {[]board.ScanSummary{scan("failed", "no_data"), scan("failed", "no_data")}, 2, false},
		"read before, not now": {[]board.ScanSummary{scan("completed", ""), scan("failed", "no_data"), scan("failed", "no_data")}, 2, false},
	} {
		done, running := scansOf(board.DeskJob{Scans: c.scans})
		if done != c.done || running != c.running {
			t.Errorf("%s: got %d, %v, want %d, %v", name, done, running, c.done, c.running)
		}
	}
}
