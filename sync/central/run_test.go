package central

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/housetest"
	"pitlane/sync/broker"
	"pitlane/sync/link"
)

// during runs something until the returned stop.
func (h *house) during(what string, run func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("%s ended with %v", what, err)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

func (h *house) broker(address string) (string, func()) {
	h.t.Helper()
	b, err := broker.Listen(h.t.Context(), broker.Config{Listen: address,
		Check: func(user, password string) bool {
			ok, err := shop.CheckPassword(filepath.Join(h.dir, "broker.passwd"), user, password)
			return ok && err == nil
		},
		Central: func(user string) bool { return user == "demo-central" },
	})
	h.must(err)
	return b.Address(), h.during("the broker", b.Run)
}

func (h *house) link(address string, j *journal.Journal) func() {
	h.t.Helper()
	m := h.member(j.Node())
	var peers []link.Peer
	for _, n := range m.Roster.Nodes {
		peers = append(peers, link.Peer{Node: n.Name, Role: n.Role})
	}
	l, err := link.New(link.Config{URL: "tcp://" + address, Node: m.Node, Password: m.Secret, Role: m.Role, Peers: peers,
		Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond})
	h.must(err)
	return h.during("the link", func(ctx context.Context) error { return l.Run(ctx, j, nil) })
}

// central runs head office on a database of its own; it gives its address.
func (h *house) central(address string) (string, func()) {
	h.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	cfg := Config{Data: h.folder("demo-central"), Listener: ln, Link: []LinkConfig{{URL: "tcp://" + address}},
		Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond}
	return ln.Addr().String(), h.during("central", func(ctx context.Context) error {
		return Run(ctx, cfg, slog.New(slog.DiscardHandler))
	})
}

func (h *house) get(url string) (int, string) {
	h.t.Helper()
	r, err := http.Get(url)
	h.must(err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	h.must(err)
	return r.StatusCode, string(b)
}

// office reads views from the WebSocket until ok.
func (h *house) office(address string, ok func(OfficeView) bool) OfficeView {
	h.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(h.t.Context(), "ws://"+address+"/ws?screen=office", http.Header{"Origin": {"http://" + address}})
	h.must(err)
	defer conn.Close()
	h.must(conn.SetReadDeadline(time.Now().Add(time.Minute)))
	for {
		var m struct {
			View *OfficeView `json:"view"`
		}
		h.must(conn.ReadJSON(&m))
		if m.View != nil && ok(*m.View) {
			return *m.View
		}
	}
}

func edgeOf(v OfficeView, node string) OfficeEdge {
	for _, s := range v.Shops {
		for _, e := range s.Edges {
			if e.Node == node {
				return e
			}
		}
	}
	return OfficeEdge{}
}

func TestHeadOfficeHasWhatTheShopWrote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", "粤B12345"))
	mqtt, cut := h.broker(housetest.OwnAddress(t))
	leave := h.link(mqtt, h.bay)
	at, stop := h.central(mqtt)
	v := h.office(at, func(v OfficeView) bool {
		e := edgeOf(v, "demo-bay-1")
		return len(v.Jobs) == 1 && v.Jobs[0].Vehicle != "" && e.Online && e.Backlog == 0 && e.AsOf != nil
	})
	if j := v.Jobs[0]; j.Ticket != "A-1" || j.Node != "demo-bay-1" || j.Shop != "demo" || j.Vehicle == "" {
		t.Errorf("job %+v", j)
	}
	housetest.Until(h.t, "the bay knows that central has it", func() bool {
		return h.bay.Peers()["demo-central"][h.bay.Origin()][1] == h.size(h.bay)
	})

	// The broker goes away and comes back; the bay writes on.
	cut()
	h.write(h.bay, "j1", scanned("s1", vin1, "P0133")...)
	h.office(at, func(v OfficeView) bool { return !edgeOf(v, "demo-bay-1").Online && len(v.Faults) == 1 })
	h.broker(mqtt)
	v = h.office(at, func(v OfficeView) bool { return len(v.Vehicles) == 1 && v.Vehicles[0].Scans == 1 && len(v.Faults) == 0 })

	status, body := h.get("http://" + at + "/api/v1/vehicles/" + v.Vehicles[0].ID)
	var file VehicleFile
	h.must(json.Unmarshal([]byte(body), &file))
	if status != 200 || file.VIN != vin1 || len(file.Jobs) != 1 || len(file.Jobs[0].Scans) != 1 || file.Jobs[0].Scans[0].Codes[0].Code != "P0133" {
		t.Errorf("vehicle file %d %+v", status, file)
	}
	if status, _ := h.get("http://" + at + "/api/v1/vehicles/none"); status != 404 {
		t.Errorf("an unknown vehicle: %d", status)
	}

	// Started again it goes on where it was, and sees that the bay is gone.
	stop()
	leave()
	at, _ = h.central(mqtt)
	v = h.office(at, func(OfficeView) bool { return true })
	if e := edgeOf(v, "demo-bay-1"); e.Online || e.AsOf == nil || len(v.Vehicles) != 1 || v.Vehicles[0].Jobs != 1 {
		t.Errorf("after a new start: %+v", v)
	}
}

// Over TLS too; and a broker of another name is said on the office's screens.
func TestHeadOfficeHearsTheShopOverTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secure, err := h.member("demo-reception").ListenTLS(time.Now)
	h.must(err)
	b, err := broker.Listen(t.Context(), broker.Config{Listen: "127.0.0.1:0", TLS: secure, Check: func(user, password string) bool {
		ok, err := shop.CheckPassword(filepath.Join(h.dir, "broker.passwd"), user, password)
		return ok && err == nil
	}})
	h.must(err)
	h.during("the broker", b.Run)
	office := func(name string, ok func(OfficeView) bool) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		h.must(err)
		cfg := Config{Data: h.folder("demo-central"), Listener: ln, Link: []LinkConfig{{URL: b.URL(), ServerName: name}},
			Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond}
		stop := h.during("central", func(ctx context.Context) error { return Run(ctx, cfg, slog.New(slog.DiscardHandler)) })
		h.office(ln.Addr().String(), ok)
		stop()
	}
	office("demo-bay-1", func(v OfficeView) bool {
		return len(v.Faults) == 1 && strings.Contains(v.Faults[0].Hint, `server_name = "demo-reception"`)
	})
	m := h.member("demo-bay-1")
	mine, err := m.DialTLS("demo-reception", time.Now)
	h.must(err)
	l, err := link.New(link.Config{URL: b.URL(), TLS: mine, Node: m.Node, Password: m.Secret, Role: m.Role, Floor: 20 * time.Millisecond, Ceiling: 100 * time.Millisecond,
		Peers: []link.Peer{{Node: "demo-central", Role: shop.RoleCentral}}})
	h.must(err)
	h.during("the link", func(ctx context.Context) error { return l.Run(ctx, h.bay, nil) })
	office("demo-reception", func(v OfficeView) bool { return len(v.Faults) == 0 && edgeOf(v, "demo-bay-1").Online })
}

