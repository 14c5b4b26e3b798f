package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pitlane/devices/sim"
)

// Every driver says and does what interfaces promise, whatever its make.
func TestKeysWithEveryMake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		cfg  sim.BoardConfig
		args []string
		want string // of slots 1 and 2
	}{
		{"lock-8a", sim.BoardConfig{Make: sim.Lock8A}, []string{"--driver", "lock-8a", "--hook-closed", "0"}, "unknown"},
		{"lock-8a at another address, 48 locks", sim.BoardConfig{Make: sim.Lock8A, Locks: 48, Addresses: []int{3}, HookClosed: 1},
			[]string{"--driver", "lock-8a", "--board", "3", "--slots", "48", "--hook-closed", "1"}, "unknown"},
		{"modbus", sim.BoardConfig{Make: sim.Modbus, HookClosed: 1}, []string{"--driver", "modbus", "--hook-closed", "1"}, "unknown"},
		{"modbus with keys", sim.BoardConfig{Make: sim.Modbus, Locks: 4, KeyInput: 4, HookClosed: 1},
			[]string{"--driver", "modbus", "--slots", "4", "--key-input", "4", "--hook-closed", "1"}, "absent"},
		{"modbus, pulsed by us", sim.BoardConfig{Make: sim.Modbus, NoPulse: true, HookClosed: 1},
			[]string{"--driver", "modbus", "--pulse", "host", "--hook-closed", "1"}, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, line := cabinet(t, c.cfg)
			b.SetFaults(sim.BoardFaults{Echo: true, Noise: true, Bursts: true})
			args := append([]string{"--port", line.Path(), "--format", "json"}, c.args...)
			var out bytes.Buffer
			_, code := keys(t.Context(), &out, append([]string{"status"}, args...)...)
			first := fmt.Sprintf(`{"online":true,"slots":[{"slot":1,"hook":"closed","key":"%s"},{"slot":2,"hook":"closed","key":"%s"}`, c.want, c.want)
			if code != 0 || !strings.HasPrefix(out.String(), first) || strings.Count(out.String(), `"slot":`) != b.Slots() {
				t.Errorf("status: %d and %s", code, out.String())
			}
			out.Reset()
			_, code = keys(t.Context(), &out, append([]string{"open", "--slot", "2"}, args...)...)
			if want := `{"slot":2,"outcome":"opened"}` + "\n"; code != 0 || out.String() != want {
				t.Errorf("open: %d and %s", code, out.String())
			}
			for _, f := range b.Log() {
				if len(f.Opens) > 1 || len(f.Opens) == 1 && f.Opens[0] != 2 {
					t.Errorf("sent % X, which opens %v", f.Bytes, f.Opens)
				}
			}
			if got := b.Driven(); len(got) > 0 {
				t.Errorf("%v are left driven", got)
			}
		})
	}
}

func TestKeysSaysWhyAModuleDoesNotOpen(t *testing.T) {
	t.Parallel()
	_, line := cabinet(t, sim.BoardConfig{Make: sim.Modbus, NoPulse: true, HookClosed: 1})
	var out bytes.Buffer
	complaints, code := keys(t.Context(), &out, "open", "--slot", "2", "--driver", "modbus", "--hook-closed", "1", "--port", line.Path(), "--format", "json")
	if code != exitFailure || !strings.HasPrefix(out.String(), `{"slot":2,"outcome":"failed"`) || !strings.Contains(complaints, "--pulse host") {
		t.Errorf("got %d, %s and %s", code, out.String(), complaints)
	}
}

// tagReader is a practice reader on a line.
func tagReader(t *testing.T) (*sim.TagReader, *sim.Line) {
	t.Helper()
	r := sim.NewTagReader(sim.ReaderConfig{})
	line, err := sim.NewLine(t.TempDir(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return r, line
}

func TestKeysWatchesTags(t *testing.T) {
	t.Parallel()
	r, line := tagReader(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	near, far := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		_, code := keys(ctx, far, "watch", "--port", line.Path(), "--driver", "rdm6300", "--format", "json")
		ended <- code
		_ = far.Close() // never fails
	}()
	lines := bufio.NewScanner(near)
	for _, step := range []struct {
		want string
		then func()
	}{
		{`{"online":true,"slots":[]}`, func() { r.Show([5]byte{0x62, 0xE3, 0x08, 0x6C, 0xED}) }},
		{`{"tag":"62E3086CED","action":"seen"}`, r.Take},
		{`{"tag":"62E3086CED","action":"gone"}`, func() { _ = line.Unplug() }},
		{`{"online":false}`, stop},
	} {
		if !lines.Scan() || lines.Text() != step.want {
			t.Fatalf("got %s, want %s", lines.Text(), step.want)
		}
		step.then()
	}
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d, want 0", code)
	}
}
