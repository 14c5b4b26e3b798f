//go:build real

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/vault"
	"pitlane/housetest"
)

// fire is a shop whose edges are killed, for one season.
type fire struct {
	t      *testing.T
	inside bool // the broker is reception's, and dies with it
	rig    *rig // only its folder, its broker and its patience
	rnd    *rand.Rand
	dir    string
	edges  []*target // reception first
	book   *ledger
	tally  tally
	cars   []string // in bay 1 and 2, received there while edges die
	calls  []string // handed over, and sent to a bay again and again
	stop   []func()
}

// newFire makes the shop: in memory, where there is any, which allows more kills; the
// first one on the disk, where they fall into its syncs.
func newFire(t *testing.T, bin string, n int, seed uint64, inside bool) *fire {
	t.Helper()
	at := ""
	var memory unix.Statfs_t
	if n > 0 && unix.Statfs("/dev/shm", &memory) == nil && memory.Bavail*uint64(memory.Bsize) > 1<<30 { // not so in most containers
		at = "/dev/shm"
	}
	dir, err := os.MkdirTemp(at, "kills")
	if err != nil {
		dir = t.TempDir()
	}
	f := &fire{inside: inside, t: t, dir: dir, book: newLedger(), rnd: rand.New(rand.NewPCG(seed, 1)),
		rig: &rig{t: t, dir: dir, bin: bin, net: addresses{broker: housetest.OwnAddress(t)}}}
	f.stop = append(f.stop, func() {
		if t.Failed() {
			t.Log("the shop is left for a look in " + dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	t.Cleanup(f.close)
	f.must(shop.Init(dir, shopName))
	f.devices()
	for i, node := range []string{"reception", "bay-1", "bay-2"} {
		_, err := shop.Add(dir, node, roleOf(node), "")
		f.must(err)
		addr := housetest.OwnAddress(t)
		e := &target{name: shopName + "-" + node, folder: f.rig.folder(node), base: "http://" + addr, bin: bin, book: f.book,
			aims: aims(i == 0, inside), open: make(chan struct{}), screen: newScreen("http://" + addr)}
		e.screen.http.Transport = &http.Transport{DisableKeepAlives: true} // of the life before nothing is left
		e.told = func() { f.tell(e) }
		f.edges = append(f.edges, e)
		f.must(os.WriteFile(filepath.Join(e.folder, "edge.toml"), []byte(f.config(node, addr)), 0o600))
	}
	for _, e := range f.edges { // the last one added has the whole roster
		b, err := os.ReadFile(filepath.Join(dir, "roster"))
		f.must(err)
		f.must(os.WriteFile(filepath.Join(e.folder, "roster"), b, 0o644))
	}
	f.must(f.prepare())
	f.must(copyFolder(f.edges[0].folder, filepath.Join(dir, "older")))
	if !inside {
		broker := newEmbedded(f.rig)
		broker.start()
		f.stop = append(f.stop, broker.stop)
	}
	return f
}

// close may be called twice.
func (f *fire) close() {
	for _, n := range f.edges {
		n.mu.Lock()
		if n.now != nil {
			_ = n.now.cmd.Process.Kill() // most are gone
			<-n.now.done
		}
		n.mu.Unlock()
	}
	for i := len(f.stop) - 1; i >= 0; i-- {
		f.stop[i]()
	}
	f.stop = nil
}

func (f *fire) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fire) tell(from *target) {
	for _, n := range f.edges {
		if n != from {
			n.news.ring()
		}
	}
}

// devices lays an adapter in a car into each bay: they live on when the edge is killed.
func (f *fire) devices() {
	f.must(os.MkdirAll(filepath.Join(f.dir, "dev"), 0o700))
	ctx, halt := context.WithCancel(context.Background())
	f.stop = append(f.stop, halt)
	var all sync.WaitGroup
	f.stop = append(f.stop, all.Wait)
	for i, bay := range bayNames() {
		l, err := sim.NewLine(filepath.Join(f.dir, "dev"), bay)
		f.must(err)
		a := sim.NewAdapter(sim.AdapterConfig{Seed: uint64(i), Timing: &sim.Timing{P2: time.Millisecond, Idle: 4 * time.Millisecond, Reset: 5 * time.Millisecond}})
		car := sim.DemoCAN11(uint64(i))
		car.Parked = true
		a.Plug(car)
		all.Go(func() {
			if err := ended(a.Serve(ctx, l)); err != nil {
				f.t.Errorf("the adapter of %s: %v", bay, err)
			}
		})
		f.stop = append(f.stop, func() { halt(); _ = l.Close() })
	}
	l, err := sim.NewLine(filepath.Join(f.dir, "dev"), "cabinet")
	f.must(err)
	f.stop = append(f.stop, func() { halt(); _ = l.Close() })
	b := sim.NewBoard(sim.BoardConfig{HookClosed: 1, Seed: f.rnd.Uint64()})
	for i := range prepared {
		b.SetKey(1+i, true)
	}
	all.Go(func() {
		if err := ended(b.Serve(ctx, l)); err != nil {
			f.t.Errorf("the cabinet: %v", err)
		}
	})
	all.Go(func() { _ = sim.Hand{Board: b, Delay: 300 * time.Millisecond}.Run(ctx) }) // it ends with ctx
}

func (f *fire) config(node, addr string) string {
	text := edgeConfig(addr, f.rig.net)
	if node != "reception" {
		text += fmt.Sprintf("\n[bay]\nname = %q\n\n[scanner]\nport = %q\nbaud = 38400\n", node, filepath.Join(f.dir, "dev", node))
	}
	if node == "reception" {
		text += fmt.Sprintf("\n[cabinet]\nport = %q\nhook_closed = 1\n", filepath.Join(f.dir, "dev", "cabinet"))
	}
	if f.inside && node == "reception" {
		text += fmt.Sprintf("\n[broker]\nlisten = %q\npasswd = %q\n", f.rig.net.broker, filepath.Join(f.dir, "broker.passwd"))
	}
	return text
}

// prepared is how many keys hang in the cabinet at the beginning.
const prepared = 4

// prepare writes what a morning at the kiosk and the cabinet has left at reception: a
// car for each bay, and two that wait to be sent to one.
func (f *fire) prepare() (err error) {
	n := f.edges[0]
	m, err := shop.Load(n.folder)
	if err != nil {
		return err
	}
	v, err := vault.Open(vault.Options{Dir: n.folder, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	j, err := journal.Open(f.t.Context(), journal.Options{Dir: n.folder, Node: m.Node, Key: m.Key, Roster: m.Roster, Keys: v})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	for i := range prepared {
		bay := ""
		if i < len(bayNames()) {
			bay = bayNames()[i]
		}
		id := fmt.Sprintf("%016x", 1+i)
		if err := waiting(f.t.Context(), j, id, i, bay); err != nil {
			return err
		}
		if bay != "" {
			f.cars = append(f.cars, id)
		} else {
			f.calls = append(f.calls, id)
		}
	}
	return nil
}

// waiting writes a visit up to its hand-over, or up to its bay.
func waiting(ctx context.Context, j *journal.Journal, id string, n int, bay string) error {
	hash := strings.Repeat("5a", 32)
	all := []job.Payload{
		job.Opened{Ticket: fmt.Sprintf("A%03d", n), Lang: "en", Purpose: "repair", Channel: "kiosk", PlatePublic: "ticket", Owner: "SA1", Urgency: "normal"},
		job.Inspected{None: true},
		job.Belongings{None: true},
		job.Offered{Lines: []job.Line{{ID: "diagnosis", Text: "diagnosis", Price: 10000}}, Total: 10000, TextHash: hash, Text: "text",
			Promised: time.Now().Add(4 * time.Hour).UnixMilli()},
		job.Signed{TextHash: hash, Lang: "en"},
		job.Consented{Scan: true, TextHash: hash, Lang: "en"},
		job.KeyHung{Cabinet: "cabinet", Slot: 1 + n},
		job.HandedOver{},
	}
	if bay != "" {
		all = append(all, job.BayAssigned{Bay: bay, Lead: "TE1", By: "SA1"})
	}
	var drafts []journal.Draft
	for _, p := range all {
		work, err := job.Encode(p)
		if err != nil {
			return err
		}
		drafts = append(drafts, journal.Draft{Kind: p.Kind(), Job: id, Work: work})
	}
	_, err := j.Append(ctx, drafts...)
	return err
}

// alike: every edge says of every log that it has as much as the others.
func (f *fire) alike() bool {
	var first string
	for _, n := range f.edges {
		tips, err := tipsOf(f.t.Context(), n.folder)
		if err != nil {
			return false
		}
		if first == "" {
			first = tips
		}
		if tips != first {
			return false
		}
	}
	return true
}

// tipsOf asks a running node through its socket.
func tipsOf(ctx context.Context, folder string) (string, error) {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return edge.DialSocket(ctx, folder) }}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://pitlane/status", nil)
	if err != nil {
		return "", err
	}
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var s edge.Status
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return "", err
	}
	return fmt.Sprint(s.Origins), nil
}

// verified: the operator's program says the same of the whole shop.
func (f *fire) verified() {
	f.t.Helper()
	for _, n := range f.edges {
		if out, err := exec.CommandContext(f.t.Context(), filepath.Join(n.bin, "pitlane"), "verify", "--data", n.folder).CombinedOutput(); err != nil {
			f.t.Errorf("pitlane verify of %s: %v\n%s", n.name, err, out)
		}
	}
}

// olderCopy puts the folder of reception back as it was before the first kill, and is
// what the check says to it.
func (f *fire) olderCopy() error {
	old := &target{name: f.edges[0].name, folder: filepath.Join(f.dir, "older")}
	_, err := f.book.check(f.t.Context(), old)
	return err
}

// copyFolder copies a stopped node's folder.
func copyFolder(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copy a node's folder: %w", err)
	}
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600) // what is secret stays so
	})
}
