package edge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge"
)

func TestABrokenConfigurationIsSaidOnTheScreens(t *testing.T) {
	t.Parallel()
	addr := ownAddress(t)
	file := filepath.Join(t.TempDir(), "edge.toml")
	if err := os.WriteFile(file, []byte("languagse = []\n[http]\nlisten = \""+addr+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, wrong := edge.ReadConfig(file)
	if wrong == nil {
		t.Fatal("the configuration was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- edge.Explain(ctx, file, wrong, slog.New(slog.DiscardHandler)) }()
	r := &running{addr: addr}
	eventually(t, "the edge answers", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/healthz", nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil
	})
	for screen, told := range map[string]bool{"/bay": true, "/desk": true, "/": true, "/kiosk": false, "/board": false} {
		code, page := r.get(t, screen)
		if code != http.StatusServiceUnavailable || strings.Contains(page, "did you mean languages?") != told {
			t.Errorf("GET %s: got %d, want 503 and the hint: %v", screen, code, told)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// ownAddress is an address that stays free while nobody listens there: a port of
// 127.0.0.1 may become the near end of anybody's call.
func ownAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 16+rand.IntN(200), rand.IntN(250), 1+rand.IntN(250)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // to be listened at again
	return l.Addr().String()
}