func TestPagesOfHeadOffice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mqtt, _ := h.broker("127.0.0.1:0")
	at, _ := h.central(mqtt)
	for path, want := range map[string]string{
		"/":                 `<script type="application/json" id="state">{"version"`,
		"/healthz":          "ok",
		"/readyz":           "ready",
		"/metrics":          "pitlane_central_entries_total",
		"/api/openapi.json": "/api/v1/vehicles/{id}",
	} {
		if status, body := h.get("http://" + at + path); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q", path, status, want)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+"/", nil)
	h.must(err)
	r.Host = "evil.example"
	answer, err := http.DefaultClient.Do(r)
	h.must(err)
	answer.Body.Close()
	if answer.StatusCode == 200 {
		t.Error("another host name is served")
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, line, hint string }{
		"an unknown key":        {"listen = \"127.0.0.1:1\"\ndatabse = \"x\"\n", ":2:1: unknown key databse", "did you mean database?"},
		"an unknown link key":   {"listen = \"127.0.0.1:1\"\n[[link]]\nuri = \"x\"\n", ":3:1: unknown key link.uri", "did you mean link.url?"},
		"no TOML":               {"listen = \n", ":1:", "compare"},
		"no links":              {"listen = \"127.0.0.1:1\"\n", "no [[link]]", "[[link]]"},
		"no address":            {"listen = \"8080\"\n[[link]]\nurl = \"tcp://127.0.0.1:1\"\n", "not an address", "listen ="},
		"a broker far away":     {"listen = \"127.0.0.1:1\"\n[[link]]\nurl = \"tcp://10.0.0.1:1883\"\n", "in clear", "tls://"},
		"TLS without a name":    {"listen = \"127.0.0.1:1\"\n[[link]]\nurl = \"tls://10.0.0.1:8883\"\n", "server_name", "demo-reception"},
		"a broker without port": {"listen = \"127.0.0.1:1\"\n[[link]]\nurl = \"tcp://127.0.0.1\"\n", "of the form", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "central.toml")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadConfig(file)
			e, ok := errors.AsType[*ConfigError](err)
			if !ok || !strings.Contains(e.Error(), c.line) || !strings.Contains(e.NextStep(), c.hint) {
				t.Errorf("got %v, hint %q", err, e.NextStep())
			}
		})
	}
}

func TestTemplateIsAConfiguration(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	added, err := shop.Add(h.dir, "office-2", shop.RoleCentral, Template())
	h.must(err)
	c, err := ReadConfig(filepath.Join(added.Dir, "central.toml"))
	if err != nil || c.Data != added.Dir || c.Listen == "" || len(c.Link) != 1 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestWrongFolderSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, dir := range []string{filepath.Join(h.dir, "nothing"), h.folder("demo-bay-1")} {
		err := Run(t.Context(), Config{Data: dir, Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
		if e, ok := errors.AsType[*ConfigError](err); !ok || e.NextStep() == "" {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
