package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

// house is a shop on disk whose reception runs the embedded broker with TLS.
type house struct {
	t   *testing.T
	dir string
	log page
	url string
}

// page is a log that is read while it is written.
type page struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *page) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

func found(t *testing.T, name string) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), name)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(h.log.text())
		}
	})
	h.must(shop.Init(h.dir, name))
	for node, role := range map[string]string{"reception": shop.RoleReception, "bay-1": shop.RoleBay, "bay-2": shop.RoleBay} {
		_, err := shop.Add(h.dir, node, role, "")
		h.must(err)
	}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) folder(node string) string { return filepath.Join(h.dir, node) }

func (h *house) member(node string) *shop.Member {
	h.t.Helper()
	m, err := shop.Load(h.folder(node))
	h.must(err)
	return m
}

func (h *house) dial(node string, now func() time.Time) *tls.Config {
	h.t.Helper()
	c, err := h.member(node).DialTLS("demo-reception", now)
	h.must(err)
	return c
}

// config is that of a node as its file has it.
func (h *house) config(node, text string) edge.Config {
	h.t.Helper()
	cfg, err := edge.ParseConfig(filepath.Join(h.folder(node), "edge.toml"), []byte("[http]\nlisten = \"127.0.0.1:0\"\n"+text))
	h.must(err)
	return cfg
}

// listen runs reception's broker by a clock.
func (h *house) listen(now func() time.Time) {
	h.t.Helper()
	cfg := h.config("demo-reception", "[broker]\nlisten = \"127.0.0.1:0\"\ntls = true\n")
	b, err := listenBroker(h.t.Context(), cfg, h.member("demo-reception"), now, slog.New(slog.NewTextHandler(&h.log, nil)))
	h.must(err)
	h.url = b.URL()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("the broker ended with %v", err)
		}
	})
}

// connect is a login as a link does it.
func (h *house) connect(url, node string, c *tls.Config) error {
	line, err := wire.Dial(h.t.Context(), wire.Dialer{URL: url, Node: node, Password: h.member("demo-bay-1").Secret, TLS: c, Filters: []string{wire.AllUp}})
	if err == nil {
		line.Close()
	}
	return err
}

// seventies is the clock of a box without a battery.
func seventies() time.Time { return time.Unix(42, 0) }

