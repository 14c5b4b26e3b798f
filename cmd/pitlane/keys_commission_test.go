package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// commission runs `pitlane keys commission` with a person who does to the cabinet
// what each step asks for, and says the words that act returns.
func commission(t *testing.T, act func(step keycab.CommissionStep) (say string), args ...string) (file string, code int, last map[string]any) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "cabinet.json")
	cmd := keysCommand()
	near, far := io.Pipe()
	heard, said := io.Pipe()
	cmd.SetOut(far)
	cmd.SetErr(t.Output())
	cmd.SetIn(heard)
	cmd.SetArgs(append([]string{"commission", "--file", file, "--format", "json", "--by", "ada"}, args...))
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	ended := make(chan int, 1)
	go func() {
		err := cmd.ExecuteContext(t.Context())
		var e *exit
		switch {
		case err == nil:
			ended <- 0
		case errors.As(err, &e):
			ended <- e.code
		default:
			ended <- exitUsage
		}
		_ = errors.Join(far.Close(), heard.Close()) // never fails
	}()
	for lines := bufio.NewScanner(near); lines.Scan(); {
		t.Log(lines.Text())
		last = map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			t.Fatal(err)
		}
		var step keycab.CommissionStep
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil || step.Step == "" || step.OK {
			continue
		}
		if say := act(step); say != "" {
			if _, err := io.WriteString(said, say); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Fatal(err)
			}
		}
	}
	_ = said.Close() // never fails
	return file, <-ended, last
}

// atTheCabinet is a person who does as asked.
func atTheCabinet(b *sim.Board, each int) func(keycab.CommissionStep) string {
	boards := []int{}
	return func(s keycab.CommissionStep) string {
		if s.Board == nil {
			return ""
		}
		if len(boards) == 0 || boards[len(boards)-1] != *s.Board {
			boards = append(boards, *s.Board)
		}
		slot := (len(boards)-1)*each + s.Slot
		switch s.Step {
		case "close":
			b.SetHook(slot, true)
			return "\n"
		case "key_in", "key_out":
			b.SetKey(slot, s.Step == "key_in")
		case "close_again":
			b.SetHook(slot, true)
		}
		return ""
	}
}

func TestCommissioningLearnsEveryMake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		cfg   sim.BoardConfig
		baud  int
		echo  bool
		args  []string
		want  string
		opens int
	}{
		{"two CU16 boards at an unusual speed", sim.BoardConfig{Addresses: []int{1, 4}, HookClosed: 0}, 9600, true, nil,
			`"baud":9600,"boards":[1,4],"slots":16,"hook_closed":0,"key_present":1,"echo":"strip"`, 2},
		{"an 8A board of 48 locks", sim.BoardConfig{Make: sim.Lock8A, Locks: 48, Addresses: []int{2}, HookClosed: 1}, 9600, false,
			[]string{"--driver", "lock-8a", "--board", "2"}, `"baud":9600,"boards":[2],"slots":48,"hook_closed":1,"echo":"none"`, 1},
		{"a module with keys, switched by us", sim.BoardConfig{Make: sim.Modbus, Locks: 4, KeyInput: 4, NoPulse: true, HookClosed: 0}, 19200, false,
			[]string{"--driver", "modbus", "--slots", "4", "--key-input", "4", "--pulse", "host", "--board", "1"},
			`"baud":19200,"boards":[1],"slots":4,"hook_closed":0,"key_present":1,"key_input":4,"pulse":"host","echo":"none"`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var line *sim.Line
			c.cfg.At, c.cfg.Speed = c.baud, func() int { return line.Baud() }
			b, l := cabinetOn(t, c.cfg, &line)
			b.SetFaults(sim.BoardFaults{Echo: c.echo})
			each := b.Slots() / max(1, len(c.cfg.Addresses))
			file, code, last := commission(t, atTheCabinet(b, each), append([]string{"--port", l.Path()}, c.args...)...)
			if code != 0 || last["commissioned"] != true {
				t.Fatalf("got %d and %v", code, last)
			}
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := keycab.ParseCommissioned(body)
			if err != nil || got.By != "ada" || got.Port != l.Path() {
				t.Errorf("got %+v, %v", got, err)
			}
			flat, _ := json.Marshal(got)
			if !strings.Contains(string(flat), c.want) {
				t.Errorf("got %s, want %s", flat, c.want)
			}
			opened := 0
			for _, f := range b.Log() {
				opened += len(f.Opens)
				if len(f.Opens) > 1 || len(f.Opens) == 1 && (f.Opens[0]-1)%each != 0 {
					t.Errorf("sent % X, which opens %v", f.Bytes, f.Opens)
				}
			}
			if left := b.Driven(); opened != c.opens || len(left) > 0 {
				t.Errorf("%d frames that open, want %d; left driven: %v", opened, c.opens, left)
			}
		})
	}
}

