package wire_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

// chest is a vault of ids: what it "wraps" is their list in clear.
type chest struct {
	made    []tlog.KeyID
	held    map[tlog.KeyID]bool
	missing map[tlog.KeyID]string
	key     string
	orders  []string
	known   map[string]bool
	summed  int
	sum     [32]byte
	burials int
}

func newChest(key string) *chest {
	return &chest{key: key, held: map[tlog.KeyID]bool{}, missing: map[tlog.KeyID]string{}}
}

func (c *chest) Receiver() (public, sig []byte) { return []byte(c.key), []byte("s") }

func (c *chest) Made(from int) ([]tlog.KeyID, int) {
	if from < 0 {
		return nil, len(c.made)
	}
	return c.made[from:], len(c.made)
}

func (c *chest) Wrap(_ string, _, _ []byte, ids []tlog.KeyID) (box, sig []byte, err error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id tlog.KeyID) bool { return !c.held[id] })
	if len(ids) == 0 {
		return nil, nil, nil
	}
	box, err = json.Marshal(ids)
	return box, []byte("s"), err
}

func (c *chest) Missing() map[tlog.KeyID]string { return c.missing }

func (c *chest) Unwrap(_ string, box, _ []byte) error {
	var ids []tlog.KeyID
	if err := json.Unmarshal(box, &ids); err != nil {
		return err
	}
	for _, id := range ids {
		c.held[id] = true
		delete(c.missing, id)
	}
	return nil
}

func (c *chest) Tombs() (int, [32]byte) {
	for ; c.summed < len(c.orders); c.summed++ {
		for i, b := range sha256.Sum256([]byte(c.orders[c.summed])) {
			c.sum[i] ^= b
		}
	}
	return len(c.orders), c.sum
}

func (c *chest) TombsFrom(from int) (page, sig []byte, err error) {
	from = min(from, len(c.orders))
	if page, err = json.Marshal(c.orders[from:min(from+100, len(c.orders))]); from == len(c.orders) {
		return nil, nil, err
	}
	return page, []byte("s"), err
}

func (c *chest) Bury(_ string, pages, _ [][]byte) error {
	c.burials++
	if c.known == nil {
		c.known = map[string]bool{}
		for _, o := range c.orders {
			c.known[o] = true
		}
	}
	for _, page := range pages {
		var list []string
		if err := json.Unmarshal(page, &list); err != nil {
			return err
		}
		for _, o := range list {
			if !c.known[o] {
				c.known[o] = true
				c.orders = append(c.orders, o)
			}
		}
	}
	return nil
}

// street is exchanges that hear each other at once, unless one is away.
type street struct {
	t     *testing.T
	now   time.Time
	x     map[string]*wire.Exchange
	away  map[string]bool
	asks  map[string]int // to whom
	total int
}

func newStreet(t *testing.T, chests map[string]*chest) *street {
	s := &street{t: t, now: time.Unix(1_790_000_000, 0), x: map[string]*wire.Exchange{}, away: map[string]bool{}, asks: map[string]int{}}
	for name, c := range chests {
		s.x[name] = wire.NewExchange(c, 5*time.Second)
	}
	for name, x := range s.x {
		b, err := x.Announce()
		if err != nil {
			t.Fatal(err)
		}
		for other, y := range s.x {
			if other == name {
				continue
			}
			if err := y.Heard(name, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// pass lets time go by in steps of 100 ms.
func (s *street) pass(d time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); s.now = s.now.Add(100 * time.Millisecond) {
		for name, x := range s.x {
			s.announce(name, x)
			out, err := x.Due(s.now)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, o := range out {
				s.deliver(name, o)
			}
		}
	}
}

// announce tells the others of a node's erasures, when they have changed.
func (s *street) announce(name string, x *wire.Exchange) {
	b, err := x.AnnounceTombs()
	if err != nil {
		s.t.Fatal(err)
	}
	for other, y := range s.x {
		if b == nil || other == name || s.away[name] || s.away[other] {
			continue
		}
		if err := y.HeardTombs(name, b); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *street) deliver(from string, o wire.Outgoing) {
	s.total++
	if wire.IsAsk(o.Payload) {
		s.asks[o.To]++
	}
	y := s.x[o.To]
	switch {
	case s.away[o.To] || s.away[from]:
	default:
		if !wire.OfKeys(o.Payload) {
			s.t.Errorf("%q is not for an exchange", o.Payload)
		}
		answer, reply, err := y.Message(from, o.Payload)
		if err != nil {
			s.t.Fatal(err)
		}
		if reply {
			s.deliver(o.To, answer)
		}
	}
}

func TestANewKeyGoesToAllWhoAreThere(t *testing.T) {
	a, b, c := newChest("a"), newChest("b"), newChest("c")
	s := newStreet(t, map[string]*chest{"demo-a": a, "demo-b": b, "demo-c": c})
	id := tlog.KeyID{1}
	a.made, a.held[id] = append(a.made, id), true
	s.pass(200 * time.Millisecond)
	if !b.held[id] || !c.held[id] || s.total != 2 {
		t.Errorf("b has it: %v, c has it: %v, after %d messages", b.held[id], c.held[id], s.total)
	}
}

func TestAMissingKeyIsAskedOfItsUserAndThenOfOthers(t *testing.T) {
	a, b, c := newChest("a"), newChest("b"), newChest("c")
	s := newStreet(t, map[string]*chest{"demo-a": a, "demo-b": b, "demo-c": c})
	id := tlog.KeyID{1}
	a.held[id], b.held[id] = true, true
	c.missing[id] = "demo-a"
	s.away["demo-a"] = true // nobody has noticed yet
	s.pass(4 * time.Second)
	if c.held[id] || s.asks["demo-a"] != 1 || s.asks["demo-b"] != 0 {
		t.Fatalf("asks %v, has it %v", s.asks, c.held[id])
	}
	s.pass(3 * time.Second)
	if !c.held[id] || s.asks["demo-b"] != 1 {
		t.Errorf("asks %v, has it %v", s.asks, c.held[id])
	}
	// Where the user of the key is known to be away, nobody waits for it.
	other := tlog.KeyID{2}
	b.held[other], c.missing[other] = true, "demo-a"
	s.x["demo-c"].Gone("demo-a")
	s.pass(time.Second)
	if !c.held[other] {
		t.Error("it waits for one who is gone")
	}
}

func TestAKeyThatNobodyHasIsNoStorm(t *testing.T) {
	chests := map[string]*chest{}
	for _, name := range []string{"demo-a", "demo-b", "demo-c", "demo-d"} {
		chests[name] = newChest(name)
	}
	s := newStreet(t, chests)
	for i := range 1000 {
		chests["demo-a"].missing[tlog.KeyID{byte(i), byte(i >> 8)}] = "demo-b"
	}
	s.pass(10 * time.Minute)
	if s.total > 2500 {
		t.Errorf("%d messages in ten minutes for a thousand keys that nobody has", s.total)
	}
	before := s.total
	chests["demo-c"].held[tlog.KeyID{5}] = true
	s.pass(2 * time.Minute)
	if !chests["demo-a"].held[tlog.KeyID{5}] {
		t.Errorf("a key that turns up is not found, after %d more messages", s.total-before)
	}
}
