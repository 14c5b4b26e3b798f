package central

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/web"
	"pitlane/sync/wire"
)

const shown = 200 // jobs, and vehicles, on the screen

// OfficeView is head office's screen.
type OfficeView struct {
	Shops    []OfficeShop    `json:"shops"`
	Jobs     []OfficeJob     `json:"jobs"`
	Vehicles []OfficeVehicle `json:"vehicles"`
	Faults   []board.Fault   `json:"faults"`
}

// OfficeShop is a shop with its edges.
type OfficeShop struct {
	Shop  string       `json:"shop"`
	Edges []OfficeEdge `json:"edges"`
}

// OfficeEdge is a node as head office knows it: Backlog is how many entries of its
// own log have not come yet, AsOf when it was last heard.
type OfficeEdge struct {
	Node    string     `json:"node"`
	Role    string     `json:"role"`
	Online  bool       `json:"online"`
	Backlog uint64     `json:"backlog"`
	AsOf    *time.Time `json:"as_of,omitempty"`
}

// OfficeJob is one row of all jobs.
type OfficeJob struct {
	Shop     string     `json:"shop"`
	ID       string     `json:"id"`
	Ticket   string     `json:"ticket"`
	Plate    string     `json:"plate"`
	Phase    job.Phase  `json:"phase"`
	Word     job.Word   `json:"word"`
	Bay      string     `json:"bay,omitempty"`
	Promised *time.Time `json:"promised,omitempty"`
	Vehicle  string     `json:"vehicle,omitempty"`
	Node     string     `json:"node"`
}

// OfficeVehicle is one row of all vehicles.
type OfficeVehicle struct {
	ID    string `json:"id"`
	Plate string `json:"plate"`
	VIN   string `json:"vin,omitempty"`
	Jobs  int    `json:"jobs"`
	Scans int    `json:"scans"`
}

// office is what is true now: the store, and who is there. Its methods may be
// called from any goroutine.
type office struct {
	store  Store
	member *shop.Member
	run    string
	now    func() time.Time

	mu      sync.Mutex
	version uint64
	changed chan struct{}
	edges   map[string]*presence
	marks   map[string]uint64
	faults  map[string]board.Fault
	counts  counts
}

// presence is a node while it is heard.
type presence struct {
	online bool
	heard  time.Time
	have   wire.Have
}

type counts struct{ segments, entries, refused uint64 }

func newOffice(ctx context.Context, store Store, m *shop.Member, now func() time.Time) (*office, error) {
	o := &office{
		store: store, member: m, run: strconv.FormatInt(now().UnixNano(), 36), now: now, changed: make(chan struct{}),
		edges: map[string]*presence{}, marks: map[string]uint64{}, faults: map[string]board.Fault{},
	}
	for _, n := range m.Roster.Nodes {
		if n.Name != m.Node {
			o.edges[n.Name] = &presence{}
		}
	}
	marks, err := store.Marks(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range marks {
		o.marks[k.Origin] = k.Size
		if p := o.edges[tlog.NodeOf(k.Origin)]; p != nil && k.At.After(p.heard) {
			p.heard = k.At
		}
	}
	return o, nil
}

// touch makes a new version; the lock is held.
func (o *office) touch() {
	o.version++
	close(o.changed)
	o.changed = make(chan struct{})
}

// change runs f under the lock and makes a new version when f says so.
func (o *office) change(f func() bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f() {
		o.touch()
	}
}

func (o *office) alive(node string) {
	o.change(func() bool {
		p := o.edges[node]
		was := p.online
		p.online, p.heard = true, o.now()
		return !was
	})
}

func (o *office) gone(node string) {
	o.change(func() bool {
		p := o.edges[node]
		was := p.online
		p.online = false
		return was
	})
}

func (o *office) holds(node string, h wire.Have) {
	o.change(func() bool {
		before := o.backlog(node)
		o.edges[node].have = h
		return o.backlog(node) != before
	})
}

func (o *office) took(t taken) {
	o.change(func() bool {
		o.marks[t.Origin] = t.Size
		if t.New > 0 {
			o.counts.segments++
			o.counts.entries += uint64(t.New)
		}
		return t.New > 0
	})
}

// reads says that what is held reads otherwise now: keys came or went.
func (o *office) reads() { o.change(func() bool { return true }) }

func (o *office) refuse() {
	o.change(func() bool { o.counts.refused++; return false })
}

func (o *office) fork(origin string) {
	o.change(func() bool {
		o.faults["forked "+origin] = board.Fault{Kind: "forked",
			Message: "the log of " + tlog.NodeOf(origin) + " exists in two versions",
			Hint:    "its disk was copied or restored: take that node out of service; nothing was overwritten"}
		return true
	})
}

// lost says that one broker is not reached: nobody is heard through it.
func (o *office) lost(url string, err error) {
	o.change(func() bool {
		was := len(o.faults)
		o.faults["broker "+url] = board.Fault{Kind: "broker", Message: "no connection to the broker of the shop: " + err.Error(),
			Hint: distrusted(err)}
		went := false
		for _, p := range o.edges {
			went, p.online = went || p.online, false
		}
		return went || len(o.faults) != was
	})
}

func (o *office) found(url string) {
	o.change(func() bool {
		was := len(o.faults)
		delete(o.faults, "broker "+url)
		return len(o.faults) != was
	})
}

// held is how much of each origin is held.
func (o *office) held() map[string]uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.marks)
}

