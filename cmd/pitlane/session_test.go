package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// recordedNode is a stopped node with one scan in two parts, and one without record.
func recordedNode(t *testing.T) (shopDir string) {
	t.Helper()
	shopDir, nodeDir := testNode(t)
	j := opened(t, nodeDir)
	packed, err := obd.PackSession(&obd.Session{
		Adapter: obd.Adapter{Identity: "ELM327 v1.5"}, Protocol: obd.Protocol{Number: "6"},
		Exchanges: []obd.Exchange{
			{Request: "03", Raw: []byte("7E8 04 43 01 01 33\r\r>"), Headers: true},
			{Request: "0902", Raw: []byte("7E8 10 14 49 02 01 57 56 57\r7E8 21 5A 5A 5A 31 4A 5A 58\r7E8 22 57 31 32 33 34 35 36\r\r>"), Headers: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	half := len(packed) / 2
	var id byte
	for _, p := range []job.Payload{
		job.ScanStarted{Scan: "s1", Bay: "1"}, job.ScanRecorded{Scan: "s1", Part: 1, Of: 2, Data: packed[:half]},
		job.ScanRecorded{Scan: "s1", Part: 2, Of: 2, Data: packed[half:]}, job.ScanFailed{Scan: "s1", Why: "no_data"},
		job.ScanStarted{Scan: "s2", Bay: "1"}, job.ScanRecorded{Scan: "s2", Part: 1, Of: 2, Data: packed[:half]},
	} {
		work, err := job.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		id++
		if _, err := j.Append(context.Background(), journal.Draft{Kind: p.Kind(), Job: "j1", Work: work, Request: tlog.RequestID{id}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Close()); err != nil {
		t.Fatal(err)
	}
	return shopDir
}

func TestASessionComesOutOfTheJournal(t *testing.T) {
	t.Parallel()
	dir := recordedNode(t)
	file := filepath.Join(t.TempDir(), "car.json")
	code, out := call(t, sessionCommand(), "--data", dir)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 2 || !strings.Contains(lines[0], `"scan":"s1"`) || !strings.Contains(lines[0], `"outcome":"no_data"`) ||
		!strings.Contains(lines[0], `"whole":true`) || !strings.Contains(lines[1], `"outcome":"running"`) {
		t.Fatalf("the list: %d %s", code, out)
	}
	for mask, serial := range map[bool]string{false: "123456", true: "000001"} {
		args := []string{"--data", dir, "--scan", "s1", "--out", file}
		if mask {
			args = append(args, "--mask")
		}
		if code, out := call(t, sessionCommand(), args...); code != 0 || out != "" {
			t.Fatalf("write it: %d %s", code, out)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file names a car: %v %v", info.Mode(), err)
		}
		code, out := call(t, replayCommand(), file)
		if code != 0 || !strings.Contains(out, `"codes":["P0133"]`) || !strings.Contains(out, `"vin":"WVWZZZ1JZXW`+serial+`"`) {
			t.Errorf("masked %v it replays as %d with another number or other codes", mask, code)
		}
		body, err := os.ReadFile(file)
		if err != nil || !json.Valid(body) {
			t.Errorf("the file: %v", err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"no such scan":       {[]string{"--data", dir, "--scan", "s9", "--out", file}, 1},
		"half a record":      {[]string{"--data", dir, "--scan", "s2", "--out", file}, 1},
		"no file named":      {[]string{"--data", dir, "--scan", "s1"}, 2},
		"no scan named":      {[]string{"--data", dir, "--out", file}, 2},
		"no folder":          {[]string{"--scan", "s1", "--out", file}, 2},
		"an unwritable file": {[]string{"--data", dir, "--scan", "s1", "--out", filepath.Join(dir, "no", "such", "folder")}, 2},
	} {
		if code, out := call(t, sessionCommand(), c.args...); code != c.code || out == "" {
			t.Errorf("%s: exit %d %q, want %d", name, code, out, c.code)
		}
	}
}
