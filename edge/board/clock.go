package board

import (
	"slices"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// takeClock learns from an entry what its author's clock is worth. When that dates
// earlier entries of the same boot anew, their jobs are told again: what was decided
// stays, since no time decides anything; what is shown is right from then on.
func (b *Board) takeClock(e journal.Entry, touched map[string]bool) {
	r := clocks.Reading{Node: tlog.NodeOf(e.Origin), Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality}
	if !b.reader.clocks.Hear(r) {
		return
	}
	for id, events := range b.reader.events {
		if slices.ContainsFunc(events, func(x job.Event) bool { return x.Boot == e.Boot && tlog.NodeOf(x.Origin) == r.Node }) {
			touched[id] = true
		}
	}
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
