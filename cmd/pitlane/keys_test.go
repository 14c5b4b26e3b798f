package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"pitlane/devices/sim"
)

// cabinet is a practice cabinet on a pty.
func cabinet(t *testing.T, cfg sim.BoardConfig) (*sim.Board, *sim.Line) {
	t.Helper()
	b := sim.NewBoard(cfg)
	line, err := sim.NewLine(t.TempDir(), "cabinet")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return b, line
}

// keys runs `pitlane keys …` and returns what it put out, what it complained of,
// and its exit code.
func keys(ctx context.Context, out io.Writer, args ...string) (complaints string, code int) {
	cmd := keysCommand()
	var errs bytes.Buffer
	cmd.SetOut(out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{}, args...)) // nil would be the test program's own
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return errs.String(), 0
	}
	e := &exit{code: exitUsage, err: err}
	errors.As(err, &e)
	return errs.String() + err.Error(), e.code
}

func TestKeysSaysWhatHangsWhere(t *testing.T) {
	t.Parallel()
	b, line := cabinet(t, sim.BoardConfig{HookClosed: 1})
	b.SetKey(2, true)
	var out bytes.Buffer
	complaints, code := keys(t.Context(), &out, "status", "--port", line.Path(), "--slots", "2", "--hook-closed", "1", "--format", "json")
	want := `{"online":true,"slots":[{"slot":1,"hook":"closed","key":"absent"},{"slot":2,"hook":"closed","key":"present"}],"error":null}` + "\n"
	if out.String() != want || code != 0 || complaints != "" {
		t.Errorf("got %d, %q and %q, want 0 and %q", code, out.String(), complaints, want)
	}
}

func TestKeysCountsSlotsOnEachBoard(t *testing.T) {
	t.Parallel()
	b, line := cabinet(t, sim.BoardConfig{Addresses: []int{1, 3}, HookClosed: 0})
	b.SetKey(18, true)
	var out bytes.Buffer
	_, code := keys(t.Context(), &out, "status", "--port", line.Path(), "--board", "1", "--board", "3", "--slots", "2", "--hook-closed", "0", "--format", "json")
	want := `{"online":true,"slots":[{"board":1,"slot":1,"hook":"closed","key":"absent"},{"board":1,"slot":2,"hook":"closed","key":"absent"},` +
		`{"board":3,"slot":1,"hook":"closed","key":"absent"},{"board":3,"slot":2,"hook":"closed","key":"present"}],"error":null}` + "\n"
	if out.String() != want || code != 0 {
		t.Errorf("got %d and %s, want 0 and %s", code, out.String(), want)
	}
}

func TestKeysWithoutPolarityKnowsNoHooks(t *testing.T) {
	t.Parallel()
	_, line := cabinet(t, sim.BoardConfig{HookClosed: 1})
	var out bytes.Buffer
	complaints, code := keys(t.Context(), &out, "status", "--port", line.Path(), "--slots", "1", "--format", "json")
	if want := `{"online":true,"slots":[{"slot":1,"hook":"unknown","key":"absent"}],"error":null}` + "\n"; out.String() != want || code != 0 {
		t.Errorf("got %d and %s, want 0 and %s", code, out.String(), want)
	}
	if !strings.Contains(complaints, "--hook-closed") {
		t.Errorf("complained %q, want how to learn the polarity", complaints)
	}
}

func TestKeysOpensASlot(t *testing.T) {
	cases := []struct {
		name   string
		faults sim.BoardFaults
		want   string
		code   int
	}{
		{"it opens", sim.BoardFaults{}, `{"slot":4,"outcome":"opened"}`, 0},
		{"the hook is stuck", sim.BoardFaults{Stuck: []int{4}}, `{"slot":4,"outcome":"failed"}`, exitFailure},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, line := cabinet(t, sim.BoardConfig{HookClosed: 1})
			b.SetFaults(c.faults)
			var out bytes.Buffer
			_, code := keys(t.Context(), &out, "open", "--port", line.Path(), "--slot", "4", "--hook-closed", "1", "--format", "json")
			if out.String() != c.want+"\n" || code != c.code {
				t.Errorf("got %d and %s, want %d and %s", code, out.String(), c.code, c.want)
			}
		})
	}
}

