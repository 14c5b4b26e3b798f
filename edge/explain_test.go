package edge_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge"
	"pitlane/housetest"
)

func TestABrokenConfigurationIsSaidOnTheScreens(t *testing.T) {
	t.Parallel()
	addr := housetest.OwnAddress(t)
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
	housetest.Until(t, "the edge answers", func() bool {
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
