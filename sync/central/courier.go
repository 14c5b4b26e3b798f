package central

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

const (
	lookEvery = 100 * time.Millisecond // for what is missing
	haveEvery = 500 * time.Millisecond
	liveEvery = time.Second
	sayEvery  = 10 * time.Second // a warning about what others send
	patience  = 5 * time.Second  // with a holder that gives nothing
)

// courier hears the nodes of the shop on one broker.
type courier struct {
	url            string
	secure         *tls.Config // nil: in clear
	member         *shop.Member
	floor, ceiling time.Duration
	cosignEvery    time.Duration
	intake         *intake
	office         *office
	log            *slog.Logger
}

var errLost = errors.New("the connection broke")

// run carries until ctx ends; a broken connection is replaced.
func (c *courier) run(ctx context.Context) error {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		line, err := wire.Dial(ctx, c.dialer())
		if err == nil {
			attempt = 0
			err = c.carry(ctx, line)
		}
		if ctx.Err() != nil {
			return nil
		}
		if attempt == 0 {
			c.log.Warn("link is down", "error", err, "hint", distrusted(err))
		}
		c.office.lost(c.url, err)
		select {
		case <-time.After(wire.Backoff(attempt, c.floor, c.ceiling)):
		case <-ctx.Done():
		}
	}
	return nil
}

func (c *courier) dialer() wire.Dialer {
	me := c.member.Node
	return wire.Dialer{
		URL: c.url, TLS: c.secure, Node: me, Password: c.member.Secret, Filters: []string{wire.AllUp},
		Will: wire.Message{Topic: wire.Topic{Node: me, Kind: wire.OnLine}.String(), Payload: wire.Online{}.Encode(), Retained: true},
	}
}

// session is one connection; all of it runs in one goroutine.
type session struct {
	*courier
	line    *wire.Line
	wants   *wire.Wants
	early   wire.Early
	said    string // the newest have, as sent
	refused uint64
	warned  time.Time
	forked  map[string]bool
	// cosigned is what was sent of each origin, as cosigned.
	cosigned map[string]string
	keys     *wire.Exchange
	erased   string // the newest confirmation, as sent
}

func (c *courier) carry(ctx context.Context, line *wire.Line) error {
	defer line.Close()
	s := &session{courier: c, line: line, wants: wire.NewWants(c.member.Node, patience), forked: map[string]bool{}, cosigned: map[string]string{},
		keys: wire.NewExchange(c.intake.keys, patience)}
	turned, stop := c.intake.keys.Wake()
	defer stop()
	c.log.Info("link is up")
	c.office.found(c.url)
	if err := s.hello(true); err != nil {
		return err
	}
	look, have, live, sign := time.NewTicker(lookEvery), time.NewTicker(haveEvery), time.NewTicker(liveEvery), time.NewTicker(c.cosignEvery)
	defer sign.Stop()
	defer look.Stop()
	defer have.Stop()
	defer live.Stop()
	for {
		var err error
		select {
		case m := <-line.In:
			err = s.message(ctx, m)
		case <-look.C:
			err = errors.Join(s.ask(), s.sendKeys())
		case <-turned:
			err = s.sendKeys()
		case <-have.C:
			err = s.have(ctx)
		case <-live.C:
			err = s.live()
		case <-sign.C:
			err = s.cosignAll(ctx)
		case <-line.Lost:
			return errLost
		case <-ctx.Done():
			last, stop := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer stop()
			return errors.Join(s.have(last), s.hello(false))
		}
		if err != nil {
			return err
		}
	}
}

// down publishes a state to every other node of the shop.
func (s *session) down(k wire.Kind, payload []byte) error {
	for _, n := range s.member.Roster.Nodes {
		if n.Name == s.member.Node {
			continue
		}
		if err := s.line.Publish(wire.Topic{Node: n.Name, Down: true, Kind: k}.String(), true, payload); err != nil {
			return fmt.Errorf("tell the nodes: %w", err)
		}
	}
	return nil
}

func (s *session) hello(online bool) error {
	payload := wire.Online{Online: online}.Encode()
	if err := s.line.Publish(wire.Topic{Node: s.member.Node, Kind: wire.OnLine}.String(), true, payload); err != nil {
		return fmt.Errorf("tell the nodes: %w", err)
	}
	return s.down(wire.OnLine, payload)
}

func (s *session) live() error {
	b, err := wire.Live{Role: shop.RoleCentral}.Encode()
	if err != nil {
		return fmt.Errorf("send the heartbeat: %w", err)
	}
	return s.down(wire.LiveOf, b)
}

