package link_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/housetest"
	"pitlane/sync/link"
	"pitlane/sync/wire"
)

// ear hears what the board would be told.
type ear struct {
	mu   sync.Mutex
	told []board.Now
}

func (e *ear) tell(n board.Now) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, n)
}

func (e *ear) heard(ok func(board.Now) bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range e.told {
		if ok(n) {
			return true
		}
	}
	return false
}

// page is a log that tests read.
type page struct {
	mu sync.Mutex
	bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Buffer.Write(b)
}

func (p *page) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.String()
}

// watched runs a link of j whose board and log the test reads.
func (s *shop) watched(url string, j *journal.Journal) (*link.Link, *ear, *page) {
	s.t.Helper()
	log, e := &page{}, &ear{}
	l, err := link.New(link.Config{
		URL: url, Node: j.Node(), Password: "secret of " + j.Node(), Peers: s.peers(),
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.RunTelling(ctx, j, e.tell) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	return l, e, log
}

// villain is a node of the shop that sends what it likes.
func villain(t *testing.T, url string) func(k wire.Kind, to string, payload []byte) {
	t.Helper()
	line, err := wire.Dial(t.Context(), wire.Dialer{URL: url, Node: "demo-bay-2", Password: "secret of demo-bay-2", Filters: []string{wire.AllUp}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	return func(k wire.Kind, to string, payload []byte) {
		t.Helper()
		if err := line.Publish(wire.Topic{Node: "demo-bay-2", Kind: k, To: to}.String(), false, payload); err != nil {
			t.Fatal(err)
		}
	}
}

func packed(t *testing.T, seg tlog.Segment) []byte {
	t.Helper()
	c, err := wire.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b, err := c.Encode(seg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHostileNodeChangesNothingAndEndsNothing(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception")
	one, desk := s.journal("demo-bay-1"), s.journal("demo-reception")
	write(t, one, 20)
	l, _, log := s.watched(b.URL(), desk)
	housetest.Until(t, "the link is up", func() bool { return l.Stats().Connected })

	good, err := one.Segment(t.Context(), one.Origin(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	clone := func(change func(*tlog.Segment)) []byte {
		c := good
		c.Entries = make([]tlog.Entry, len(good.Entries))
		copy(c.Entries, good.Entries)
		c.Checkpoint = bytes.Clone(good.Checkpoint)
		change(&c)
		return packed(t, c)
	}
	noise := make([]byte, 40<<10)
	_, _ = rand.Read(noise) // crypto/rand does not fail
	const secret = "ABC-1234-SECRET"
	forged := [][]byte{
		{}, []byte("{"), []byte("null"), []byte(secret), noise,
		append([]byte{0x28, 0xb5, 0x2f, 0xfd}, noise...),
		clone(func(c *tlog.Segment) {
			c.Entries[3].Leaf = bytes.Replace(c.Entries[3].Leaf, []byte(`"k":"work.started"`), []byte(`"k":"work.stopped"`), 1)
		}),
		clone(func(c *tlog.Segment) {
			c.Entries[3].Work = &tlog.Opening{Payload: []byte(`{"bay":"` + secret + `"}`)}
		}),
		clone(func(c *tlog.Segment) { c.Origin = "demo-bay-2/" + strings.Repeat("0", 32) }),
		clone(func(c *tlog.Segment) { c.Origin = "other-bay-1/" + strings.Repeat("0", 32) }),
		clone(func(c *tlog.Segment) { c.Checkpoint[len(c.Checkpoint)/2] ^= 1 }),
		clone(func(c *tlog.Segment) { c.Entries = c.Entries[1:] }),
		clone(func(c *tlog.Segment) { c.First = 1 << 50 }),
	}
	say := villain(t, b.URL())
	for range 3 {
		for _, payload := range forged {
			say(wire.Log, "", payload)
			say(wire.To, "demo-reception", payload)
			say(wire.HaveOf, "", payload)
			say(wire.LiveOf, "", payload)
			say(wire.OnLine, "", payload)
		}
	}
	say(wire.HaveOf, "", []byte(`{"`+one.Origin()+`":[0,9007199254740992]}`)) // it has not
	housetest.Until(t, "the link has counted it", func() bool { return l.Stats().Refused > uint64(3*len(forged)) })
	if n := held(desk, one.Origin()); n != 0 {
		t.Errorf("%d entries taken from segments that do not verify", n)
	}
	// The real log still arrives, from its own node and also from the hostile one.
	say(wire.Log, "", packed(t, good))
	s.carry(b.URL(), one)
	write(t, one, 5)
	housetest.Until(t, "the real log arrives", func() bool { return held(desk, one.Origin()) == held(one, one.Origin()) })
	if err := desk.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.text(), secret) {
		t.Error("the log quotes what was sent")
	}
}

func TestTwoHistoriesRaiseTheAlarm(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-reception")
	open := func(dir string) *journal.Journal {
		j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Node: "demo-bay-1", Key: s.keys["demo-bay-1"], Roster: s.roster})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	disk, copied := filepath.Join(s.dir, "disk"), filepath.Join(s.dir, "copy")
	one := open(disk)
	write(t, one, 3)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(disk)); err != nil {
		t.Fatal(err)
	}
	one, two := open(disk), open(copied)
	defer one.Close()
	defer two.Close()
	write(t, one, 2)
	write(t, two, 2)

	desk := s.journal("demo-reception")
	l, e, log := s.watched(b.URL(), desk)
	housetest.Until(t, "the link is up", func() bool { return l.Stats().Connected })
	say := villain(t, b.URL())
	for _, j := range []*journal.Journal{one, two} {
		seg, err := j.Segment(t.Context(), j.Origin(), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		say(wire.Log, "", packed(t, seg))
		housetest.Until(t, "one history is held", func() bool { return held(desk, one.Origin()) > 0 })
	}
	housetest.Until(t, "the board shows the fault", func() bool {
		return e.heard(func(n board.Now) bool { return n.Fault != nil && n.Fault.Kind == "forked" && n.Fault.Hint != "" })
	})
	if !strings.Contains(log.text(), "level=ERROR") {
		t.Error("no error in the log")
	}
}

func TestBoardHearsWhoIsThere(t *testing.T) {
	t.Parallel()
	b, stop := listen(t, "127.0.0.1:0")
	s := newShop(t, "demo-bay-1", "demo-reception")
	one, desk := s.journal("demo-bay-1"), s.journal("demo-reception")
	_, e, _ := s.watched(b.URL(), desk)
	_, leave := s.carry(b.URL(), one)
	housetest.Until(t, "bay 1 is heard", func() bool {
		return e.heard(func(n board.Now) bool {
			return n.Heard != nil && n.Heard.Node == "demo-bay-1" && n.Heard.Online && !n.Heard.At.IsZero()
		})
	})
	housetest.Until(t, "the backlog becomes known", func() bool {
		return e.heard(func(n board.Now) bool {
			return n.Backlog != nil && n.Backlog.Node == "demo-bay-1" && n.Backlog.N == 0
		})
	})
	leave()
	housetest.Until(t, "bay 1 is gone", func() bool {
		return e.heard(func(n board.Now) bool {
			return n.Heard != nil && n.Heard.Node == "demo-bay-1" && !n.Heard.Online && !n.Heard.At.IsZero()
		})
	})
	stop()
	housetest.Until(t, "the board shows that there is no broker", func() bool {
		return e.heard(func(n board.Now) bool { return n.Fault != nil && n.Fault.Kind == "broker" && n.Fault.Hint != "" })
	})
}
