package node

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/housetest"
)

// member makes a shop with one reception and says where it will be served.
func member(t *testing.T) (cfg edge.Config, addr string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	added, err := shop.Add(root, "front", shop.RoleReception, "")
	if err != nil {
		t.Fatal(err)
	}
	addr = housetest.OwnAddress(t)
	cfg, err = edge.ParseConfig(filepath.Join(added.Dir, "edge.toml"), []byte("[http]\nlisten = \""+addr+"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg, addr
}

const checkIn = `{"request":"00000000000000000000000000000007","lang":"en","purpose":"repair","plate":"京A12345","plate_public":"masked",
"phone":"","name":"","complaint":{"taps":["engine light"],"words":""},"walkround":{"none":true,"marks":[]},
"belongings":{"none":true,"items":[]},"assistance":false}`

// asked is the body of an answer, "" where there is none.
func asked(ctx context.Context, method, url, in string) string {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(in))
	if err != nil {
		return ""
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Pitlane", "1")
	req.Header.Set("Origin", "http://"+req.URL.Host)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	b, err := io.ReadAll(resp.Body)
	if resp.Body.Close() != nil || err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(b)
}

// A file that becomes damaged while the node runs is mended without anybody's doing:
// the node opens its journal anew, and serves.
func TestANodeWhoseJournalIsDamagedOpensItAnew(t *testing.T) {
	cfg, addr := member(t)
	said := &words{heard: make(chan string, 64)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	up := make(chan bool)
	go func() {
		ended <- Run(ctx, cfg, Options{Started: func() { close(up) }}, slog.New(slog.NewTextHandler(said, nil)))
	}()
	select {
	case <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	said.until(t, "edge open")

	// All but the first pages is written over; who next reads or writes there sees it.
	file := filepath.Join(cfg.Data, "segments", "000001.db")
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", int(st.Size())-8192)), 8192); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if asked(t.Context(), http.MethodPost, "http://"+addr+"/api/v1/checkin/open", checkIn) != "" {
		t.Error("a check-in into a damaged file is answered as if it were kept")
	}
	said.until(t, "opens its journal anew")
	said.until(t, "edge open")
	if asked(t.Context(), http.MethodGet, "http://"+addr+"/readyz", "") == "" {
		t.Error("it does not serve")
	}
	if asked(t.Context(), http.MethodPost, "http://"+addr+"/api/v1/checkin/open", checkIn) == "" {
		t.Error("it takes in nothing")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// words passes on what a node logs.
type words struct {
	mu    sync.Mutex
	heard chan string
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.heard <- string(b):
	default: // nobody waits for so many
	}
	return len(b), nil
}

func (w *words) until(t *testing.T, what string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case line := <-w.heard:
			if strings.Contains(line, what) {
				return
			}
		case <-limit:
			t.Fatalf("it never says %q", what)
		}
	}
}
