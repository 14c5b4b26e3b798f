//go:build real

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/shop"
	"pitlane/sync/broker"
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

// mqtt is a broker that can be cut and mended.
type mqtt interface {
	start()
	stop()
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
// while nobody listens there: a port of 127.0.0.1 may become the near end of anybody's
// call.
func freeAddresses(t *testing.T, n int) []addresses {
	t.Helper()
	var held []net.Listener
	at := func() string {
		l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 16+rand.IntN(200), rand.IntN(250), 1+rand.IntN(250)))
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l) // until all are found
		return l.Addr().String()
	}
	all := make([]addresses, n)
	for i := range all {
		all[i] = addresses{reception: at(), central: at(), broker: at(), bays: map[string]string{}}
		for _, b := range bayNames() {
			all[i].bays[b] = at()
		}
	}
	for _, l := range held {
		_ = l.Close()
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

// watcher keeps every message of one screen.
type watcher struct {
	mu   sync.Mutex
	all  []message
	eyes *eyes[json.RawMessage]
}

// watch looks at a screen until the test ends.
func (r *rig) watch(base, name string) *watcher {
	w := &watcher{eyes: newEyes[json.RawMessage]()}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := newScreen(base)
		for ctx.Err() == nil {
			_ = s.look(ctx, name, func(m message) bool { // opened again when it ends
				w.mu.Lock()
				w.all = append(w.all, m)
				w.mu.Unlock()
				if m.View != nil {
					w.eyes.put(m.View)
				}
				return true
			})
			pause(ctx, 100*time.Millisecond)
		}
	}()
	r.t.Cleanup(func() { stop(); <-done })
	return w
}

// frames is everything the screen was sent, as text.
func (w *watcher) frames() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, m := range w.all {
		b.Write(m.View)
		b.WriteByte('\n')
	}
	return b.String()
}

// sees waits until a view of type V is as wanted.
func sees[V any](r *rig, w *watcher, limit time.Duration, what string, ok func(V) bool) V {
	r.t.Helper()
	end := time.After(limit)
	for {
		raw, seen, changed := w.eyes.now()
		if seen {
			var v V
			if err := json.Unmarshal(raw, &v); err != nil {
				r.t.Fatalf("decode the view: %v", err)
			}
			if ok(v) {
				return v
			}
		}
		select {
		case <-end:
			r.t.Fatalf("%s was not seen within %v; the last view had %d bytes", what, limit, len(raw))
			panic("not reached")
		case <-changed:
		}
	}
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

// ofReception is the broker that reception's own program has.
type ofReception struct{}

func (ofReception) start() {}
func (ofReception) stop()  {}

// embedded is the broker of sync/broker inside the test.
type embedded struct {
	r    *rig
	halt func()
}

func newEmbedded(r *rig) mqtt { return &embedded{r: r} }

func (e *embedded) start() {
	e.r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var b *broker.Broker
	var secure *tls.Config
	if e.r.net.tls {
		m, err := shop.Load(e.r.folder("reception"))
		if err == nil {
			secure, err = m.ListenTLS(time.Now)
		}
		if err != nil {
			e.r.t.Fatal(err)
		}
	}
	e.r.within(time.Minute, "the broker's port", func() bool {
		var err error
		b, err = broker.Listen(ctx, broker.Config{Listen: e.r.net.broker, TLS: secure, Check: func(u, p string) bool {
			ok, err := shop.CheckPassword(filepath.Join(e.r.dir, "broker.passwd"), u, p)
			return err == nil && ok
		}, Central: func(u string) bool { return u == shopName+"-central" }})
		return err == nil
	})
	if want := map[bool]string{false: "tcp://", true: "tls://"}[e.r.net.tls] + e.r.net.broker; b.URL() != want {
		e.r.t.Fatalf("the broker is at %s, want %s", b.URL(), want)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	e.halt = func() { cancel(); <-done }
}

func (e *embedded) stop() {
	if e.halt != nil {
		e.halt()
		e.halt = nil
	}
}

// mosquitto is Debian's, with the files that `pitlane shop` wrote.
type mosquitto struct {
	r   *rig
	cmd *exec.Cmd
}

func newMosquitto(r *rig) mqtt { return &mosquitto{r: r} }

func (m *mosquitto) start() {
	m.r.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	host, port, err := net.SplitHostPort(m.r.net.broker)
	if err != nil {
		m.r.t.Fatal(err)
	}
	conf := filepath.Join(m.r.dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %s %s\nallow_anonymous false\npassword_file %s\nacl_file %s\npersistence false\nuser root\n",
		port, host, filepath.Join(m.r.dir, "broker.passwd"), filepath.Join(m.r.dir, "broker.acl"))
	if own := m.r.folder("reception"); m.r.net.tls {
		text += fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\ntls_version tlsv1.3\n",
			filepath.Join(own, "ca.pem"), filepath.Join(own, "node.pem"), filepath.Join(own, "keys", "tls.key"))
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		m.r.t.Fatal(err)
	}
	m.cmd = exec.Command(path, "-c", conf)
	log := &lockedBuffer{}
	m.cmd.Stderr, m.cmd.Stdout = log, log
	if err := m.cmd.Start(); err != nil {
		m.r.t.Fatalf("start mosquitto: %v (make tools installs it)", err)
	}
	m.r.within(time.Minute, "mosquitto listening", func() bool {
		c, err := net.Dial("tcp", m.r.net.broker)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
}

func (m *mosquitto) stop() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
		m.cmd = nil
	}
}

func deskJob(v board.DeskView, id string) board.DeskJob {
	if j := find(v, id); j != nil {
		return *j
	}
	return board.DeskJob{}
}

func inPhase(id string, p job.Phase) func(board.DeskView) bool {
	return func(v board.DeskView) bool { return deskJob(v, id).Phase == p }
}

// verifies runs `pitlane verify` on a running node.
func (r *rig) verifies(node string) {
	r.t.Helper()
	if out, err := exec.Command(filepath.Join(r.bin, "pitlane"), "verify", "--data", r.folder(node)).CombinedOutput(); err != nil {
		r.t.Errorf("verify %s: %v\n%s", node, err, out)
	}
}
