package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/sync/central"
)

// call runs one command of the tool and gives its exit code and output.
func call(t *testing.T, c *cobra.Command, args ...string) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.ExecuteContext(t.Context())
	if err == nil {
		return 0, out.String()
	}
	e := &exit{code: exitUsage, err: err}
	errors.As(err, &e)
	return e.code, out.String() + err.Error()
}

// opened is the journal of a node's folder. Whoever asks closes it.
func opened(t *testing.T, nodeDir string) *journal.Journal {
	t.Helper()
	m, err := shop.Load(nodeDir)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: m.Dir, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// testNode makes a shop with one node and a few entries, stopped.
func testNode(t *testing.T) (shopDir, nodeDir string) {
	t.Helper()
	shopDir = filepath.Join(t.TempDir(), "s")
	if code, out := call(t, shopCommand(), "init", shopDir, "--name", "demo"); code != 0 {
		t.Fatal(out)
	}
	code, out := call(t, shopCommand(), "add", shopDir, "bay-1", "--role", "bay")
	var r shop.AddResult
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || r.Node != "demo-bay-1" {
		t.Fatalf("shop add: %d %s", code, out)
	}
	j := opened(t, r.Dir)
	_, err := j.Append(context.Background(), journal.Draft{
		Kind: "job.opened", Job: "j1", Work: []byte(`{"ticket":"A1"}`), Contact: []byte(`{"name":"Practice Person"}`),
	})
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	return shopDir, r.Dir
}

func TestTailAndVerifyOfAStoppedNode(t *testing.T) {
	t.Parallel()
	shopDir, nodeDir := testNode(t)
	for _, dir := range []string{shopDir, nodeDir} {
		code, out := call(t, tailCommand(), "--data", dir)
		if got, want := strings.Count(out, "\n"), 2; code != 0 || got != want {
			t.Errorf("tail of %s: %d, %d lines, want %d", filepath.Base(dir), code, got, want)
		}
		if !strings.Contains(out, `"work":{"ticket":"A1"}`) || strings.Contains(out, "Practice") {
			t.Error("tail shows no work payload, or a contact payload unasked")
		}
		code, out = call(t, verifyCommand(), "--data", dir)
		var r tlog.VerifyReport
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.OK || len(r.Proven) != 1 {
			t.Errorf("verify of %s: %d %s", filepath.Base(dir), code, out)
		}
	}
	if _, out := call(t, tailCommand(), "--data", nodeDir, "--contact"); !strings.Contains(out, "Practice") {
		t.Error("tail --contact shows no contact payload")
	}
}

func TestTheToolSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	shopDir, nodeDir := testNode(t)
	for _, c := range []struct {
		name string
		cmd  *cobra.Command
		args []string
		want int
	}{
		{"no folder named", tailCommand(), nil, exitUsage},
		{"an empty folder", verifyCommand(), []string{"--data", t.TempDir()}, exitUsage},
		{"no folder there", verifyCommand(), []string{"--data", nodeDir + "/none"}, exitUsage},
		{"following a stopped node", tailCommand(), []string{"--data", nodeDir, "--follow"}, exitUnreachable},
		{"a shop without a name", shopCommand(), []string{"init", t.TempDir()}, exitUsage},
		{"a node without a role", shopCommand(), []string{"add", shopDir, "bay-2"}, exitUsage},
		{"a node twice", shopCommand(), []string{"add", shopDir, "bay-1", "--role", "bay"}, exitUsage},
	} {
		if got, out := call(t, c.cmd, c.args...); got != c.want {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, got, c.want, out)
		}
	}
	j := opened(t, nodeDir)
	if got, out := call(t, tailCommand(), "--data", nodeDir); got != exitUnreachable {
		t.Errorf("a node that runs without a socket: exit code %d, want %d: %s", got, exitUnreachable, out)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// Head office keeps a database: verify looks at that.
func TestVerifyOfHeadOffice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(dir, "demo"); err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Add(dir, "central", shop.RoleCentral, central.Template()); err != nil {
		t.Fatal(err)
	}
	office := filepath.Join(dir, "demo-central")
	m, err := shop.Load(office)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := vault.Open(vault.Options{Dir: office, Node: m.Node, Key: m.Key, Roster: m.Roster})
	if err != nil {
		t.Fatal(err)
	}
	store, err := central.OpenSQLite(t.Context(), filepath.Join(office, "central.db"), keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.Close(), keys.Close()); err != nil {
		t.Fatal(err)
	}
	if code, out := call(t, verifyCommand(), "--data", office); code != exitFailure || !strings.Contains(out, "head office holds nothing") {
		t.Errorf("verify of an empty database: %d %s", code, out)
	}
}
