package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// twoNodes is testNode with a reception beside the bay.
func twoNodes(t *testing.T) (shopDir, bay, desk string) {
	t.Helper()
	shopDir, bay = testNode(t)
	if code, out := call(t, shopCommand(), "add", shopDir, "reception", "--role", "reception"); code != 0 {
		t.Fatal(out)
	}
	desk = filepath.Join(shopDir, "demo-reception")
	j := opened(t, desk)
	_, err := j.Append(t.Context(), journal.Draft{Kind: "job.opened", Job: "j2", Work: []byte(`{"ticket":"B2"}`)})
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	return shopDir, bay, desk
}

// Whatever is wrong with one folder is said in the JSON, by name and with what to do,
// and keeps no other folder of the shop from being looked at.
func TestWhateverIsWrongIsInTheReportWithWhatToDo(t *testing.T) {
	t.Parallel()
	file := func(name string) func(dir string) string {
		return func(dir string) string { return filepath.Join(dir, name) }
	}
	segment, identity := file("segments/000001.db"), file("identity")
	for name, c := range map[string]struct {
		harm       func(dir string) error
		find, next string
	}{
		"a file cut short":        {func(d string) error { return os.Truncate(segment(d), 9000) }, "000001.db", "salvage"},
		"an empty file":           {func(d string) error { return os.Truncate(segment(d), 0) }, "000001.db: it is empty", "quarantine"},
		"a changed entry":         {func(d string) error { return change(segment(d), `"k":"job.opened"`, `"k":"job.opaned"`) }, "seq 1 (segments/000001.db): the entry is not the one that was written", "salvage"},
		"no segment files":        {func(d string) error { return os.RemoveAll(filepath.Join(d, "segments")) }, "segments", "start the node beside the others"},
		"an empty segment folder": {func(d string) error { return os.Remove(segment(d)) }, "holds nothing", "start the node beside the others"},
		"no identity":             {func(d string) error { return os.Remove(identity(d)) }, "identity", "writes a new log"},
		"a damaged identity":      {func(d string) error { return os.WriteFile(identity(d), []byte("x"), 0o600) }, "identity is damaged", "writes a new log"},
		"a newer program's":       {func(d string) error { return change(identity(d), `"format":1`, `"format":9`) }, "format 9", "newer pitlane"},
		"no roster":               {func(d string) error { return os.Remove(filepath.Join(d, "roster")) }, "roster or shop.pub is missing", "copy roster"},
		"another roster":          {func(d string) error { return change(filepath.Join(d, "roster"), "bay", "boy") }, "the roster is not one", "copy roster"},
		"a damaged keys.db":       {func(d string) error { return os.WriteFile(filepath.Join(d, "keys.db"), []byte("x"), 0o600) }, "keys.db is damaged", "hand the keys over"},
		"a torn cosigned.json":    {func(d string) error { return os.WriteFile(filepath.Join(d, "cosigned.json"), []byte("{"), 0o600) }, "cosigned.json", "cosign anew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shopDir, bay, _ := twoNodes(t)
			if err := c.harm(bay); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{bay, shopDir} {
				code, out := call(t, verifyCommand(), "--data", dir)
				var r tlog.VerifyReport
				if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil || code != exitFailure || r.OK {
					t.Fatalf("%v, exit code %d: %s", err, code, out)
				}
				if len(r.Findings) == 0 || !strings.Contains(r.Findings[0], c.find) || strings.Contains(r.Findings[0], c.next) {
					t.Errorf("the findings are %q, want %q first", r.Findings, c.find)
				}
				if len(r.Next) != 1 || !strings.Contains(r.Next[0], c.next) {
					t.Errorf("what to do is %q, want %q", r.Next, c.next)
				}
				if other := strings.Contains(strings.Join(r.Proven, " "), "demo-reception/"); other != (dir == shopDir) {
					t.Errorf("of the other node is proven: %q", r.Proven)
				}
			}
			if _, out := call(t, tailCommand(), "--data", shopDir); !strings.Contains(out, `"ticket":"B2"`) {
				t.Errorf("tail does not print the other node's: %s", out)
			}
		})
	}
}