func TestKeysWatchesUntilEnded(t *testing.T) {
	t.Parallel()
	b, line := cabinet(t, sim.BoardConfig{HookClosed: 1})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	near, far := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		_, code := keys(ctx, far, "watch", "--port", line.Path(), "--slots", "3", "--hook-closed", "1", "--format", "json")
		ended <- code
		_ = far.Close() // never fails
	}()
	lines := bufio.NewScanner(near)
	next := func() map[string]any {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("no further line: %v", lines.Err())
		}
		var m map[string]any
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := next(); m["online"] != true || len(m["slots"].([]any)) != 3 {
		t.Errorf("first came %v, want the whole state", m)
	}
	b.SetKey(3, true)
	m := next()
	if _, err := time.Parse(time.RFC3339Nano, m["time"].(string)); err != nil || m["slot"] != 3.0 || m["hook"] != "closed" || m["key"] != "present" || len(m) != 4 {
		t.Errorf("then came %v (%v), want the key in slot 3", m, err)
	}
	if err := line.Unplug(); err != nil {
		t.Fatal(err)
	}
	if m := next(); m["online"] != false || len(m) != 1 {
		t.Errorf("unplugged: %v", m)
	}
	if err := line.Replug(); err != nil {
		t.Fatal(err)
	}
	for m = next(); m["online"] != true; m = next() { // unplugged, then missing
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d, want 0", code)
	}
}

func TestKeysRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		args []string
		code int
		hint string
	}{
		{"nothing", nil, exitUsage, "status"},
		{"no port", []string{"status"}, exitUsage, "--port"},
		{"a driver nobody has", []string{"status", "--port", "x", "--driver", "abacus"}, exitUsage, "kerong-cu16"},
		{"a format nobody has", []string{"status", "--port", "x", "--format", "xml"}, exitUsage, "json"},
		{"the broadcast address", []string{"status", "--port", "x", "--board", "15"}, exitUsage, "0 to 9"},
		{"a flag nobody has", []string{"status", "--prot", "x"}, exitUsage, "prot"},
		{"a polarity nobody has", []string{"status", "--port", "x", "--hook-closed", "2"}, exitUsage, "0 or 1"},
		{"key sensors of boards that have their own", []string{"status", "--port", "x", "--key-input", "4"}, exitUsage, "modbus"},
		{"key sensors among the hooks", []string{"status", "--port", "x", "--driver", "modbus", "--slots", "8", "--key-input", "4"}, exitUsage, "input 8"},
		{"board 0 of 8A", []string{"status", "--port", "x", "--driver", "lock-8a", "--board", "0"}, exitUsage, "1 to 99"},
		{"the broadcast address of modules", []string{"status", "--port", "x", "--driver", "modbus", "--board", "0"}, exitUsage, "1 to 247"},
		{"a reader that opens", []string{"open", "--port", "x", "--driver", "rdm6300", "--slot", "1", "--hook-closed", "1"}, exitUsage, "opens nothing"},
		{"open a lock 8A boards have, but not this one", []string{"open", "--port", "x", "--driver", "lock-8a", "--slot", "25", "--hook-closed", "1"}, exitUsage, "1 to 24"},
		{"open every door of 8A", []string{"open", "--port", "x", "--driver", "lock-8a", "--slot", "0", "--hook-closed", "1"}, exitUsage, "--slot"},
		{"open without a slot", []string{"open", "--port", "x", "--hook-closed", "1"}, exitUsage, "--slot"},
		{"open without polarity", []string{"open", "--port", "x", "--slot", "1"}, exitUsage, "--hook-closed"},
		{"open a slot that is not there", []string{"open", "--port", "x", "--slot", "17", "--hook-closed", "1"}, exitUsage, "1 to 16"},
		{"a port that is not there", []string{"status", "--port", "/nowhere/cabinet"}, exitUnreachable, "/nowhere/cabinet"},
		{"open on a port that is not there", []string{"open", "--port", "/nowhere/cabinet", "--slot", "1", "--hook-closed", "1"}, exitUnreachable, "/nowhere/cabinet"},
		{"watch a port that is not there", []string{"watch", "--port", "/nowhere/cabinet"}, exitUnreachable, "/nowhere/cabinet"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			complaints, code := keys(t.Context(), io.Discard, c.args...)
			if code != c.code || !strings.Contains(complaints, c.hint) {
				t.Errorf("got %d and %q, want %d and a word of %q", code, complaints, c.code, c.hint)
			}
		})
	}
}

func TestKeysOnADeadLineSaysSo(t *testing.T) {
	t.Parallel()
	b, line := cabinet(t, sim.BoardConfig{HookClosed: 1})
	b.SetFaults(sim.BoardFaults{Silent: true})
	var out bytes.Buffer
	complaints, code := keys(t.Context(), &out, "status", "--port", line.Path(), "--hook-closed", "1", "--format", "json")
	var got struct {
		Online bool
		Slots  []any
		Error  struct{ Kind, Message, Hint string }
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Online || len(got.Slots) != 0 || got.Error.Kind != "cabinet" || got.Error.Hint == "" {
		t.Errorf("got %s (%v), want offline with an error", out.String(), err)
	}
	if code != exitUnreachable || !strings.Contains(complaints, "does not answer") {
		t.Errorf("got %d and %q", code, complaints)
	}
}
