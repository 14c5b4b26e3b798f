package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

const (
	haveEvery = 500 * time.Millisecond
	liveEvery = time.Second
	farewell  = 3 * time.Second
	segment   = 96 << 10 // bytes of entries to begin with; fewer when they do not fit
	inQueue   = 64       // wants that wait for an answer
)

// errLost is a connection that broke.
var errLost = errors.New("the connection broke")

// session is one connection: it lives in carry.
type session struct {
	*Link
	line  *wire.Line
	j     *journal.Journal
	vault Keys // nil: no keys travel
	tell  func(board.Now)
	asks  chan ask // wants of others, taken by answer
	// again is signalled when the broker says of this node that it is offline.
	again chan struct{}
	// promise takes origins in whose log a customer was promised something just now.
	promise chan string
}

// ask is a want of another node.
type ask struct {
	node string
	want wire.Want
}

// carry uses one connection until it breaks or ctx ends.
func (l *Link) carry(ctx context.Context, line *wire.Line, j *journal.Journal, tell func(board.Now)) error {
	defer line.Close()
	s := &session{Link: l, line: line, j: j, tell: tell, asks: make(chan ask, inQueue), again: make(chan struct{}, 1), promise: make(chan string, inQueue)}
	s.vault, _ = j.Keys().(Keys)
	l.count(func(st *Stats) { st.Connected, st.Dials = true, st.Dials+1 })
	defer l.count(func(st *Stats) { st.Connected = false })
	defer s.lose()
	l.cfg.Log.Info("link is up")
	tell(board.Now{ClearFault: &board.ClearFault{Kind: "broker"}})

	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return s.push(inner, ctx) })
	g.Go(func() error { return s.take(inner) })
	g.Go(func() error { return s.answer(inner) })
	g.Go(func() error {
		select {
		case <-line.Lost:
			return errLost
		case <-inner.Done():
			return nil
		}
	})
	return g.Wait()
}

// push sends this node's new entries, what it has on disk, and its heartbeat.
// Entries that were there before the connection are not pushed: who misses them
// sees them in have and asks.
func (s *session) push(ctx, life context.Context) error {
	wake, stop := s.j.Wake()
	defer stop()
	live, have := time.NewTicker(liveEvery), time.NewTicker(haveEvery)
	defer live.Stop()
	defer have.Stop()
	cosign := time.NewTicker(s.cfg.CosignEvery)
	defer cosign.Stop()

	p := pusher{session: s, origin: s.j.Origin(), cosigned: map[string]string{}}
	p.cursor = p.sizeOf(p.origin)
	if err := p.hello(); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-wake:
			err = p.tail(ctx)
		case <-have.C:
			err = p.have()
		case <-live.C:
			err = p.live()
		case <-s.again:
			err = p.online(true)
		case <-cosign.C:
			err = p.cosignAll()
		case origin := <-s.promise:
			err = p.cosign(origin)
		case <-ctx.Done():
			if life.Err() != nil {
				return p.goodbye(life)
			}
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// pusher is the state of push.
type pusher struct {
	*session
	origin string
	cursor uint64
	said   string // the newest have, as sent
	// cosigned is what was sent of each origin, as cosigned.
	cosigned map[string]string
}

func (p *pusher) hello() error {
	if err := p.online(true); err != nil {
		return err
	}
	if err := p.have(); err != nil {
		return err
	}
	return p.live()
}

// goodbye sends what was appended while the edge was stopping.
func (p *pusher) goodbye(life context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(life), farewell)
	defer stop()
	return errors.Join(p.tail(ctx), p.have(), p.online(false))
}

func (p *pusher) tail(ctx context.Context) error {
	if now := p.j.Origin(); now != p.origin { // a new epoch
		p.origin, p.cursor = now, 0
	}
	for {
		n, err := p.send(ctx, p.own(wire.Log), p.origin, p.cursor)
		if err != nil || n == 0 {
			return err
		}
		p.cursor += n
		p.count(func(st *Stats) { st.Pushed++ })
	}
}

func (p *pusher) have() error {
	h := wire.Have{}
	for _, t := range p.j.Tips() {
		h[t.Origin] = wire.Range{Low: t.Low, Size: t.Size}
	}
	b, err := h.Encode()
	if err != nil { // more origins than a message holds: pushing and answering go on
		p.cfg.Log.Error("cannot say what is held: the other nodes will not know it", "error", err)
		b = []byte(p.said)
	}
	if string(b) == p.said {
		return nil
	}
	if err := p.line.Publish(p.own(wire.HaveOf), true, b); err != nil {
		return fmt.Errorf("say what is held: %w", err)
	}
	p.said = string(b)
	return nil
}

func (p *pusher) live() error {
	boot, since := p.cfg.Boot()
	b, err := wire.Live{Boot: boot, MS: since.Milliseconds(), Role: p.cfg.Role, Bay: p.cfg.Bay}.Encode()
	if err != nil {
		return fmt.Errorf("send the heartbeat: %w", err)
	}
	if err := p.line.Publish(p.own(wire.LiveOf), true, b); err != nil {
		return fmt.Errorf("send the heartbeat: %w", err)
	}
	return nil
}

func (p *pusher) online(yes bool) error {
	if err := p.line.Publish(p.own(wire.OnLine), true, wire.Online{Online: yes}.Encode()); err != nil {
		return fmt.Errorf("say that this node is online: %w", err)
	}
	return nil
}

func (s *session) sizeOf(origin string) uint64 {
	for _, t := range s.j.Tips() {
		if t.Origin == origin {
			return t.Size
		}
	}
	return 0
}

// answer sends others what they asked for.
func (s *session) answer(ctx context.Context) error {
	for {
		select {
		case a := <-s.asks:
			if err := s.serve(ctx, a); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *session) serve(ctx context.Context, a ask) error {
	topic := wire.Topic{Node: s.cfg.Node, Kind: wire.To, To: a.node}.String()
	from := a.want.From
	for range a.want.Credit {
		n, err := s.send(ctx, topic, a.want.Origin, from)
		switch {
		case errors.Is(err, journal.ErrTrimmed), errors.Is(err, tlog.ErrUnknownOrigin):
			s.cfg.Log.Debug("asked for what is not held", "node", a.node, "origin", a.want.Origin)
			return nil
		case err != nil:
			return err
		case n == 0:
			return nil
		}
		from += n
		s.count(func(st *Stats) { st.Answered++ })
	}
	return nil
}

// send publishes one segment and says how many entries were in it; none when there
// is nothing to send.
func (s *session) send(ctx context.Context, topic, origin string, from uint64) (uint64, error) {
	for limit := segment; ; limit /= 2 {
		seg, err := s.j.Segment(ctx, origin, from, limit)
		if err != nil {
			return 0, fmt.Errorf("read entries to send: %w", err)
		}
		if len(seg.Entries) == 0 {
			return 0, nil
		}
		b, err := s.codec.Encode(seg)
		if errors.Is(err, wire.ErrTooLarge) && len(seg.Entries) > 1 {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("pack entries from %d on: %w", from, err)
		}
		if err := s.line.Publish(topic, false, b); err != nil {
			return 0, fmt.Errorf("send entries: %w", err)
		}
		return uint64(len(seg.Entries)), nil
	}
}
