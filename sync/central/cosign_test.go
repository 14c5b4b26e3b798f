package central

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// TestHeadOfficeCosignsAPromiseAtOnce: with the next round it would be an hour here.
func TestHeadOfficeCosignsAPromiseAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mqtt, _ := h.broker("127.0.0.1:0")
	h.link(mqtt, h.bay)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	cfg := Config{Data: h.folder("demo-central"), Listener: ln, Link: []LinkConfig{{URL: "tcp://" + mqtt}},
		Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond, CosignEvery: time.Hour}
	h.during("central", func(ctx context.Context) error { return Run(ctx, cfg, slog.New(slog.DiscardHandler)) })
	held := func() bool { return h.bay.Peers()["demo-central"][h.bay.Origin()][1] == h.size(h.bay) }
	housetest.Until(h.t, "head office holds what nobody was promised", held)
	if c, ok := h.bay.Cosigned(h.bay.Origin()); ok {
		t.Errorf("cosigned at %d though nothing was promised", c.Size)
	}
	es, err := h.bay.Append(t.Context(), journal.Draft{Kind: "gatepass.issued", Job: "j1", Work: []byte(`{"by":"x"}`)})
	h.must(err)
	housetest.Until(h.t, "head office has cosigned it", func() bool {
		c, ok := h.bay.Cosigned(h.bay.Origin())
		return ok && c.Size > es[0].Seq && len(c.Witnesses()) == 1 && c.Witnesses()[0] == "demo-central"
	})
}

// TestACosignatureOfAClockThatCannotBeRightBearsNoTime: it says that it has seen the
// log, and nothing of when.
func TestACosignatureOfAClockThatCannotBeRightBearsNoTime(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]uint64{
		time.Unix(7, 0):             0,
		time.Unix(-7, 0):            0,
		time.Unix(1_700_000_000, 0): 0, // before this was written
		time.Unix(1_800_000_000, 0): 1_800_000_000,
	} {
		if got := seconds(at); got != want {
			t.Errorf("at %v it says %d, want %d", at, got, want)
		}
	}
}
