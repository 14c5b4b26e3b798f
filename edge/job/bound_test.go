package job_test

import (
	"testing"

	"pitlane/edge/job"
)

func TestWhatNothingDatesWasBeforeWhatCameAfterIt(t *testing.T) {
	hash := func(n byte) job.Hash { return job.Hash{n} }
	events := []job.Event{
		{Kind: "a", Origin: "x/1", Seq: 4, Hash: hash(1), WallMS: 42_000},                                                       // in 1970
		{Kind: "b", Origin: "y/1", Seq: 9, Hash: hash(2), Parents: []job.Hash{hash(1)}, WallMS: 50_000},                         // seen by who is in 1970 too
		{Kind: "c", Origin: "z/1", Seq: 2, Hash: hash(3), Parents: []job.Hash{hash(2)}, WallMS: 900, Quality: 3},                // and then by who is not
		{Kind: "d", Origin: "x/1", Seq: 7, Hash: hash(4), Parents: []job.Hash{hash(3)}, WallMS: 43_000},                         // the last word
		{Kind: "e", Origin: "y/1", Seq: 11, Hash: hash(5), Parents: []job.Hash{hash(3)}, WallMS: 60_000, Quality: 0},            // bounded by the log
		{Kind: "f", Origin: "y/1", Seq: 12, Hash: hash(6), Parents: []job.Hash{hash(4)}, WallMS: 1000, Quality: job.Quality(3)}, // which bounds d
		{Kind: "g", Origin: "y/1", Seq: 13, Hash: hash(7), WallMS: 70_000},
	}
	want := map[string]int64{"a": 900, "b": 900, "c": 900, "d": 1000, "e": 1000, "f": 1000}
	for _, e := range job.Bound(events) {
		if ms, bounded := want[e.Kind]; bounded != (e.Quality > 0) || bounded && e.WallMS != ms {
			t.Errorf("%s was before %d, quality %d, want %d", e.Kind, e.WallMS, e.Quality, ms)
		}
	}
}
