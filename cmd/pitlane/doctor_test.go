package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/edge/web"
	"pitlane/housetest"
)

// configured writes a configuration into a node's folder.
func configured(t *testing.T, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "edge.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// saidOf is the doctor's line about a check.
func saidOf(out, check string) string {
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == check {
			return line
		}
	}
	return ""
}

func TestDoctorOnAStoppedNode(t *testing.T) {
	t.Parallel()
	_, dir := testNode(t)
	file := configured(t, dir, fmt.Sprintf("[http]\nlisten = %q\n", housetest.OwnAddress(t)))
	code, out := call(t, doctorCommand(), "--config", file)
	if code != 0 {
		t.Fatalf("a healthy node: exit %d\n%s", code, out)
	}
	for _, check := range []string{"config", "folder", "socket", "clock", "disk", "http", "rights", "certificate", "journal"} {
		if !strings.HasPrefix(saidOf(out, check), "ok") {
			t.Errorf("%s is not ok:\n%s", check, out)
		}
	}
}

func TestDoctorNamesEachFailureWithAHint(t *testing.T) {
	t.Parallel()
	taken, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, dir := testNode(t)
	file := configured(t, dir, fmt.Sprintf(`
[http]
listen = %q
[bay]
name = "1"
[scanner]
port = "/dev/pitlane-no-such-port"
[cabinet]
port = %q
[[link]]
url = "tcp://%s"
`, taken.Addr(), filepath.Join(dir, "edge.toml"), housetest.OwnAddress(t)))
	if err := os.Chmod(filepath.Join(dir, "node.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "node.pem"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", "spare.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "keys", "spare.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out := call(t, doctorCommand(), "--config", file)
	if code != exitFailure {
		t.Errorf("got exit %d, want %d", code, exitFailure)
	}
	for _, check := range []string{"http", "scanner", "cabinet", "link", "rights", "certificate"} {
		if line := saidOf(out, check); !strings.HasPrefix(line, "FAIL") || !strings.Contains(line, " — ") {
			t.Errorf("%s: got %q, want a failure with a hint", check, line)
		}
	}
	code, out = call(t, doctorCommand(), "--config", configured(t, dir, "wrong = 1\n"))
	if line := saidOf(out, "config"); code != exitFailure || !strings.Contains(line, ":1:1:") || !strings.Contains(line, " — ") {
		t.Errorf("a wrong configuration: exit %d, %q", code, line)
	}
	if code, _ := call(t, doctorCommand()); code != exitUsage {
		t.Errorf("without --config: exit %d, want %d", code, exitUsage)
	}
}

// What the doctor says of a cabinet is what the edge will do with it.
func TestDoctorReadsTheCommissioningOfACabinet(t *testing.T) {
	t.Parallel()
	_, dir := testNode(t)
	listen := fmt.Sprintf("[http]\nlisten = %q\n", housetest.OwnAddress(t))
	bare := configured(t, dir, listen+"[cabinet]\nport = \"/dev/null\"\n")
	if _, out := call(t, doctorCommand(), "--config", bare); !strings.Contains(out, "not commissioned") || !strings.Contains(out, "keys commission") {
		t.Errorf("a cabinet of unknown polarity:\n%s", out)
	}
	one := 1
	for _, name := range []string{"cabinet.json", "second.json"} {
		body, err := keycab.Commissioned{Version: 1, By: "ada", At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Driver: keycab.DriverCU16,
			Port: "/dev/null", Baud: 19200, Boards: []int{0}, HookClosed: &one}.Encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file := configured(t, dir, listen+"[cabinet]\n[[cabinet.line]]\ncommissioned = \"second.json\"\n[[cabinet.reader]]\ndriver = \"rdm6300\"\nport = \"/dev/null\"\nslot = 1\n")
	code, out := call(t, doctorCommand(), "--config", file)
	if code != 0 || strings.Count(out, "/dev/null is there") != 3 {
		t.Errorf("two lines and a reader, commissioned: exit %d\n%s", code, out)
	}
	if err := os.Remove(filepath.Join(dir, "second.json")); err != nil {
		t.Fatal(err)
	}
	if code, out := call(t, doctorCommand(), "--config", file); code != exitFailure || !strings.Contains(out, "second.json") {
		t.Errorf("without the file of its second line: exit %d\n%s", code, out)
	}
}

func TestDoctorOnARunningNode(t *testing.T) {
	t.Parallel()
	_, dir := testNode(t)
	file := configured(t, dir, "[http]\nlisten = \"127.0.0.1:0\"\n")
	cfg, err := edge.ReadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	serving, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- edge.Run(ctx, cfg, edge.Rooms{Serving: func(net.Addr) { close(serving) }}, slog.New(slog.DiscardHandler))
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	<-serving
	code, out := call(t, doctorCommand(), "--config", file)
	if code != 0 || !strings.Contains(saidOf(out, "socket"), "runs as process") || !strings.Contains(saidOf(out, "http"), "served on") {
		t.Errorf("a running node: exit %d\n%s", code, out)
	}
}

func TestDoctorKnowsHeadOffice(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "s")
	if err := shop.Init(root, "demo"); err != nil {
		t.Fatal(err)
	}
	r, err := shop.Add(root, "central", shop.RoleCentral, "")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(r.Dir, "central.toml")
	text := fmt.Sprintf("listen = %q\n[[link]]\nurl = \"tcp://%s\"\n", housetest.OwnAddress(t), housetest.OwnAddress(t))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := call(t, doctorCommand(), "--config", file)
	if code != exitFailure || !strings.Contains(saidOf(out, "link"), " — ") {
		t.Errorf("without a broker: exit %d\n%s", code, out)
	}
	for _, check := range []string{"config", "folder", "clock", "disk", "http", "database", "rights", "certificate"} {
		if !strings.HasPrefix(saidOf(out, check), "ok") {
			t.Errorf("%s is not ok:\n%s", check, out)
		}
	}
	if err := os.WriteFile(file, []byte("lisen = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := call(t, doctorCommand(), "--config", file); code != exitFailure || !strings.Contains(saidOf(out, "config"), "unknown key lisen") {
		t.Errorf("an unknown key: exit %d\n%s", code, out)
	}
}
