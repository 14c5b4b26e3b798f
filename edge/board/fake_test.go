package board_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

const (
	reception = "demo-reception/00"
	bay1      = "demo-bay-1/00"
)

// start is the moment at which the test jobs begin.
func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// memory is a journal that works, in memory.
type memory struct {
	mu     sync.Mutex
	logs   map[string][]journal.Entry
	low    map[string]uint64         // origin → where it begins since it was trimmed
	reads  int                       // entries that were given
	tips   map[string][]journal.Hash // job → its tips
	wakes  []chan struct{}
	broken error
	locked map[string]bool // origin and job whose key is not here
	turned []string
}

func newMemory() *memory {
	return &memory{logs: map[string][]journal.Entry{}, low: map[string]uint64{}, tips: map[string][]journal.Hash{}}
}

// tell writes events of one job, a minute apart.
func (m *memory) tell(t testing.TB, origin, id string, payloads ...job.Payload) {
	t.Helper()
	for _, p := range payloads {
		m.write(t, origin, id, p, nil)
	}
}

func (m *memory) write(t testing.TB, origin, id string, p job.Payload, c *job.Contact) {
	t.Helper()
	work, err := job.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	e := journal.Entry{Origin: origin, Kind: p.Kind(), Job: id, Quality: 3, Work: &journal.Opening{Payload: work}}
	if c != nil {
		b, err := job.EncodeContact(*c)
		if err != nil {
			t.Fatal(err)
		}
		e.Contact = &journal.Opening{Payload: b}
	}
	m.append(e)
}

func (m *memory) append(e journal.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Seq = uint64(len(m.logs[e.Origin]))
	if e.WallMS == 0 {
		e.WallMS = start().Add(time.Duration(e.Seq) * time.Minute).UnixMilli()
	}
	e.Hash = sha256.Sum256(fmt.Append(nil, e.Origin, e.Seq))
	e.Parents = slices.Clone(m.tips[e.Job])
	m.logs[e.Origin] = append(m.logs[e.Origin], e)
	m.tips[e.Job] = []journal.Hash{e.Hash}
	for _, w := range m.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Tips implements board.Journal.
func (m *memory) Tips() []journal.Tip {
	m.mu.Lock()
	defer m.mu.Unlock()
	var tips []journal.Tip
	for o, log := range m.logs {
		tips = append(tips, journal.Tip{Origin: o, Low: m.low[o], Size: uint64(len(log))})
	}
	return tips
}

// Read implements board.Journal.
func (m *memory) Read(_ context.Context, origin string, from uint64) iter.Seq2[journal.Entry, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	log, broken := m.logs[origin][from:], m.broken
	if from < m.low[origin] {
		broken = journal.ErrTrimmed
	}
	return func(yield func(journal.Entry, error) bool) {
		if broken != nil {
			yield(journal.Entry{}, broken)
			return
		}
		for _, e := range log {
			if !yield(m.closed(e), nil) {
				return
			}
		}
	}
}

// closed is an entry as it is without its key.
func (m *memory) closed(e journal.Entry) journal.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if m.locked[e.Origin+" "+e.Job] {
		e.Work, e.Contact = nil, nil
	}
	return e
}

// Job implements board.Journal.
func (m *memory) Job(_ context.Context, id string) ([]journal.Entry, error) {
	m.mu.Lock()
	var found []journal.Entry
	for _, o := range slices.Sorted(maps.Keys(m.logs)) {
		for _, e := range m.logs[o][m.low[o]:] {
			if e.Job == id {
				found = append(found, e)
			}
		}
	}
	m.mu.Unlock()
	for i := range found {
		found[i] = m.closed(found[i])
	}
	return found, nil
}

// Turned implements board.Keys.
func (m *memory) Turned(from int) (jobs []string, next int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.turned[from:]), len(m.turned)
}

// lock takes an origin's key of a job away, or gives it back.
func (m *memory) lock(origin, id string, yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked == nil {
		m.locked = map[string]bool{}
	}
	m.locked[origin+" "+id] = yes
	m.turned = append(m.turned, id)
	for _, w := range m.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Wake implements board.Journal.
func (m *memory) Wake() (<-chan struct{}, func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := make(chan struct{}, 1)
	m.wakes = append(m.wakes, w)
	return w, func() {}
}

// config is the board of bay 1, which is also a reception: all four screens.
func config(m *memory) board.Config {
	return board.Config{
		Journal: m, Node: "demo-bay-1", Role: "bay", Bay: "1", Shop: "Demo", Run: "run",
		Nodes: []board.Node{
			{Node: "demo-reception", Role: "reception"}, {Node: "demo-bay-1", Role: "bay", Bay: "1"}, {Node: "demo-bay-2", Role: "bay", Bay: "2"},
		},
		People: []board.Person{{ID: "te1", Name: "Li", Role: "TE"}},
		Now:    func() time.Time { return start().Add(time.Hour) },
		Plain:  func(code string) map[string]string { return map[string]string{"en": "the car reports " + code} },
	}
}

// running is a board that has caught up; it ends with the test.
func running(t testing.TB, cfg board.Config) *board.Board {
	t.Helper()
	b := board.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the board ends with %v", err)
		}
	})
	<-b.Ready()
	return b
}

// body waits until what an audience sees is as wanted.
func body[T any](t testing.TB, b *board.Board, a board.Audience, ok func(T) bool) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	version := ""
	for {
		v, err := b.Wait(ctx, a, version)
		if err != nil {
			t.Fatalf("%s never sees it, last %+v", a, b.View(a).Body)
		}
		if got := v.Body.(T); ok(got) {
			return got
		}
		version = v.Version
	}
}

func opened(ticket string) job.Opened {
	return job.Opened{
		Ticket: ticket, Lang: "en", Purpose: "repair", Channel: "kiosk", Plate: "粤B12345", PlatePublic: "masked",
		Owner: "sa1", Urgency: "normal", Complaint: job.Complaint{Words: "it rattles"}, Assistance: true,
	}
}

func offered() job.Offered {
	return job.Offered{
		Lines: []job.Line{{ID: "l1", Text: "diagnosis", Price: 9900}}, Total: 9900, TextHash: "h1", Text: "the text",
		Promised: start().Add(8 * time.Hour).UnixMilli(),
	}
}

// checkIn tells a check-in up to the hand-over.
func checkIn(t testing.TB, m *memory, id, ticket string, slot int) {
	t.Helper()
	m.write(t, reception, id, opened(ticket), &job.Contact{Name: "Wang", Phone: "13800000000"})
	m.tell(
		t, reception, id, job.Inspected{None: true}, job.Belongings{None: true}, offered(), job.Consented{Scan: true},
		job.Signed{TextHash: "h1"}, job.UnlockIntended{Cabinet: "c1", Slot: slot, Purpose: "hang"}, job.KeyHung{Cabinet: "c1", Slot: slot}, job.HandedOver{},
	)
}
