package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

const (
	lookEvery = 100 * time.Millisecond // for what is missing
	sayEvery  = 10 * time.Second       // a warning about what others send
)

// taker is the state of take: one goroutine's.
type taker struct {
	*session
	wants   *wire.Wants
	early   *wire.Early
	refused uint64
	said    time.Time
	forked  map[string]bool   // origins complained about
	looking map[string]uint64 // where it was asked for the parting of an own log
	shown   map[string]time.Time
	// own logs that nobody holds from where they end here: since when, and told of
	alone  map[string]time.Time
	told   map[string]bool
	keys   *wire.Exchange // nil without keys
	erased string         // the newest confirmation, as sent
}

// take deals with what comes in, and asks for what is missing.
func (s *session) take(ctx context.Context) error {
	t := &taker{
		session: s, wants: wire.NewWants(s.cfg.Node, s.cfg.Patience), early: &wire.Early{}, forked: map[string]bool{}, looking: map[string]uint64{}, shown: map[string]time.Time{}, alone: map[string]time.Time{}, told: map[string]bool{},
	}
	t.wants.Late()
	var turned <-chan struct{}
	if s.vault != nil {
		t.keys = wire.NewExchange(s.vault, s.cfg.Patience)
		wake, stop := s.vault.Wake()
		defer stop()
		turned = wake
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case m := <-s.line.In:
			if err := t.message(ctx, m); err != nil && ctx.Err() == nil {
				return err
			}
		case <-look.C:
			if err := errors.Join(t.lookForGaps(), t.sendKeys()); err != nil && ctx.Err() == nil {
				return err
			}
		case <-turned:
			if err := t.sendKeys(); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// message deals with one message. Only the journal's and the connection's own
// errors end the session; what others send does not.
func (t *taker) message(ctx context.Context, m wire.Message) error {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		t.refuse("", err)
		return nil
	}
	from := topic.Node
	if topic.Down {
		from = t.central
	}
	if from == t.cfg.Node {
		if topic.Kind == wire.OnLine {
			t.selfSeen(m.Payload)
		}
		return nil
	}
	if _, ok := t.peers[from]; !ok {
		t.refuse(from, tlog.ErrUnknownOrigin)
		return nil
	}
	if err := t.dispatch(ctx, topic, from, m); err != nil {
		return err
	}
	if !m.Retained && topic.Kind != wire.OnLine {
		t.alive(from)
	}
	return nil
}

func (t *taker) dispatch(ctx context.Context, topic wire.Topic, from string, m wire.Message) error {
	switch topic.Kind {
	case wire.Log:
		return t.segment(ctx, from, m.Payload)
	case wire.To:
		if !topic.Down && topic.To != t.cfg.Node {
			return nil // for another
		}
		if wire.IsCosigned(m.Payload) {
			t.cosigned(from, m.Payload)
			return nil
		}
		if wire.OfKeys(m.Payload) {
			return t.aboutKeys(from, m.Payload)
		}
		if len(m.Payload) > 0 && m.Payload[0] == '{' {
			t.asked(from, m.Payload)
			return nil
		}
		return t.segment(ctx, from, m.Payload)
	case wire.HaveOf:
		t.has(from, m.Payload)
	case wire.LiveOf:
		t.beats(from, m)
	case wire.OnLine:
		t.appears(from, m)
	case wire.KeyOf, wire.Erased, wire.Tombs:
		t.tellsOfKeys(topic.Kind, from, m.Payload)
	}
	return nil
}

// selfSeen corrects the broker when it keeps an old will of this node.
func (t *taker) selfSeen(payload []byte) {
	if o, err := wire.DecodeOnline(payload); err != nil || o.Online {
		return
	}
	select {
	case t.again <- struct{}{}:
	default:
	}
}

func (t *taker) segment(ctx context.Context, from string, payload []byte) error {
	seg, err := t.codec.Decode(payload)
	if err != nil {
		t.refuse(from, err)
		return nil
	}
	if seg.Origin == t.j.Origin() {
		// This node writes its log itself. Who sends it shows that there is another
		// history of it: the journal compares, and leaves a forked log.
		if err := t.j.Adopt(ctx, seg); errors.Is(err, tlog.ErrForked) {
			t.fork(seg.Origin, from)
		}
		return nil
	}
	if !t.wants.Began(seg.Origin, seg.First) {
		seg.Frontier = nil // where to begin is not for the sender to say
	}
	t.wants.Got(seg.Origin)
	if err := t.adopt(ctx, from, seg); err != nil {
		return err
	}
	return t.adoptEarly(ctx, from, seg.Origin)
}

// adopt gives one segment to the journal and sorts what it answers.
func (t *taker) adopt(ctx context.Context, from string, seg tlog.Segment) error {
	err := t.j.Adopt(ctx, seg)
	switch {
	case err == nil:
		t.count(func(s *Stats) { s.Adopted++ })
		t.witness(seg)
	case errors.Is(err, tlog.ErrGap):
		if seg.First > t.sizeOf(seg.Origin) {
			t.early.Keep(seg)
		}
	case errors.Is(err, tlog.ErrForked):
		t.fork(seg.Origin, from)
		return t.show(ctx, seg)
	case errors.Is(err, tlog.ErrForged) && from == wire.NodeOf(seg.Origin):
		// Signed by the log's own node and sent by it, and it does not follow from what is
		// held: another history, whose parting that node finds when it is shown this one.
		t.refuse(from, err)
		t.fork(seg.Origin, from)
		if err := t.j.KeepFork(seg, err); err != nil {
			t.cfg.Log.Error("what a log's own node signed of another history is not kept", "origin", seg.Origin, "error", err)
		}
		return t.show(ctx, seg)
	case errors.Is(err, tlog.ErrForged), errors.Is(err, tlog.ErrUnknownOrigin), errors.Is(err, tlog.ErrTooLarge):
		t.refuse(from, err)
	case errors.Is(err, journal.ErrClosed), ctx.Err() != nil:
		return fmt.Errorf("take entries of %s: %w", seg.Origin, err)
	default: // a full disk, a read error: said by the journal's owner too; asked for again
		t.refuse(from, err)
	}
	return nil
}

// show sends the node whose log it is what is held of it here, so that it learns of the
// other history. A fork shows itself with every push: once in a while is enough.
func (t *taker) show(ctx context.Context, seg tlog.Segment) error {
	node, size := wire.NodeOf(seg.Origin), t.sizeOf(seg.Origin)
	now := t.cfg.Now()
	if size == 0 || now.Sub(t.shown[seg.Origin]) < sayEvery {
		return nil
	}
	t.shown[seg.Origin] = now
	topic := wire.Topic{Node: t.cfg.Node, Kind: wire.To, To: node}.String()
	_, err := t.send(ctx, topic, seg.Origin, min(seg.First, size-1))
	if errors.Is(err, journal.ErrTrimmed) {
		return nil
	}
	return err
}

// adoptEarly takes what was held back and now follows.
func (t *taker) adoptEarly(ctx context.Context, from, origin string) error {
	for {
		seg, ok := t.early.Next(origin, t.sizeOf(origin))
		if !ok {
			return nil
		}
		if err := t.adopt(ctx, from, seg); err != nil {
			return err
		}
	}
}

func (t *taker) lookForGaps() error {
	t.wants.Own(t.j.Origin())
	mine := map[string]uint64{}
	for _, tip := range t.j.Tips() {
		mine[tip.Origin] = t.j.AskFrom(tip)
		if mine[tip.Origin] < tip.Size && mine[tip.Origin] != t.looking[tip.Origin] {
			t.wants.Anew(tip.Origin)
			t.looking[tip.Origin] = mine[tip.Origin]
		}
		t.untraced(tip.Origin, mine[tip.Origin])
	}
	for _, r := range t.wants.Due(t.cfg.Now(), mine, t.early.Gaps()) {
		b, err := r.Want.Encode()
		if err != nil {
			return fmt.Errorf("ask for entries: %w", err)
		}
		topic := wire.Topic{Node: t.cfg.Node, Kind: wire.To, To: r.Holder}.String()
		if err := t.line.Publish(topic, false, b); err != nil {
			return fmt.Errorf("ask for entries: %w", err)
		}
		t.count(func(s *Stats) { s.Wants++ })
		t.cfg.Log.Debug("asked for entries", "node", r.Holder, "origin", r.Want.Origin, "from", r.Want.From)
	}
	if d := t.line.Dropped(); d > 0 {
		t.count(func(s *Stats) { s.Dropped = d })
	}
	return nil
}

// untraced tells the journal of an earlier log of this node that nobody holds any more
// from where it would be asked for: once a connection, when all who are there have had
// the time to say what they hold.
func (t *taker) untraced(origin string, from uint64) {
	if wire.NodeOf(origin) != t.cfg.Node || origin == t.j.Origin() || !t.wants.Trimmed(origin, from) {
		delete(t.alone, origin)
		return
	}
	now, since := t.cfg.Now(), t.alone[origin]
	if since.IsZero() {
		t.alone[origin] = now
	}
	if t.told[origin] || since.IsZero() || now.Sub(since) < t.cfg.Patience {
		return
	}
	t.told[origin] = true
	if err := t.j.Untraced(origin); err != nil {
		t.cfg.Log.Error("cannot write again what only this disk has of an earlier log", "origin", origin, "error", err)
	}
}

func (t *taker) asked(from string, payload []byte) {
	w, err := wire.DecodeWant(payload)
	if err != nil {
		t.refuse(from, err)
		return
	}
	select {
	case t.asks <- ask{from, w}:
	default: // busy: the asker asks again
	}
}

func (t *taker) has(from string, payload []byte) {
	h, err := wire.DecodeHave(payload)
	if err != nil {
		t.refuse(from, err)
		return
	}
	noted := make(map[string][2]uint64, len(h))
	for o, r := range h {
		noted[o] = [2]uint64{r.Low, r.Size}
	}
	// ErrForked is told below, with the evidence at hand.
	if err := t.j.Heard(from, noted); err != nil && !errors.Is(err, tlog.ErrForked) {
		t.cfg.Log.Warn("cannot note what a peer holds", "node", from, "error", err)
	}
	own := t.j.Origin()
	if r, ok := h[own]; ok && r.Size > t.sizeOf(own) {
		t.fork(own, from)
	}
	// Central keeps for the office; what nodes miss they ask of each other.
	if t.peers[from].Role != roleCentral {
		t.wants.Holds(from, h)
	}
}