// cabinetOn is cabinet, with its line known before the board is made.
func cabinetOn(t *testing.T, cfg sim.BoardConfig, line **sim.Line) (*sim.Board, *sim.Line) {
	t.Helper()
	l, err := sim.NewLine(t.TempDir(), "cabinet")
	if err != nil {
		t.Fatal(err)
	}
	*line = l
	b := sim.NewBoard(cfg)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, l.Close()); err != nil {
			t.Error(err)
		}
	})
	return b, l
}

func TestCommissioningThatDoesNotComeToItsEndWritesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		cfg    sim.BoardConfig
		faults sim.BoardFaults
		args   []string
		act    func(b *sim.Board) func(keycab.CommissionStep) string
		code   int
		word   string
	}{
		{"the person goes away", sim.BoardConfig{}, sim.BoardFaults{}, nil,
			func(*sim.Board) func(keycab.CommissionStep) string {
				return func(s keycab.CommissionStep) string {
					if s.Step == "close" {
						return "q\n"
					}
					return ""
				}
			}, exitFailure, "ended"},
		{"the lock is stuck, also the second time", sim.BoardConfig{HookClosed: 1}, sim.BoardFaults{Stuck: []int{1}}, []string{"--limit", "2s"},
			func(b *sim.Board) func(keycab.CommissionStep) string {
				do, again := atTheCabinet(b, 16), 0
				return func(s keycab.CommissionStep) string {
					if again++; s.Step == "open" && again < 4 {
						return "r\n"
					}
					return do(s)
				}
			}, exitFailure, "too long"},
		{"two boards have one address", sim.BoardConfig{}, sim.BoardFaults{Conflict: true}, nil,
			func(b *sim.Board) func(keycab.CommissionStep) string { return atTheCabinet(b, 16) }, exitFailure, "two boards"},
		{"nobody answers", sim.BoardConfig{}, sim.BoardFaults{Silent: true}, []string{"--baud", "19200", "--board", "0"},
			func(b *sim.Board) func(keycab.CommissionStep) string { return atTheCabinet(b, 16) }, exitUnreachable, "no board"},
		{"the module refuses", sim.BoardConfig{Make: sim.Modbus, NoPulse: true}, sim.BoardFaults{}, []string{"--driver", "modbus", "--board", "1"},
			func(b *sim.Board) func(keycab.CommissionStep) string { return atTheCabinet(b, 8) }, exitFailure, "refuses"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, line := cabinet(t, c.cfg)
			b.SetFaults(c.faults)
			file, code, last := commission(t, c.act(b), append([]string{"--port", line.Path()}, c.args...)...)
			if code != c.code || last["commissioned"] != false || !strings.Contains(fmt.Sprint(last["error"]), c.word) {
				t.Errorf("got %d and %v, want %d and a word of %q", code, last, c.code, c.word)
			}
			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file is there: %v", err)
			}
		})
	}
}

func TestCommissioningNeedsAName(t *testing.T) {
	t.Parallel()
	complaints, code := keys(t.Context(), io.Discard, "commission", "--port", "x")
	if code != exitUsage || !strings.Contains(complaints, "--by") {
		t.Errorf("got %d and %q", code, complaints)
	}
}

func TestCommissioningATagReader(t *testing.T) {
	t.Parallel()
	r, line := tagReader(t)
	_, code, last := commission(t, func(s keycab.CommissionStep) string {
		switch s.Step {
		case "tag_in":
			r.Show([5]byte{0x62, 0xE3, 0x08, 0x6C, 0xED})
		case "tag_out":
			r.Take()
		}
		return ""
	}, "--port", line.Path(), "--driver", "rdm6300")
	if code != 0 || last["commissioned"] != true {
		t.Errorf("got %d and %v", code, last)
	}
}
