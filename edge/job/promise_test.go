package job_test

import (
	"strconv"
	"testing"
	"time"

	"pitlane/edge/job"
)

func TestAPromiseOf1970IsThatOfItsAnchor(t *testing.T) {
	p := offered()
	p.Promised, p.Within = (42*time.Second + 2*time.Hour).Milliseconds(), (2 * time.Hour).Milliseconds()
	at := func(wall int64) job.State {
		return job.Fold([]job.Event{
			{Kind: "job.opened", Job: "j1", Origin: reception, Hash: hashOf(reception, 0), Payload: opened(), WallMS: wall},
			{Kind: "order.offered", Job: "j1", Origin: reception, Seq: 1, Hash: hashOf(reception, 1), Payload: p, WallMS: wall},
		})
	}
	const dated = 1_795_000_000_000
	before, after := at(42_000), at(dated)
	if before.Promised != p.Promised || after.Promised != dated+p.Within {
		t.Errorf("promised %d and, once dated, %d", before.Promised, after.Promised)
	}
	if id := strconv.FormatInt(p.Promised, 10); before.PromiseID != id || after.PromiseID != id {
		t.Errorf("one promise has the names %q and %q", before.PromiseID, after.PromiseID)
	}
}
