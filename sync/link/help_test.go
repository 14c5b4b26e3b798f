package link_test

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/edge/journal"
	shopdir "pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/housetest"
	"pitlane/sync/broker"
	"pitlane/sync/link"
	"pitlane/sync/wire"
)

// shop is a roster with its keys and the journals of its nodes.
type shop struct {
	t      testing.TB
	dir    string
	roster *tlog.Roster
	keys   map[string]ed25519.PrivateKey
	// passwords are those of the embedded broker of these tests where they are not given.
	passwords   map[string]string
	cosignEvery time.Duration    // 0: as always
	now         func() time.Time // the machines' clocks, for TLS; nil: time.Now
}

// tls is a node's, of a shop that is on disk, whose reception has the broker.
func (s *shop) tls(node string) *tls.Config {
	s.t.Helper()
	now := s.now
	if now == nil {
		now = time.Now
	}
	m, err := shopdir.Load(filepath.Join(s.dir, node))
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := m.DialTLS("demo-reception", now)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func newShop(t testing.TB, nodes ...string) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), roster: &tlog.Roster{Shop: "demo"}, keys: map[string]ed25519.PrivateKey{}}
	for _, n := range nodes {
		pub, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		role := "bay"
		if n == "demo-central" {
			role = "central"
		}
		s.keys[n] = key
		s.roster.Nodes = append(s.roster.Nodes, tlog.RosterNode{Name: n, Role: role, Key: pub})
	}
	return s
}

func (s *shop) journal(node string) *journal.Journal {
	s.t.Helper()
	j, err := journal.Open(s.t.Context(), journal.Options{Dir: filepath.Join(s.dir, node), Node: node, Key: s.keys[node], Roster: s.roster})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := j.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return j
}

func (s *shop) password(node string) string {
	return cmp.Or(s.passwords[node], "secret of "+node)
}

func (s *shop) peers() []link.Peer {
	var out []link.Peer
	for _, n := range s.roster.Nodes {
		out = append(out, link.Peer{Node: n.Name, Role: n.Role})
	}
	return out
}

// carry runs a link of j until the returned stop.
func (s *shop) carry(url string, j *journal.Journal) (*link.Link, func()) {
	s.t.Helper()
	var secure *tls.Config
	if wire.Secure(url) {
		secure = s.tls(j.Node())
	}
	l, err := link.New(link.Config{
		URL: url, TLS: secure, Node: j.Node(), Password: s.password(j.Node()), Role: "bay", Peers: s.peers(),
		Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond, Patience: time.Second, CosignEvery: s.cosignEvery,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, j, nil) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("the link of %s ended with %v", j.Node(), err)
		}
	})
	s.t.Cleanup(stop)
	return l, stop
}

// listen runs an embedded broker on address until the returned stop.
func listen(t testing.TB, address string) (*broker.Broker, func()) {
	t.Helper()
	b, err := broker.Listen(t.Context(), broker.Config{
		Listen:  address,
		Check:   func(user, password string) bool { return password == "secret of "+user },
		Central: func(user string) bool { return user == "demo-central" },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the broker ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return b, stop
}

// write appends n events, each committed alone.
func write(t testing.TB, j *journal.Journal, n int) {
	t.Helper()
	for range n {
		d := journal.Draft{Kind: "work.started", Job: "j1", Work: []byte(`{"bay":"1","by":"t1"}`)}
		if _, err := rand.Read(d.Request[:]); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// sizes is what a journal holds, in one line.
func sizes(j *journal.Journal) string {
	out := ""
	for _, tip := range j.Tips() {
		out += fmt.Sprintf("%s %d\n", tip.Origin, tip.Size)
	}
	return out
}

// alike waits until all journals hold the same, n origins.
func alike(t testing.TB, n int, js ...*journal.Journal) {
	t.Helper()
	housetest.Until(t, "all journals hold the same", func() bool {
		want := sizes(js[0])
		if strings.Count(want, "\n") < n {
			return false
		}
		for _, j := range js {
			if sizes(j) != want {
				return false
			}
		}
		return true
	})
	for _, j := range js {
		if err := j.Verify(t.Context()); err != nil {
			t.Errorf("%s: %v", j.Node(), err)
		}
	}
}

// held is how much of an origin a journal holds.
func held(j *journal.Journal, origin string) uint64 {
	for _, tip := range j.Tips() {
		if tip.Origin == origin {
			return tip.Size
		}
	}
	return 0
}
