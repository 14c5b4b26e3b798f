package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitlane/edge"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
)

// closedNode is a stopped node with a visit that is over, j2, beside the open one, j1.
func closedNode(t *testing.T) (shopDir, nodeDir string) {
	t.Helper()
	shopDir, nodeDir = testNode(t)
	j := opened(t, nodeDir)
	for i, p := range []job.Payload{job.Opened{Ticket: "A2", Owner: "sa"}, job.KeyHung{Cabinet: "wall", Slot: 1},
		job.KeyTaken{Cabinet: "wall", Slot: 1, Authorised: true}, job.CarHandedBack{By: "kiosk"}} {
		work, err := job.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(t.Context(), journal.Draft{Kind: p.Kind(), Job: "j2", Work: work, Request: tlog.RequestID{byte(i + 1)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return shopDir, nodeDir
}

// running runs the node of a folder, with its socket, until the returned func is called.
func running(t *testing.T, nodeDir string) (stop func()) {
	t.Helper()
	cfg, err := edge.ParseConfig(filepath.Join(nodeDir, "edge.toml"), []byte("[http]\nlisten = \"127.0.0.1:0\"\n"+
		"[cabinet]\nname = \"wall\"\nport = \"/dev/none\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- edge.Run(ctx, cfg, edge.Rooms{}, slog.New(slog.DiscardHandler)) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// exported asks until the running node has sealed the visit.
func exported(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "visit.tlog-proof")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		code, out := call(t, exportCommand(), "--data", dir, "--job", "j2", "--out", file)
		if code == 0 {
			return file
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no receipt: %d %s", code, out)
		}
	}
}

// TestAReceiptIsExportedAndVerified: from a running node through its socket, and from
// its folder once it has stopped.
func TestAReceiptIsExportedAndVerified(t *testing.T) {
	t.Parallel()
	shopDir, nodeDir := closedNode(t)
	if code, out := call(t, exportCommand(), "--data", nodeDir, "--job", "j2", "--out", "-"); code != exitFailure || !strings.Contains(out, "not sealed yet") {
		t.Errorf("before anybody has sealed it: %d %s", code, out)
	}
	stop := running(t, nodeDir)
	file := exported(t, shopDir)
	verifiesAs(t, file, nodeDir)
	refusals(t, nodeDir)
	stop()
	file = filepath.Join(t.TempDir(), "stopped.tlog-proof")
	if code, out := call(t, exportCommand(), "--data", nodeDir, "--job", "j2", "--out", file); code != 0 {
		t.Fatalf("of a stopped node: %d %s", code, out)
	}
	verifiesAs(t, file, nodeDir)
	refusals(t, nodeDir)
}

// refusals: each wrong wish has its exit code and its words, running and stopped.
func refusals(t *testing.T, nodeDir string) {
	t.Helper()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an open visit", []string{"--data", nodeDir, "--job", "j1", "--out", "-"}, exitFailure, "not sealed yet"},
		{"a visit of nobody", []string{"--data", nodeDir, "--job", "j9", "--out", "-"}, exitFailure, "pitlane tail"},
		{"no visit named", []string{"--data", nodeDir, "--out", "-"}, exitUsage, "--job and --out"},
		{"no folder", []string{"--data", nodeDir + "/none", "--job", "j2", "--out", "-"}, exitUsage, "--data DIR"},
		{"a file that cannot be", []string{"--data", nodeDir, "--job", "j2", "--out", nodeDir + "/none/x"}, exitUsage, "cannot be written"},
	} {
		if code, out := call(t, exportCommand(), c.args...); code != c.code || strings.Count(out, c.says) != 1 {
			t.Errorf("export of %s: %d %s", c.name, code, out)
		}
	}
}

// verifiesAs checks a receipt as it is, flipped, pinned, and pinned to another shop.
func verifiesAs(t *testing.T, file, nodeDir string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := os.ReadFile(filepath.Join(nodeDir, "shop.pub"))
	if err != nil {
		t.Fatal(err)
	}
	_, otherNode := testNode(t)
	other, err := os.ReadFile(filepath.Join(otherNode, "shop.pub"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{}, body...)
	flipped[len(flipped)/2] ^= 1
	pinned := write("policy", []byte("shop "+string(key)))
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a good one", []string{file}, 0, `"pinned":false`},
		{"a pinned one", []string{file, "--policy", pinned}, 0, `"pinned":true`},
		{"a flipped one", []string{write("flipped", flipped)}, exitFailure, `"ok":false`},
		{"half of it", []string{write("half", body[:len(body)/2])}, exitFailure, `"ok":false`},
		{"nothing", []string{write("empty", nil)}, exitFailure, `"ok":false`},
		{"another shop's", []string{file, "--policy", write("other", []byte("shop "+string(other)))}, exitFailure, `"ok":false`},
		{"a witness that is not there", []string{file, "--policy", write("wit", []byte("shop "+string(key)+"\nquorum all\n"))}, exitUsage, "policy"},
		{"a policy that is none", []string{file, "--policy", write("bad", []byte("trust me\n"))}, exitUsage, "docs/guides/receipt.md"},
		{"no policy there", []string{file, "--policy", nodeDir + "/none"}, exitUsage, "the policy cannot be read"},
		{"no file there", []string{nodeDir + "/none"}, exitUsage, "pitlane export"},
		{"a folder and a file", []string{file, "--data", nodeDir}, exitUsage, "together"},
		{"a policy for a folder", []string{"--data", nodeDir, "--policy", pinned}, exitUsage, "for a receipt"},
	} {
		code, out := call(t, verifyCommand(), c.args...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("verify of %s: %d %s", c.name, code, out)
			continue
		}
		if code == exitUsage {
			continue
		}
		var r fileReport
		if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil || r.OK != (code == 0) || r.OK != (len(r.Findings) == 0) || r.OK != (len(r.Proven) > 0) {
			t.Errorf("verify of %s: says %+v", c.name, r)
		}
		if r.OK && (r.Job != "j2" || r.Kind != "job.sealed" || r.Key != strings.TrimSpace(string(key)) || !strings.Contains(string(r.Statement), `"ticket":"A2"`)) {
			t.Errorf("verify of %s: another visit, or another shop", c.name)
		}
	}
}

func TestSalvageSaysWhatItCannotUse(t *testing.T) {
	t.Parallel()
	_, nodeDir := testNode(t)
	out := t.TempDir()
	if code, said := call(t, salvageCommand(), filepath.Join(nodeDir, "segments", "000001.db"), "--out", out); code != 0 || !strings.Contains(said, `"entries":2`) {
		t.Errorf("a good segment: %d %s", code, said)
	}
	if code, said := call(t, salvageCommand(), filepath.Join(nodeDir, "shop.pub"), "--out", out); code != exitFailure || !strings.Contains(said, "nothing in it checks out") {
		t.Errorf("no segment: %d %s", code, said)
	}
	if code, said := call(t, salvageCommand(), filepath.Join(nodeDir, "none"), "--out", out); code != exitUsage || !strings.Contains(said, "NNNNNN") {
		t.Errorf("no file: %d %s", code, said)
	}
}

// TestAnErasedVisitHasNoReceiptAndAnOldOneStaysValid: said once and plainly, by a node
// that runs and by its stopped folder; with contact alone erased receipts are still made.
func TestAnErasedVisitHasNoReceiptAndAnOldOneStaysValid(t *testing.T) {
	t.Parallel()
	shopDir, nodeDir := closedNode(t)
	stop := running(t, nodeDir)
	old := exported(t, shopDir)
	erase := []string{"--data", nodeDir, "--job", "j2", "--by", "sa", "--reason", "asked for it", "--wait", "0s"}
	export := []string{"--data", shopDir, "--job", "j2", "--out", filepath.Join(t.TempDir(), "new.tlog-proof")}
	if code, out := call(t, eraseCommand(), append(erase, "--contact-only")...); code != 0 {
		t.Fatalf("erase contact: %d %s", code, out)
	}
	if code, out := call(t, exportCommand(), export...); code != 0 {
		t.Errorf("after contact was erased: %d %s", code, out)
	}
	if code, out := call(t, eraseCommand(), erase...); code != 0 {
		t.Fatalf("erase: %d %s", code, out)
	}
	for _, runs := range []string{"running", "stopped"} {
		code, out := call(t, exportCommand(), export...)
		if code != exitFailure || out != receipt.ErrClosed.Error() {
			t.Errorf("%s: %d %s", runs, code, out)
		}
		if code, out := call(t, verifyCommand(), old); code != 0 {
			t.Errorf("%s: the old receipt: %d %s", runs, code, out)
		}
		if code, out := call(t, verifyCommand(), "--data", nodeDir); code != 0 {
			t.Errorf("%s: the journal: %d %s", runs, code, out)
		}
		stop()
	}
}
