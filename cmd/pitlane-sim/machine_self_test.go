//go:build real

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clockTeller prints what a program is told of its machine, a line for each line that
// it reads.
const clockTeller = `package main

import (
	"bufio"
	"encoding/json"
	"os"
	"syscall"
	"time"
)

func main() {
	out, started := json.NewEncoder(os.Stdout), time.Now()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var tv syscall.Timeval
		var tx syscall.Timex
		_ = syscall.Gettimeofday(&tv)
		state, _ := syscall.Adjtimex(&tx)
		boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
		_ = out.Encode(map[string]any{"now": time.Now().UnixMilli(), "day": tv.Sec, "state": state, "boot": string(boot), "ran": int64(time.Since(started))})
	}
}
`

// clockTold is a line of clockTeller.
type clockTold struct {
	Now, Day, State, Ran int64
	Boot                 string
}

// teller is clockTeller on a machine.
type teller struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

func newTeller(t *testing.T, m *machine) *teller {
	t.Helper()
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "teller")
	if err := os.WriteFile(source, []byte(clockTeller), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends then
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	return &teller{t, in, bufio.NewScanner(out)}
}

func (l *teller) ask() (x clockTold) {
	l.t.Helper()
	if _, err := io.WriteString(l.in, "\n"); err != nil {
		l.t.Fatal(err)
	}
	if !l.out.Scan() {
		l.t.Fatalf("the program has ended: %v", l.out.Err())
	}
	if err := json.Unmarshal(l.out.Bytes(), &x); err != nil {
		l.t.Fatal(err)
	}
	x.Boot = strings.TrimSpace(x.Boot)
	return x
}

// What the tests below lean on: a program believes the machine, its clock can be set
// while it runs, what it measures itself goes on, and its neighbours see nothing of it.
func TestAProgramBelievesItsMachine(t *testing.T) {
	t.Parallel()
	var m, other machine
	m.set(time.Unix(42, 0), false)
	m.boot = "a-boot-of-ours"
	l, beside := newTeller(t, &m), newTeller(t, &other)
	real, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	is := func(what string, x clockTold, year int, state int64, boot string) {
		t.Helper()
		now, day := time.UnixMilli(x.Now).UTC(), time.Unix(x.Day, 0).UTC()
		if now.Year() != year || day.Year() != year || x.State != state || x.Boot != boot || x.Ran < 0 || time.Duration(x.Ran) > time.Hour {
			t.Errorf("%s: %v, %v, state %d, boot %q, ran for %v", what, now, day, x.State, x.Boot, time.Duration(x.Ran))
		}
	}
	year := time.Now().UTC().Year()
	is("in 1970", l.ask(), 1970, 5, m.boot) // TIME_ERROR
	m.set(time.Now(), true)
	is("the time server is there", l.ask(), year, 0, m.boot)
	m.set(time.Now().AddDate(56, 0, 0), false)
	is("far ahead", l.ask(), time.Now().UTC().AddDate(56, 0, 0).Year(), 5, m.boot)
	m.set(time.Unix(42, 0), false)
	is("and back", l.ask(), 1970, 5, m.boot)
	is("a neighbour", beside.ask(), year, 5, strings.TrimSpace(string(real)))
}
