package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/housetest"
)

// site is a shop of two edges: reception, with the broker and a practice cabinet, and
// a bay. Their boot clocks are the test's.
type site struct {
	t      *testing.T
	root   string
	broker string
	cab    *sim.Board
	line   *sim.Line
	boot   atomic.Value // boot id of reception
	ahead  atomic.Int64 // how far its boot is ahead of the test's time
	began  time.Time
}

// running is one edge of the site that runs.
type running struct {
	base    string
	journal *journal.Journal
	board   *board.Board
	stop    func()
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, root: filepath.Join(t.TempDir(), "shop"), began: time.Now()}
	s.boot.Store("boot-1")
	if err := shop.Init(s.root, "demo"); err != nil {
		t.Fatal(err)
	}
	for node, role := range map[string]string{"reception": shop.RoleReception, "bay-1": shop.RoleBay} {
		if _, err := shop.Add(s.root, node, role, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.broker = housetest.OwnAddress(t)
	s.cab = sim.NewBoard(sim.BoardConfig{HookClosed: 1})
	line, err := sim.NewLine(t.TempDir(), "cabinet")
	if err != nil {
		t.Fatal(err)
	}
	s.line = line
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.cab.Serve(ctx, s.line) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = s.line.Close() // a practice line
	})
	return s
}

func (s *site) start(node, more string, boot func() (string, time.Duration)) *running {
	s.t.Helper()
	dir := filepath.Join(s.root, "demo-"+node)
	member, err := shop.Load(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg, err := edge.ParseConfig(filepath.Join(dir, "edge.toml"), []byte(fmt.Sprintf(
		"[http]\nlisten = \"127.0.0.1:0\"\n[[link]]\nurl = \"tcp://%s\"\n[[person]]\nid = \"TE1\"\nname = \"T\"\nrole = \"TE\"\n%s", s.broker, more)))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(s.t.Output(), nil))
	rooms := Join(ctx, cfg, member, Options{Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond, Boot: boot}, log)
	e, addr, inside, ended := &running{}, make(chan string, 1), make(chan struct{}), make(chan error, 1)
	rooms.Serving = func(a net.Addr) { addr <- a.String() }
	rooms.Couriers = append(rooms.Couriers, edge.CourierFunc(func(ctx context.Context, j *journal.Journal, b *board.Board) error {
		e.journal, e.board = j, b
		close(inside)
		<-ctx.Done()
		return nil
	}))
	go func() { ended <- edge.Run(ctx, cfg, rooms, log) }()
	e.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("%s: %v", node, err)
		}
	})
	s.t.Cleanup(e.stop)
	for range 2 {
		select {
		case a := <-addr:
			e.base = "http://" + a
		case <-inside:
			inside = nil
		case err := <-ended:
			s.t.Fatalf("%s does not start: %v", node, err)
		}
	}
	return e
}

func (s *site) reception() *running {
	return s.start("reception", fmt.Sprintf("[broker]\nlisten = %q\npasswd = %q\ntls = false\n[cabinet]\nport = %q\nhook_closed = 1\n",
		s.broker, filepath.Join(s.root, "broker.passwd"), s.line.Path()), s.clock)
}

func (s *site) clock() (string, time.Duration) {
	return s.boot.Load().(string), time.Hour + time.Since(s.began) + time.Duration(s.ahead.Load())
}

// hangs writes a visit whose key hangs in a slot of reception's cabinet, as it does.
func (s *site) hangs(e *running, id string, slot int) {
	s.t.Helper()
	for _, p := range []job.Payload{
		job.Opened{Ticket: id, Lang: "en", Owner: "u1", PlatePublic: "A1", Plate: "A1"},
		job.Offered{Lines: []job.Line{{ID: "l1", Text: "diagnosis", Price: 100}}, Total: 100, TextHash: "h1", Text: "text"},
		job.Signed{TextHash: "h1", Lang: "en"}, job.KeyHung{Cabinet: "cabinet", Slot: slot}, job.HandedOver{},
	} {
		s.say(e, id, p, newID())
	}
}

func (s *site) say(e *running, id string, p job.Payload, request journal.RequestID) {
	s.t.Helper()
	work, err := job.Encode(p)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := e.journal.Append(s.t.Context(), journal.Draft{Kind: p.Kind(), Job: id, Work: work, Request: request}); err != nil {
		s.t.Fatal(err)
	}
}

func newID() (id journal.RequestID) {
	_, _ = rand.Read(id[:]) // crypto/rand does not fail
	return id
}

