package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/edge/shop"
	"pitlane/housetest"
	"pitlane/sync/broker"
)

func TestDoctorTriesALinkOverTLS(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "shop")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(shop.Init(dir, "demo"))
	for node, role := range map[string]string{"reception": shop.RoleReception, "bay-1": shop.RoleBay} {
		_, err := shop.Add(dir, node, role, "")
		must(err)
	}
	host, err := shop.Load(filepath.Join(dir, "demo-reception"))
	must(err)
	secure, err := host.ListenTLS(time.Now)
	must(err)
	b, err := broker.Listen(t.Context(), broker.Config{Listen: "127.0.0.1:0", TLS: secure, Check: func(string, string) bool { return false }})
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() { cancel(); must(<-ended) }()

	bay := filepath.Join(dir, "demo-bay-1")
	say := func(check, server string) string {
		file := configured(t, bay, fmt.Sprintf("[http]\nlisten = %q\n[[link]]\nurl = %q\nserver_name = %q\n", housetest.OwnAddress(t), b.URL(), server))
		_, out := call(t, doctorCommand(), "--config", file)
		return saidOf(out, check)
	}
	if line := say("link", "demo-reception"); !strings.HasPrefix(line, "ok") {
		t.Errorf("the right broker: %s", line)
	}
	if line := say("link", "demo-central"); !strings.HasPrefix(line, "FAIL") || !strings.Contains(line, `server_name = "demo-reception"`) {
		t.Errorf("another broker: %s", line)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "roster"))
	must(err)
	must(os.WriteFile(filepath.Join(host.Dir, "roster"), nil, 0o600))
	if line := say("link", "demo-reception"); !strings.HasPrefix(line, "FAIL") || !strings.Contains(line, "roster") {
		t.Errorf("a broker that does not know the node: %s", line)
	}
	must(os.WriteFile(filepath.Join(host.Dir, "roster"), signed, 0o600))
	theirs, err := os.ReadFile(filepath.Join(host.Dir, "node.pem"))
	must(err)
	must(os.WriteFile(filepath.Join(bay, "node.pem"), theirs, 0o600))
	if line := say("certificate", "demo-reception"); !strings.HasPrefix(line, "FAIL") || !strings.Contains(line, " — ") {
		t.Errorf("another node's certificate: %s", line)
	}
}