func TestANodeOfTheShopConnectsWithTLS(t *testing.T) {
	h := found(t, "demo")
	h.listen(time.Now)
	if !strings.HasPrefix(h.url, "tls://") {
		t.Fatalf("the broker is at %s", h.url)
	}
	for _, url := range []string{h.url, strings.Replace(h.url, "tls://", "mqtts://", 1)} {
		if err := h.connect(url, "demo-bay-1", h.dial("demo-bay-1", time.Now)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Of two links that differ in tls.Config.Time alone, the one with the machine's bare
// clock of 1970 is shut out.
func TestANodeThatWakesIn1970Connects(t *testing.T) {
	h := found(t, "demo")
	h.listen(seventies) // the broker's machine too
	c := h.dial("demo-bay-1", seventies)
	if err := h.connect(h.url, "demo-bay-1", c); err != nil {
		t.Errorf("by the clock that is never before the program: %v", err)
	}
	bare := c.Clone()
	bare.Time = seventies
	err := h.connect(h.url, "demo-bay-1", bare)
	if e, ok := errors.AsType[*wire.TrustError](err); !ok || !strings.Contains(e.Hint, "set the clock") {
		t.Errorf("by the bare clock: %v", err)
	}
}

func TestAClockBeyondTheCertificatesIsSaid(t *testing.T) {
	h := found(t, "demo")
	h.listen(time.Now)
	late := func() time.Time { return time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC) }
	err := h.connect(h.url, "demo-bay-1", h.dial("demo-bay-1", late))
	if e, ok := errors.AsType[*wire.TrustError](err); !ok || !strings.Contains(e.Hint, "set the clock") {
		t.Errorf("got %v", err)
	}
	far := found(t, "demo")
	far.listen(late)
	err = far.connect(far.url, "demo-bay-1", far.dial("demo-bay-1", time.Now))
	if e, ok := errors.AsType[*wire.TrustError](err); !ok || !strings.Contains(e.Hint, "broker's machine") {
		t.Errorf("a broker of 2150: got %v", err)
	}
}

// Each is refused, and both ends say what is wrong and what to do.
func TestWhoDoesNotBelongIsNotLetIn(t *testing.T) {
	h := found(t, "demo")
	other := found(t, "demo") // of the same name even
	h.listen(time.Now)
	right := func() *tls.Config { return h.dial("demo-bay-1", time.Now) }
	with := func(spoil func(*tls.Config)) *tls.Config {
		c := right()
		spoil(c)
		return c
	}
	clear := strings.Replace(h.url, "tls://", "tcp://", 1)
	for _, tt := range []struct {
		name, url, node string
		tls             *tls.Config
		hint, broker    string // what the node is told to do; what the broker's log says
	}{
		{"a certificate of another CA", h.url, "demo-bay-1", with(func(c *tls.Config) { c.Certificates = other.dial("demo-bay-1", time.Now).Certificates }), "pitlane shop add", "another CA"},
		{"no certificate", h.url, "demo-bay-1", with(func(c *tls.Config) { c.Certificates = nil }), "node.pem", "shows no certificate"},
		{"another node's certificate", h.url, "demo-bay-1", h.dial("demo-bay-2", time.Now), "", "certificate is another node's"},
		{"TLS 1.2", h.url, "demo-bay-1", with(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }), "TLS 1.3", "unsupported versions"},
		{"clear text", clear, "demo-bay-1", nil, "tls://", "needs tls://"},
		{"a broker of another CA", h.url, "demo-bay-1", with(func(c *tls.Config) { c.RootCAs = other.dial("demo-bay-1", time.Now).RootCAs }), "another shop's", "does not trust this broker"},
		{"a broker of another name", h.url, "demo-bay-1", with(func(c *tls.Config) { c.ServerName = "demo-bay-2" }), `server_name = "demo-reception"`, "does not trust this broker"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := h.connect(tt.url, tt.node, tt.tls)
			if tt.hint == "" && !errors.Is(err, wire.ErrRefused) {
				t.Errorf("got %v, want the broker's refusal", err)
			}
			if e, ok := errors.AsType[*wire.TrustError](err); tt.hint != "" && (!ok || !strings.Contains(e.Hint, tt.hint)) {
				t.Errorf("got %v (%+v), want a hint with %q", err, e, tt.hint)
			}
			housetest.Until(h.t, "the broker's log says "+tt.broker, func() bool { return strings.Contains(h.log.text(), tt.broker) })
		})
	}
	if err := h.connect(h.url, "demo-bay-1", right()); err != nil {
		t.Errorf("after all of them, the right one: %v", err)
	}
}

// A certificate never ends: who is out is off the roster, from the next connection on.
func TestWhoIsOffTheRosterIsNotLetIn(t *testing.T) {
	h := found(t, "demo")
	short, err := os.ReadFile(filepath.Join(h.dir, "roster"))
	h.must(err)
	_, err = shop.Add(h.dir, "bay-3", shop.RoleBay, "")
	h.must(err)
	h.listen(time.Now)
	c := h.dial("demo-bay-3", time.Now)
	connect := func() error {
		line, err := wire.Dial(t.Context(), wire.Dialer{URL: h.url, Node: "demo-bay-3", Password: h.member("demo-bay-3").Secret, TLS: c, Filters: []string{wire.AllUp}})
		if err == nil {
			line.Close()
		}
		return err
	}
	h.must(connect())
	h.must(os.WriteFile(filepath.Join(h.folder("demo-reception"), "roster"), short, 0o600))
	err = connect()
	if e, ok := errors.AsType[*wire.TrustError](err); !ok || !strings.Contains(e.Hint, "roster") {
		t.Errorf("got %v", err)
	}
	housetest.Until(h.t, "the broker says who", func() bool { return strings.Contains(h.log.text(), "demo-bay-3") })
	h.must(os.Remove(filepath.Join(h.folder("demo-reception"), "roster")))
	if err := connect(); err == nil {
		t.Error("without a roster everybody is let in")
	}
}