// have says what is on disk: it is read from the store, after its commits.
func (s *session) have(ctx context.Context) error {
	marks, err := s.intake.store.Marks(ctx)
	if err != nil {
		return err
	}
	h := wire.Have{}
	for _, m := range marks {
		h[m.Origin] = wire.Range{Size: m.Size}
	}
	b, err := h.Encode()
	if err != nil {
		return fmt.Errorf("say what is held: %w", err)
	}
	if string(b) == s.said {
		return nil
	}
	if err := s.down(wire.HaveOf, b); err != nil {
		return err
	}
	s.said = string(b)
	return nil
}

// ask asks for what is missing.
func (s *session) ask() error {
	for _, r := range s.wants.Due(time.Now(), s.office.held(), s.early.Gaps()) {
		b, err := r.Want.Encode()
		if err != nil {
			return fmt.Errorf("ask for entries: %w", err)
		}
		if err := s.line.Publish(wire.Topic{Node: r.Holder, Down: true, Kind: wire.To}.String(), false, b); err != nil {
			return fmt.Errorf("ask for entries: %w", err)
		}
	}
	return nil
}

// message deals with one message. Only the store's own errors end the session;
// what others send does not.
func (s *session) message(ctx context.Context, m wire.Message) error {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		s.refuse("", err)
		return nil
	}
	from := topic.Node
	if topic.Down || from == s.member.Node {
		return nil
	}
	if _, ok := s.member.Roster.Node(from); !ok {
		s.refuse(from, tlog.ErrUnknownOrigin)
		return nil
	}
	if topic.Kind != wire.OnLine && !m.Retained {
		s.wants.Back(from)
		s.keys.Back(from)
		s.office.alive(from)
	}
	switch topic.Kind {
	case wire.Log:
		return s.segment(ctx, from, m.Payload)
	case wire.To:
		if topic.To == s.member.Node && wire.OfKeys(m.Payload) {
			return s.aboutKeys(from, m.Payload)
		}
		if topic.To == s.member.Node && len(m.Payload) > 0 && m.Payload[0] != '{' {
			return s.segment(ctx, from, m.Payload)
		}
	case wire.HaveOf:
		s.has(from, m.Payload)
	case wire.OnLine:
		s.appears(from, m)
	case wire.KeyOf, wire.Erased, wire.Tombs:
		s.tellsOfKeys(topic.Kind, from, m.Payload)
	}
	return nil
}

func (s *session) segment(ctx context.Context, from string, payload []byte) error {
	seg, done, err := s.intake.take(ctx, payload)
	if seg.Origin != "" {
		s.wants.Got(seg.Origin)
	}
	if err != nil {
		return s.sort(from, seg, err)
	}
	s.office.took(done)
	if err := s.promised(ctx, seg); err != nil {
		return err
	}
	for {
		next, ok := s.early.Next(done.Origin, done.Size)
		if !ok {
			return nil
		}
		b, err := s.intake.codec.Encode(next)
		if err != nil {
			return fmt.Errorf("pack a segment that came early: %w", err)
		}
		if done, err = s.intake.adopt(ctx, next, b); err != nil {
			return s.sort(from, tlog.Segment{}, err)
		}
		s.office.took(done)
	}
}

// sort decides about a segment that was not taken.
func (s *session) sort(from string, seg tlog.Segment, err error) error {
	switch {
	case errors.Is(err, tlog.ErrGap):
		if len(seg.Entries) > 0 {
			s.early.Keep(seg)
		}
	case errors.Is(err, tlog.ErrForked):
		if origin := seg.Origin; !s.forked[origin] {
			s.forked[origin] = true
			s.log.Error("an origin has two histories", "origin", origin, "node", from)
			s.office.fork(origin)
		}
	case errors.Is(err, wire.ErrSegment), errors.Is(err, tlog.ErrForged), errors.Is(err, tlog.ErrUnknownOrigin), errors.Is(err, ErrMark):
		s.refuse(from, err)
	default:
		return err // the store's
	}
	return nil
}

func (s *session) has(from string, payload []byte) {
	h, err := wire.DecodeHave(payload)
	if err != nil {
		s.refuse(from, err)
		return
	}
	s.wants.Holds(from, h)
	s.office.holds(from, h)
}

func (s *session) appears(from string, m wire.Message) {
	o, err := wire.DecodeOnline(m.Payload)
	switch {
	case err != nil:
		s.refuse(from, err)
	case !o.Online:
		s.wants.Gone(from)
		s.keys.Gone(from)
		s.office.gone(from)
	case !m.Retained:
		s.wants.Back(from)
		s.keys.Back(from)
		s.office.alive(from)
	}
}

// refuse counts what cannot be used and says so now and then, without its content.
func (s *session) refuse(from string, err error) {
	s.refused++
	s.office.refuse()
	if now := time.Now(); now.Sub(s.warned) >= sayEvery {
		s.log.Warn("refused what a node sent", "node", from, "count", s.refused, "error", err)
		s.warned, s.refused = now, 0
	}
}