// change replaces text in a file by other text of the same length.
func change(path, old, text string) error {
	b, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(b, []byte(old)) {
		err = errors.New(path + " does not hold " + old)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(b, []byte(old), []byte(text)), 0o600)
}

// What earlier trouble left in a folder is told of, and is no finding.
func TestWhatEarlierTroubleLeftIsToldOf(t *testing.T) {
	t.Parallel()
	_, bay := testNode(t)
	if code, out := call(t, verifyCommand(), "--data", bay); code != 0 || strings.Contains(out, `"notes"`) || strings.Contains(out, `"next"`) {
		t.Errorf("of a folder that is well: %d %s", code, out)
	}
	forks := filepath.Join(bay, "forks")
	err := errors.Join(os.Mkdir(forks, 0o700),
		os.WriteFile(filepath.Join(forks, "demo-reception-00-7-abc.json"), []byte(`{"origin":"demo-reception/00","first":7}`), 0o600),
		os.WriteFile(filepath.Join(forks, "orphans-demo-bay-1-00.json"), []byte(`{}`), 0o600),
		os.WriteFile(filepath.Join(bay, "segments", "000001.db.quarantine"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(bay, "redo.quarantine"), []byte("x"), 0o600),
		os.RemoveAll(filepath.Join(bay, "keys")))
	if err != nil {
		t.Fatal(err)
	}
	code, out := call(t, verifyCommand(), "--data", bay)
	var r tlog.VerifyReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.OK || len(r.Notes) != 5 {
		t.Fatalf("%v, %d: %s", err, code, out)
	}
	for _, want := range []string{"segments/000001.db.quarantine: damaged", "redo.quarantine: the newest transactions", "demo-reception/00 has two histories from about entry 7", "written again in the node's new log", "keys are not in this folder"} {
		if !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("nothing is said of %q: %q", want, r.Notes)
		}
	}
}

// An older copy of a folder is whole in itself: what the other nodes of the shop have of
// its log shows it, and so does another history that is written on it.
func TestAnOlderCopyOfAFolderIsFoundBesideTheOthers(t *testing.T) {
	t.Parallel()
	shopDir, bay, desk := twoNodes(t)
	write := func(kind string) {
		t.Helper()
		j := opened(t, bay)
		_, err := j.Append(t.Context(), journal.Draft{Kind: kind, Job: "j1", Work: []byte(`{}`)})
		if err := errors.Join(err, j.Close()); err != nil {
			t.Fatal(err)
		}
	}
	ends := func(want int, find, next string) {
		t.Helper()
		for _, args := range [][]string{{"--data", shopDir}, {"--data", bay, "--witness", desk}} {
			code, out := call(t, verifyCommand(), args...)
			var r tlog.VerifyReport
			if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil || code != want {
				t.Fatalf("%v, exit code %d, want %d: %s", err, code, want, out)
			}
			if want != 0 && (len(r.Findings) != 1 || !strings.Contains(r.Findings[0], find) || len(r.Next) != 1 || !strings.Contains(r.Next[0], next)) {
				t.Errorf("%q, %q; want %q, %q", r.Findings, r.Next, find, next)
			}
		}
	}
	older := filepath.Join(t.TempDir(), "older")
	if err := os.CopyFS(older, os.DirFS(filepath.Join(bay, "segments"))); err != nil {
		t.Fatal(err)
	}
	write("work.started")
	write("work.paused")
	from, to := opened(t, bay), opened(t, desk)
	s, err := from.Segment(t.Context(), from.Origin(), 0, 1<<20)
	if err == nil {
		err = to.Adopt(t.Context(), s)
	}
	if err := errors.Join(err, from.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	ends(0, "", "")

	segments := filepath.Join(bay, "segments")
	err = errors.Join(os.RemoveAll(segments), os.CopyFS(segments, os.DirFS(older)), os.Remove(filepath.Join(bay, "meta.db")))
	if err != nil {
		t.Fatal(err)
	}
	ends(exitFailure, "demo-reception holds 4 entries, 2 are here", "an older copy of this disk was put back")

	for range 3 {
		write("work.resumed")
	}
	ends(exitFailure, "at size 4 demo-reception holds another signed tree", "keep this folder as evidence")
}
