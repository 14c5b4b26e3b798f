package board

import (
	"slices"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// takeClock learns from an entry what its author's clock is worth.
func (b *Board) takeClock(e journal.Entry) {
	r := clocks.Reading{Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality}
	if b.reader.clocks.Hear(r) {
		b.reader.redated[[2]string{r.Node, r.Boot}] = true
	}
}

// redate has the jobs told again of which earlier entries are dated anew: what was
// decided stays, since no time decides anything; what is shown is right from then on.
func (b *Board) redate() {
	if len(b.reader.redated) == 0 {
		return
	}
	for id, events := range b.reader.events {
		if slices.ContainsFunc(events, func(x job.Event) bool { return b.reader.redated[[2]string{tlog.NodeOf(x.Origin), x.Boot}] }) {
			b.reader.touched[id] = true
		}
	}
	clear(b.reader.redated)
}

// Clocks are the clocks of the shop as far as the journal tells of them.
func (b *Board) Clocks() *clocks.Clocks { return b.reader.clocks }

// dated are the events with the times that the shop's clocks give them together.
func (b *Board) dated(events []job.Event) []job.Event {
	out := slices.Clone(events)
	for i := range out {
		e := &out[i]
		t := b.reader.clocks.Time(clocks.Reading{
			Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: uint8(e.Quality),
		})
		e.WallMS = t.MS
		if t.Sure {
			e.Quality = clocks.Synchronised
		}
	}
	return out
}