func (o *office) counted() counts {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts
}

// backlog is how much of a node's own logs has not come; the lock is held.
func (o *office) backlog(node string) uint64 {
	n := uint64(0)
	for origin, r := range o.edges[node].have {
		if tlog.NodeOf(origin) == node {
			n += r.Size - min(r.Size, o.marks[origin])
		}
	}
	return n
}

// who gives the version, what changes it next, and what is known of the edges.
func (o *office) who() (version string, changed <-chan struct{}, edges []OfficeEdge, faults []board.Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	edges = []OfficeEdge{}
	for _, n := range o.member.Roster.Nodes {
		p := o.edges[n.Name]
		if p == nil {
			continue
		}
		e := OfficeEdge{Node: n.Name, Role: n.Role, Online: p.online, Backlog: o.backlog(n.Name)}
		if at := p.heard; !at.IsZero() {
			e.AsOf = &at
		}
		edges = append(edges, e)
	}
	faults = []board.Fault{}
	for _, k := range slices.Sorted(maps.Keys(o.faults)) {
		faults = append(faults, o.faults[k])
	}
	return o.run + "-" + strconv.FormatUint(o.version, 10), o.changed, edges, faults
}

// view is the newest snapshot.
func (o *office) view(ctx context.Context) (board.View, error) {
	// The version is taken before the rows are read: at worst they are newer than
	// it, and the next version brings them again.
	version, _, edges, faults := o.who()
	jobs, err := o.store.Jobs(ctx, shown)
	if err != nil {
		return board.View{}, err
	}
	vehicles, err := o.store.Vehicles(ctx, shown)
	if err != nil {
		return board.View{}, err
	}
	v := OfficeView{Shops: []OfficeShop{{Shop: o.member.Shop, Edges: edges}}, Jobs: []OfficeJob{}, Vehicles: []OfficeVehicle{}, Faults: faults}
	for _, j := range jobs {
		v.Jobs = append(v.Jobs, OfficeJob{Shop: j.Shop, ID: j.ID, Ticket: j.Ticket, Plate: j.Plate, Phase: j.Phase, Word: j.Word,
			Bay: j.Bay, Promised: promise(j.Promised), Vehicle: j.Vehicle, Node: j.Node})
	}
	for _, c := range vehicles {
		v.Vehicles = append(v.Vehicles, OfficeVehicle{ID: c.ID, Plate: c.Plate, VIN: c.VIN, Jobs: c.Jobs, Scans: c.Scans})
	}
	return board.View{Version: version, Now: o.now(), AsOf: o.asOf(edges), Body: v}, nil
}

func (o *office) asOf(edges []OfficeEdge) map[string]time.Time {
	out := map[string]time.Time{o.member.Node: o.now()}
	for _, e := range edges {
		if e.AsOf != nil {
			out[e.Node] = *e.AsOf
		}
	}
	return out
}

// Wait implements web.Feed.
func (o *office) Wait(ctx context.Context, screen, version string) (any, string, error) {
	if screen != screenName {
		return nil, "", fmt.Errorf("there is no screen of this name")
	}
	for {
		now, changed, _, _ := o.who()
		if now != version {
			v, err := o.view(ctx)
			return v, v.Version, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, "", ctx.Err()
		}
	}
}

// Heartbeat implements web.Feed.
func (o *office) Heartbeat(screen string) any {
	if screen != screenName {
		return nil
	}
	version, _, edges, _ := o.who()
	return web.Heartbeat{Version: version, Now: o.now(), AsOf: o.asOf(edges)}
}

// promise is a promised moment; nil too where the clock that made it could not be right.
func promise(ms int64) *time.Time {
	if !clocks.Plausible(ms) {
		return nil
	}
	return moment(ms)
}

func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms)
	return &t
}
