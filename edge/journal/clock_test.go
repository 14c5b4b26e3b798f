package journal_test

import (
	"strings"
	"testing"

	"pitlane/edge/journal"
)

func TestTheSystemClockShowsItsSteps(t *testing.T) {
	clock, err := journal.SystemClock()
	if err != nil {
		t.Fatal(err)
	}
	if now := clock.Now(); strings.Contains(now.String(), "m=") {
		t.Errorf("%v has a monotonic reading: the difference of two such times is never a step", now)
	}
}
