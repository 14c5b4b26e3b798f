//go:build real

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pitlane/housetest"
)

// rig is a whole shop of separate processes: the real pitlane-edge and
// pitlane-central, a broker, and simulated devices on ptys.
type rig struct {
	t     *testing.T
	dir   string
	bin   string
	dev   *practice
	cars  *slowCars
	net   addresses
	procs map[string]*proc
	mqtt  mqtt
	on    map[string]*machine // by node: what it believes of its computer, where that is not as it is
}

// proc is one running program and what it has said.
type proc struct {
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freeAddresses finds n shops' worth of addresses, no two the same, that stay free
// while nobody listens there.
func freeAddresses(t *testing.T, n int) []addresses {
	t.Helper()
	free := housetest.OwnAddresses(t, n*(3+len(bayNames())))
	next := func() string {
		at := free[0]
		free = free[1:]
		return at
	}
	all := make([]addresses, n)
	for i := range all {
		all[i] = addresses{reception: next(), central: next(), broker: next(), bays: map[string]string{}}
		for _, b := range bayNames() {
			all[i].bays[b] = next()
		}
	}
	return all
}

// newRig makes the shop's folder and devices and starts everything.
func newRig(t *testing.T, at addresses, bin string, newMQTT func(*rig) mqtt) *rig {
	t.Helper()
	return newRigOn(t, at, bin, newMQTT, nil)
}

// newRigOn is newRig with nodes that believe other things of their computers; with no
// newMQTT the broker is in reception's program.
func newRigOn(t *testing.T, at addresses, bin string, newMQTT func(*rig) mqtt, on map[string]*machine) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), bin: bin, net: at, procs: map[string]*proc{}, on: on, cars: new(slowCars)}
	dev, err := newPractice(r.dir, bayNames(), nil, 7, 4)
	if err != nil {
		t.Fatal(err)
	}
	r.dev, dev.listen = dev, r.cars.on
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- dev.run(ctx) }()
	t.Cleanup(func() {
		stop()
		dev.close()
		if err := <-ended; err != nil {
			t.Errorf("the practice devices: %v", err)
		}
	})
	if err := foundShop(r.dir, r.net, dev, newMQTT == nil); err != nil {
		t.Fatal(err)
	}
	if r.mqtt = mqtt(ofReception{}); newMQTT != nil {
		r.mqtt = newMQTT(r)
	}
	r.mqtt.start()
	t.Cleanup(r.mqtt.stop)
	for _, node := range nodeNames() {
		r.start(node)
	}
	t.Cleanup(r.stopAll)
	for _, base := range r.bases() {
		r.ready(base)
	}
	return r
}

// slowCars are cars whose answers can be made to take long: what shall befall an edge in
// the middle of a scan then does, however busy the machine is.
type slowCars struct{ slow atomic.Bool }

func (s *slowCars) on(rw io.ReadWriter) io.ReadWriter { return slowLine{rw, s} }

type slowLine struct {
	io.ReadWriter
	cars *slowCars
}

func (l slowLine) Write(b []byte) (int, error) {
	if l.cars.slow.Load() {
		pause(context.Background(), 300*time.Millisecond) // a driver gives up after two seconds
	}
	return l.ReadWriter.Write(b)
}

// SetReadDeadline lets the adapter be stopped; see sim.Adapter.Serve.
func (l slowLine) SetReadDeadline(t time.Time) error {
	return l.ReadWriter.(interface{ SetReadDeadline(time.Time) error }).SetReadDeadline(t)
}

func buildPrograms(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin+"/", "pitlane/cmd/pitlane-edge", "pitlane/cmd/pitlane-central", "pitlane/cmd/pitlane")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as they are released
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return bin
}

func (r *rig) bases() []string {
	all := []string{"http://" + r.net.reception, "http://" + r.net.central}
	for _, a := range r.net.bays {
		all = append(all, "http://"+a)
	}
	return all
}

func (r *rig) folder(node string) string { return filepath.Join(r.dir, shopName+"-"+node) }

