//go:build real

package receipt_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/edge/receipt"
)

// The verification page's check runs in Chromium over the same receipts, true and
// changed, and says of each what is said here. It needs Node and the screens' tools
// (deploy/tools.sh).
func TestThePageAgrees(t *testing.T) {
	flips, mutations := 5, 6_000
	if os.Getenv("PITLANE_SOAK") != "" {
		flips, mutations = 1, 1_000_000
	}
	if n, err := strconv.Atoi(os.Getenv("PITLANE_MUTANTS")); err == nil {
		mutations = n
	}
	g := &gallery{t: t, ready: make(chan []exhibit, 4), open: map[int][]exhibit{}, started: time.Now()}
	h := newHerd(t)
	go g.fill(g.source(h, flips, mutations))
	server := httptest.NewServer(g)
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), "node", "e2e/receipts.mjs")
	cmd.Dir = filepath.Join("..", "..", "kiosk-ui")
	cmd.Env = append(os.Environ(), "PITLANE_RECEIPTS_FROM="+server.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the browser: %v\n%s", err, out)
	}
	h.intact(t)
	g.mu.Lock()
	defer g.mu.Unlock()
	t.Logf("receipts: %d checked here and in Chromium, %d changed, %d genuine and %d with a witness less accepted, %d verdicts differ",
		g.checked, g.changed, g.genuine, g.fewer, g.differ)
	if len(g.open) > 0 || g.changed < mutations || g.genuine == 0 {
		t.Errorf("%d batches came back without verdicts, %d changed receipts were checked, %d genuine ones taken", len(g.open), g.changed, g.genuine)
	}
}

// exhibit is a receipt with the verdict of here.
type exhibit struct {
	file    []byte
	genuine bool
	ok      bool
}

// gallery hands receipts to the pages and holds their verdicts against its own.
type gallery struct {
	t       *testing.T
	started time.Time
	ready   chan []exhibit // closed behind the last

	mu                                       sync.Mutex
	open                                     map[int][]exhibit // by batch
	batches                                  int
	checked, changed, genuine, fewer, differ int
}

// source gives the genuine receipts, what is signed wrongly, then every flip-th flipped bit of one, then
// mutants.
func (g *gallery) source(h *herd, flips, mutations int) func() (exhibit, bool) {
	var genuine [][]byte
	genuine = append(genuine, h.files...)
	for _, events := range []int{3, 7, 8, 40} {
		genuine = append(genuine, sealedWith(g.t, events, statement(events)).file)
	}
	forged := slices.Collect(maps.Values(forgeries(g.t)))
	r := rand.New(rand.NewPCG(11, 12))
	at, bits := 0, 8*len(h.files[1])
	return func() (exhibit, bool) {
		i := at
		at++
		if i < len(genuine) {
			_, err := receipt.Verify(genuine[i], nil)
			return exhibit{file: genuine[i], genuine: true, ok: err == nil}, true
		}
		if i -= len(genuine); i < len(forged) {
			_, err := receipt.Verify(forged[i], nil)
			return exhibit{file: forged[i], ok: err == nil}, true
		}
		if i = (i - len(forged)) * flips; i < bits {
			b := bytes.Clone(h.files[1])
			b[i/8] ^= 1 << (i % 8)
			_, err := receipt.Verify(b, nil)
			if err == nil {
				g.t.Errorf("bit %d of byte %d flipped, and accepted", i%8, i/8)
			}
			return exhibit{file: b, ok: err == nil}, true
		}
		if i-bits >= mutations*flips {
			return exhibit{}, false
		}
		b := h.mutant(r)
		_, err := receipt.Verify(b, nil)
		if err == nil && !h.harmless(b) {
			g.t.Errorf("accepted here though changed: %s", b)
		}
		return exhibit{file: b, ok: err == nil}, true
	}
}

const batchOf = 250

func (g *gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/batch" {
		g.batch(w)
		return
	}
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/verdicts/"))
	said, rerr := io.ReadAll(io.LimitReader(r.Body, batchOf+1))
	if err != nil || rerr != nil {
		http.NotFound(w, r)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.open[id]
	delete(g.open, id)
	if len(said) != len(list) {
		g.t.Errorf("a page gave %d verdicts on %d receipts", len(said), len(list))
		return
	}
	for i, e := range list {
		g.judge(e, said[i])
	}
	if g.checked/50_000 != (g.checked-len(list))/50_000 {
		g.t.Logf("%d checked after %v", g.checked, time.Since(g.started).Round(time.Second))
	}
}

// fill makes batches ahead, while the pages check.
func (g *gallery) fill(next func() (exhibit, bool)) {
	defer close(g.ready)
	for {
		var list []exhibit
		for len(list) < batchOf {
			e, more := next()
			if !more {
				break
			}
			list = append(list, e)
		}
		if len(list) == 0 {
			return
		}
		select {
		case g.ready <- list:
		case <-g.t.Context().Done():
			return
		}
	}
}

func (g *gallery) batch(w http.ResponseWriter) {
	list := <-g.ready
	if len(list) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var body []byte
	for _, e := range list {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(e.file))), e.file...)
	}
	g.mu.Lock()
	g.batches++
	id := g.batches
	g.open[id] = list
	g.mu.Unlock()
	w.Header().Set("X-Batch", strconv.Itoa(id))
	_, _ = w.Write(body) // what does not arrive is missed at the end
}

func (g *gallery) judge(e exhibit, said byte) {
	ok := e.ok
	g.checked++
	switch {
	case e.genuine && ok:
		g.genuine++
	case e.genuine:
		g.t.Error("a genuine receipt is refused")
	default:
		g.changed++
		if ok {
			g.fewer++
		}
	}
	if ok != (said == 1) || said > 1 {
		g.differ++
		g.t.Errorf("here: accepted %t; the page: %d (1 accepted, 0 refused, 2 an error)\n%s", ok, said, e.file)
	}
}

func TestThePageInABrowser(t *testing.T) {
	dir := t.TempDir()
	m := sealedWith(t, 5, `{"ticket":"A-001","opened":1790000000000,"closed":1790009000000,"plate":"粤B·12345","cause":"ignition coil, cylinder 3",`+
		`"lines":[{"text":"diagnosis","price":20000},{"text":"ignition coil","price":45000}],"total":65000,"paid":65000,`+
		`"before":{"complete":true,"codes":["P0303"]},"after":{"complete":true,"codes":[]},"leaves":["a","b"]}`)
	flipped := bytes.Clone(m.file)
	flipped[len(flipped)/2] ^= 4
	for name, b := range map[string][]byte{"good": m.file, "flipped": flipped, "none": []byte("hello\n")} {
		if err := os.WriteFile(filepath.Join(dir, name+".tlog-proof"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test", "e2e/verify.test.mjs")
	cmd.Dir = filepath.Join("..", "..", "kiosk-ui")
	cmd.Env = append(os.Environ(), "PITLANE_RECEIPTS_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
