package central

import (
	"context"
	"fmt"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

// promised cosigns the log of a segment that promises something to a customer.
func (s *session) promised(ctx context.Context, seg tlog.Segment) error {
	for _, e := range seg.Entries {
		entry, err := tlog.DecodeLeaf(e.Leaf)
		if err != nil || !job.Promise(entry.Kind) {
			continue
		}
		mark, err := s.intake.store.Mark(ctx, seg.Origin)
		if err != nil {
			return err
		}
		return s.cosign(mark)
	}
	return nil
}

// seconds is a clock's word in a cosignature, 0 from one that cannot be right.
func seconds(now time.Time) uint64 {
	if !clocks.Plausible(now.UnixMilli()) {
		return 0
	}
	return uint64(now.Unix())
}

func (s *session) cosignAll(ctx context.Context) error {
	marks, err := s.intake.store.Marks(ctx)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if err := s.cosign(m); err != nil {
			return err
		}
	}
	return nil
}

// cosign sends the node of a log its newest checkpoint with head office's
// cosignature, when all that it covers is on disk here. It was verified against all
// that was held before.
func (s *session) cosign(m Mark) error {
	if len(m.Checkpoint) == 0 || s.cosigned[m.Origin] == string(m.Checkpoint) {
		return nil
	}
	cp, err := s.member.Roster.CheckCheckpoint(m.Origin, m.Checkpoint)
	if err != nil || cp.Size != m.Size || cp.Root != m.Frontier.Root() {
		return nil //nolint:nilerr // off the roster by now, or more was signed than has come
	}
	note, err := tlog.AddCosignature(m.Checkpoint, s.member.Node, s.member.Key, seconds(s.intake.now()))
	if err != nil {
		return fmt.Errorf("cosign %s at size %d: %w", m.Origin, m.Size, err)
	}
	b, err := wire.Cosigned{Note: string(note)}.Encode()
	if err != nil {
		return fmt.Errorf("send a cosigned checkpoint: %w", err)
	}
	topic := wire.Topic{Node: wire.NodeOf(m.Origin), Down: true, Kind: wire.To}.String()
	if err := s.line.Publish(topic, false, b); err != nil {
		return fmt.Errorf("send a cosigned checkpoint: %w", err)
	}
	s.cosigned[m.Origin] = string(m.Checkpoint)
	return nil
}