func (r *rig) start(node string) {
	r.t.Helper()
	program, config := "pitlane-edge", "edge.toml"
	if node == "central" {
		program, config = "pitlane-central", "central.toml"
	}
	p := &proc{log: &lockedBuffer{}, done: make(chan error, 1)}
	p.cmd = exec.Command(filepath.Join(r.bin, program), "--config", filepath.Join(r.folder(node), config))
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	begin := p.cmd.Start
	if m := r.on[node]; m != nil {
		begin = func() error { return m.start(p.cmd) }
	}
	if err := begin(); err != nil {
		r.t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	r.procs[node] = p
}

// kill sends SIGKILL and waits until the process is gone.
func (r *rig) kill(node string) {
	r.t.Helper()
	p := r.procs[node]
	if err := p.cmd.Process.Kill(); err != nil {
		r.t.Fatal(err)
	}
	<-p.done
	delete(r.procs, node)
}

func (r *rig) stopAll() {
	for node, p := range r.procs {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // a process that is gone is told below
		select {
		case err := <-p.done:
			if err != nil {
				r.t.Errorf("%s ended: %v", node, err)
			}
		case <-time.After(time.Minute):
			r.t.Errorf("%s did not end within a minute", node)
			_ = p.cmd.Process.Kill()
			<-p.done
		}
		if s := p.log.String(); strings.Contains(s, "panic:") {
			r.t.Errorf("%s panicked", node)
		}
		if r.t.Failed() {
			r.t.Logf("--- %s ---\n%s", node, p.log.String())
		}
	}
	r.verify()
}

// verify: what the day has left, at every node and at head office, verifies.
func (r *rig) verify() {
	out, err := exec.Command(filepath.Join(r.bin, "pitlane"), "verify", "--data", r.dir).CombinedOutput()
	if err != nil {
		r.t.Errorf("pitlane verify after the day: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "what follows from the entries") {
		r.t.Errorf("head office's tables are not compared:\n%s", out)
	}
}

// within polls until ok says true; what is awaited has no event of its own.
func (r *rig) within(limit time.Duration, what string, ok func() bool) {
	r.t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end:
			r.t.Fatalf("%s did not come true within %v", what, limit)
		case <-tick.C:
		}
	}
}

func (r *rig) ready(base string) {
	r.t.Helper()
	r.within(time.Minute, base+" ready", func() bool {
		res, err := http.Get(base + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// entry is a line of `pitlane tail`.
type entry struct {
	Origin string `json:"origin"`
	Seq    uint64 `json:"seq"`
	Kind   string `json:"kind"`
	Job    string `json:"job"`
	Hash   string `json:"hash"`
}

// tail reads a node's whole journal through the operator's tool.
func (r *rig) tail(node string) []entry {
	r.t.Helper()
	out, err := exec.Command(filepath.Join(r.bin, "pitlane"), "tail", "--data", r.folder(node)).Output()
	if err != nil {
		var e *exec.ExitError
		if errors.As(err, &e) {
			r.t.Fatalf("tail %s: %v\n%s", node, err, e.Stderr)
		}
		r.t.Fatalf("tail %s: %v", node, err)
	}
	var all []entry
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			r.t.Fatalf("tail %s: %v", node, err)
		}
		all = append(all, e)
	}
	return all
}

// sameEverywhere waits until every edge holds the same entries, and checks that no
// number is missing and none is there twice.
func (r *rig) sameEverywhere() []entry {
	r.t.Helper()
	var first []entry
	key := func(a, b entry) int {
		if c := strings.Compare(a.Origin, b.Origin); c != 0 {
			return c
		}
		return int(a.Seq) - int(b.Seq)
	}
	r.within(time.Minute, "the same journal at every edge", func() bool {
		first = nil
		for _, node := range nodeNames() {
			if node == "central" {
				continue
			}
			all := r.tail(node)
			slices.SortFunc(all, key)
			if first == nil {
				first = all
			} else if !slices.Equal(first, all) {
				return false
			}
		}
		return true
	})
	next := map[string]uint64{}
	for _, e := range first {
		if e.Seq != next[e.Origin] {
			r.t.Errorf("%s: seq %d where %d was due", e.Origin, e.Seq, next[e.Origin])
		}
		next[e.Origin] = e.Seq + 1
	}
	return first
}

// verifies runs `pitlane verify` on a running node.
func (r *rig) verifies(node string) {
	r.t.Helper()
	if out, err := exec.Command(filepath.Join(r.bin, "pitlane"), "verify", "--data", r.folder(node)).CombinedOutput(); err != nil {
		r.t.Errorf("verify %s: %v\n%s", node, err, out)
	}
}