// takes is a technician at an edge who wants the key of a job.
func (s *site) takes(e *running, id string) (outcome string) {
	s.t.Helper()
	request := newID()
	body, err := json.Marshal(map[string]any{"request": hex.EncodeToString(request[:]), "by": "TE1", "job": id, "reason": "test drive"})
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, e.base+"/api/v1/keys/take", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Pitlane", "1")
	req.Header.Set("Origin", e.base)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	said, _ := io.ReadAll(res.Body) // what is there is shown below
	var out struct{ Outcome string }
	if err := json.Unmarshal(said, &out); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("keys/take at %s: %d %s", e.base, res.StatusCode, said)
	}
	return out.Outcome
}

// answered waits until an edge shows what became of the newest wish for a key.
func (s *site) answered(e *running, id string) board.DeskWish {
	s.t.Helper()
	var got board.DeskWish
	housetest.Until(s.t, "the wish for "+id+" is answered", func() bool {
		v, _ := e.board.View(board.Desk).Body.(board.DeskView)
		for _, j := range v.Jobs {
			if j.ID == id && j.Key.Wish != nil {
				got = *j.Key.Wish
			}
		}
		return got.State != "" && got.State != job.WishWaits && got.State != job.WishGranted
	})
	return got
}

// opened is how often a frame opened a slot.
func (s *site) opened(slot int) int {
	n := 0
	for _, f := range s.cab.Log() {
		if slices.Contains(f.Opens, slot) {
			n++
		}
	}
	return n
}

// TestAWishOfAnotherEdgeOpensOnceOrNotAtAll: a technician in the bay wants a key that
// hangs at reception. Fresh, the slot opens, by one frame, however often the wish comes;
// after an outage of half a minute, or a start of the other machine, it is refused.
func TestAWishOfAnotherEdgeOpensOnceOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for slot := 1; slot <= 3; slot++ {
		s.cab.SetKey(slot, true)
	}
	front := s.reception()
	bay := s.start("bay-1", "[bay]\nname = \"bay-1\"\n", nil)
	ids := []string{"", "job-1", "job-2", "job-3"}
	for slot := 1; slot <= 3; slot++ {
		s.hangs(front, ids[slot], slot)
	}
	known := func(id string) func() bool {
		return func() bool {
			st, ok := bay.board.Job(id)
			_, beats := bay.board.Beat("demo-reception")
			return ok && beats && st.HandedOver
		}
	}
	ready := func() bool {
		v, _ := front.board.View(board.Desk).Body.(board.DeskView)
		return v.Cabinet.State == "online"
	}
	for slot := 1; slot <= 3; slot++ {
		housetest.Until(s.t, "the bay knows "+ids[slot], known(ids[slot]))
	}
	housetest.Until(s.t, "the cabinet is online", ready)

	if got := s.takes(bay, ids[1]); got != "wished" {
		t.Fatalf("the bay's answer is %q, want wished", got)
	}
	if w := s.answered(bay, ids[1]); w.State != job.WishOpened || w.To != "demo-reception" || w.By != "TE1" {
		t.Errorf("in the bay the wish is %+v, want opened", w)
	}
	st, _ := bay.board.Job(ids[1])
	s.say(bay, ids[1], st.Wishes[0].SlotWished, newID()) // it comes a second time
	housetest.Until(s.t, "reception has read it", func() bool {
		here, _ := front.board.Job(ids[1])
		there, _ := bay.board.Job(ids[1])
		return here.Events == there.Events && here.Events > st.Events
	})

	front.stop()
	if got := s.takes(bay, ids[2]); got != "wished" {
		t.Fatalf("the bay's answer is %q, want wished", got)
	}
	s.ahead.Add(int64(31 * time.Second))
	front = s.reception()
	if w := s.answered(bay, ids[2]); w.State != job.WishNot || w.Why != job.WishStale {
		t.Errorf("after 31 s away the wish is %+v, want refused", w)
	}

	front.stop()
	s.takes(bay, ids[3])
	s.boot.Store("boot-2")
	front = s.reception()
	if w := s.answered(bay, ids[3]); w.State != job.WishNot || w.Why != job.WishReboot {
		t.Errorf("after a start of the machine the wish is %+v, want refused", w)
	}
	housetest.Until(s.t, "the cabinet is online", ready)
	if got := []int{s.opened(1), s.opened(2), s.opened(3)}; !slices.Equal(got, []int{1, 0, 0}) {
		t.Errorf("frames that opened slots 1 to 3: %v, want one for the first and none else", got)
	}
	if st, _ := front.board.Job(ids[1]); st.Wishes[0].State != job.WishOpened {
		t.Errorf("at reception the wish is %s after two starts", st.Wishes[0].State)
	}
}