// A certificate that does not fit is a fault on the screens, and the edge goes on.
func TestACertificateThatDoesNotFitIsAFault(t *testing.T) {
	h := found(t, "demo")
	h.listen(time.Now)
	cfg := h.config("demo-bay-1", "[[link]]\nurl = \""+h.url+"\"\n")
	for name, spoil := range map[string]func(){
		"another node's": func() { h.copyFile("demo-bay-2", "demo-bay-1", "node.pem", "keys/tls.key") },
		"without its key": func() {
			h.copyFile("demo-bay-2", "demo-bay-1", "node.pem")
		},
		"of another CA": func() {
			other := found(t, "demo")
			for _, f := range []string{"node.pem", "keys/tls.key"} {
				b, err := os.ReadFile(filepath.Join(other.folder("demo-bay-1"), f))
				h.must(err)
				h.must(os.WriteFile(filepath.Join(h.folder("demo-bay-1"), f), b, 0o600))
			}
		},
		"a key that others may read": func() { h.must(os.Chmod(filepath.Join(h.folder("demo-bay-1"), "keys/tls.key"), 0o644)) },
	} {
		t.Run(name, func(t *testing.T) {
			keep := filepath.Join(t.TempDir(), "keep")
			h.must(os.CopyFS(keep, os.DirFS(h.folder("demo-bay-1"))))
			spoil()
			rooms := Join(t.Context(), cfg, h.member("demo-bay-1"), Options{}, slog.New(slog.DiscardHandler))
			if len(rooms.Couriers) != 0 || len(rooms.Faults) != 1 || rooms.Faults[0].Hint == "" || !strings.Contains(rooms.Faults[0].Message, "certificate") {
				t.Errorf("got %+v", rooms.Faults)
			}
			for _, f := range []string{"node.pem", "keys/tls.key"} {
				b, err := os.ReadFile(filepath.Join(keep, f))
				h.must(err)
				h.must(os.WriteFile(filepath.Join(h.folder("demo-bay-1"), f), b, 0o600))
				h.must(os.Chmod(filepath.Join(h.folder("demo-bay-1"), f), 0o600))
			}
		})
	}
}

func (h *house) copyFile(from, to string, names ...string) {
	h.t.Helper()
	for _, f := range names {
		b, err := os.ReadFile(filepath.Join(h.folder(from), f))
		h.must(err)
		h.must(os.WriteFile(filepath.Join(h.folder(to), f), b, 0o600))
	}
}

// What the broker holds against a node stands on the node's screens.
func TestARefusedCertificateIsSaidOnTheScreens(t *testing.T) {
	h := found(t, "demo")
	h.listen(time.Now)
	cfg := h.config("demo-bay-1", "[bay]\nname = \"1\"\n[[link]]\nurl = \""+h.url+"\"\nserver_name = \"demo-bay-2\"\n")
	m := h.member("demo-bay-1")
	log := slog.New(slog.DiscardHandler)
	rooms := Join(t.Context(), cfg, m, Options{Floor: 10 * time.Millisecond, Ceiling: 20 * time.Millisecond, Now: seventies}, log)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said := false
	rooms.Couriers = append(rooms.Couriers, edge.CourierFunc(func(ctx context.Context, _ *journal.Journal, b *board.Board) error {
		for v := b.View(board.Desk); ctx.Err() == nil && !said; {
			said = slices.ContainsFunc(v.Body.(board.DeskView).Faults, func(f board.Fault) bool {
				return f.Kind == "broker" && strings.Contains(f.Hint, `server_name = "demo-reception"`)
			})
			if !said {
				v, _ = b.Wait(ctx, board.Desk, v.Version) // it ends with ctx
			}
		}
		cancel()
		return nil
	}))
	h.must(edge.Run(ctx, cfg, rooms, log))
	if !said {
		t.Error("no screen says it")
	}
}
