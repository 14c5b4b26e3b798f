package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/shop"
)

// BenchmarkReady is the time from the start of the program to /readyz over a journal
// of 100,000 entries, as it was left and after what may befall a disk; cpu-s is what
// the process itself has worked till then, away-s how long its screens were away soon
// after, because it met damage and opened its journal anew. PITLANE_EVENTS makes it
// another number.
func BenchmarkReady(b *testing.B) {
	events := 100_000
	if s := os.Getenv("PITLANE_EVENTS"); s != "" {
		var err error
		if events, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	program := filepath.Join(b.TempDir(), "pitlane-edge")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	l := newLived(b, program, events)
	for _, harm := range l.harms() {
		b.Run(harm.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				dir := l.copied(b, harm.from)
				if harm.do != nil {
					harm.do(b, dir)
				}
				b.StartTimer()
				r := l.start(b, dir)
				b.ReportMetric(used(b, r.Process.Pid).Seconds(), "cpu-s")
				b.StopTimer()
				b.ReportMetric(r.away(b).Seconds(), "away-s")
				r.end(b)
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// lived is a node's folder after a long time, as it was half way, and as it would be
// had no visit been sealed.
type lived struct {
	program, dir, half, unsealed string
	events                       int
}

// past is a clock that goes over a hundred days till the day before yesterday.
type past struct {
	from   time.Time
	n, all int64
}

// Now implements journal.Clock.
func (p *past) Now() time.Time { return p.from.Add(p.passed()) }

// Boot implements journal.Clock: once a day.
func (p *past) Boot() (string, time.Duration) {
	p.n++
	return fmt.Sprintf("%08x-7a44-4b0e-9d83-3c1f7c6f0001", p.passed()/(24*time.Hour)), p.passed() % (24 * time.Hour)
}

func (p *past) passed() time.Duration {
	return time.Duration(p.n) * (100 * 24 * time.Hour / time.Duration(p.all))
}

// harm is what befalls a copy of a folder.
type harm struct {
	name, from string
	do         func(b *testing.B, dir string)
}

func (l *lived) harms() []harm {
	newest := func(dir string) string {
		all, _ := filepath.Glob(filepath.Join(dir, "segments", "*.db"))
		return all[len(all)-1]
	}
	first := func(dir string) string { return filepath.Join(dir, "segments", "000001.db") }
	return []harm{
		{"as it was stopped", l.dir, nil},
		{"closed visits not sealed", l.unsealed, nil},
		{"without a snapshot", l.dir, func(b *testing.B, dir string) { forgotten(b, filepath.Join(dir, "meta.db")) }},
		{"a key damaged", l.dir, func(b *testing.B, dir string) { spoil(b, filepath.Join(dir, "keys.db"), 0.99) }},
		{"without the index", l.dir, func(b *testing.B, dir string) { gone(b, filepath.Join(dir, "meta.db")) }},
		{"index damaged", l.dir, func(b *testing.B, dir string) { spoil(b, filepath.Join(dir, "meta.db"), 0, 0.3, 0.6) }},
		{"identity damaged", l.dir, func(b *testing.B, dir string) { spoil(b, filepath.Join(dir, "identity"), 0.2) }},
		{"large file damaged at its front", l.dir, func(b *testing.B, dir string) { spoil(b, first(dir), 0, 0.00008) }},
		{"large file damaged at five places", l.dir, func(b *testing.B, dir string) { spoil(b, first(dir), 0.1, 0.3, 0.5, 0.7, 0.9) }},
		{"large file damaged, index gone", l.dir, func(b *testing.B, dir string) {
			spoil(b, first(dir), 0.1, 0.3, 0.5, 0.7, 0.9)
			gone(b, filepath.Join(dir, "meta.db"))
		}},
		{"large file cut short", l.dir, func(b *testing.B, dir string) {
			if err := os.Truncate(first(dir), 20<<20); err != nil {
				b.Fatal(err)
			}
		}},
		{"newest file damaged", l.dir, func(b *testing.B, dir string) { spoil(b, newest(dir), 0, 0.2, 0.5) }},
		{"newest file gone", l.dir, func(b *testing.B, dir string) { gone(b, newest(dir)) }},
		{"all files gone", l.dir, func(b *testing.B, dir string) { gone(b, filepath.Join(dir, "segments")) }},
		{"an old copy", l.half, nil},
		{"an old copy of the files alone", l.dir, func(b *testing.B, dir string) {
			gone(b, filepath.Join(dir, "segments"))
			if err := os.CopyFS(filepath.Join(dir, "segments"), os.DirFS(filepath.Join(l.half, "segments"))); err != nil {
				b.Fatal(err)
			}
		}},
	}
}

// forgotten takes the board's snapshot out of an index.
func forgotten(b *testing.B, path string) {
	b.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = errors.Join(db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("kept")) }), db.Close())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func gone(b *testing.B, path string) {
	b.Helper()
	if err := os.RemoveAll(path); err != nil {
		b.Fatal(err)
	}
}

// spoil flips a byte in each of some pages of a file.
func spoil(b *testing.B, path string, at ...float64) {
	b.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	st, err := f.Stat()
	for _, part := range at {
		var c [512]byte
		off := int64(part * float64(st.Size()))
		n, rerr := f.ReadAt(c[:min(512, st.Size()-off)], off)
		for i := range c[:n] {
			c[i] ^= 0x5a
		}
		_, werr := f.WriteAt(c[:n], off)
		err = errors.Join(err, rerr, werr)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		b.Fatal(err)
	}
}

// newLived writes the journal of a shop, and lets the program run over it.
func newLived(b *testing.B, program string, events int) *lived {
	b.Helper()
	l := &lived{program: program, events: events, dir: founded(b)}
	l.write(b, l.dir, 0, events/2, true)
	l.run(b, l.dir)
	l.half = l.copied(b, l.dir)
	l.write(b, l.dir, events/2, events, true)
	l.run(b, l.dir)
	if n := seals(b, l.dir); n != events/each-open {
		b.Fatalf("%d seals of %d visits: the program has sealed what was sealed, or was not to be", n, events/each)
	}
	l.unsealed = founded(b)
	l.write(b, l.unsealed, 0, events, false)
	l.run(b, l.unsealed)
	b.Logf("%d of them were sealed before it was stopped", seals(b, l.unsealed))
	return l
}

// founded is the folder of a reception.
func founded(b *testing.B) string {
	b.Helper()
	root := filepath.Join(b.TempDir(), "shop")
	if err := shop.Init(root, "demo"); err != nil {
		b.Fatal(err)
	}
	added, err := shop.Add(root, "front", shop.RoleReception, "")
	if err != nil {
		b.Fatal(err)
	}
	config := "[http]\nlisten = \"127.0.0.1:0\"\n"
	if err := os.WriteFile(filepath.Join(added.Dir, "edge.toml"), []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	return added.Dir
}

func (l *lived) run(b *testing.B, dir string) {
	l.start(b, dir).end(b)
}

// copied is a copy of a folder, with its modes.
func (l *lived) copied(b *testing.B, from string) string {
	b.Helper()
	to := filepath.Join(b.TempDir(), "n")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		return errors.Join(err, os.MkdirAll(filepath.Dir(target), 0o700), os.WriteFile(target, body, 0o600))
	})
	if err != nil {
		b.Fatal(err)
	}
	return to
}

// running is the program at work.
type running struct {
	*exec.Cmd
	said *os.File
	read int // of what it said, when it was ready
}

// start starts the program and waits until it is ready.
func (l *lived) start(b *testing.B, dir string) *running {
	b.Helper()
	c := exec.Command(l.program, "--config", filepath.Join(dir, "edge.toml"))
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		b.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	r := &running{Cmd: c, said: said}
	r.ready(b)
	return r
}

func (r *running) tell() string {
	text, _ := os.ReadFile(r.said.Name())
	return string(text)
}

// ready waits until the newest address that was said answers so.
func (r *running) ready(b *testing.B) {
	b.Helper()
	addr := ""
	for limit := time.Now().Add(5 * time.Minute); !ready(addr); {
		if time.Now().After(limit) {
			b.Fatalf("never ready:\n%s", r.tell())
		}
		<-time.After(5 * time.Millisecond)
		if all := strings.Split(r.tell(), "listen="); len(all) > 1 {
			addr, _, _ = strings.Cut(all[len(all)-1], "\n")
		}
	}
	r.read = len(r.tell())
}

// away is how long the screens were away in the seconds after, because damage was met and
// the journal opened anew.
func (r *running) away(b *testing.B) time.Duration {
	b.Helper()
	const anew = "opens its journal anew"
	for range 100 {
		if strings.Contains(r.tell()[r.read:], anew) {
			begun := time.Now()
			for strings.LastIndex(r.tell(), "edge open") < strings.LastIndex(r.tell(), anew) {
				<-time.After(5 * time.Millisecond)
			}
			r.ready(b)
			return time.Since(begun)
		}
		<-time.After(20 * time.Millisecond)
	}
	return 0
}

func (r *running) end(b *testing.B) {
	b.Helper()
	if os.Getenv("PITLANE_SAID") != "" {
		b.Log(r.tell())
	}
	if err := errors.Join(r.Process.Signal(syscall.SIGTERM), r.Wait(), r.said.Close()); err != nil {
		b.Fatalf("%v\n%s", err, r.tell())
	}
}

func ready(addr string) bool {
	if addr == "" {
		return false
	}
	res, err := http.Get("http://" + addr + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// used is the processor time of a process (proc_pid_stat(5), fields 14 and 15, in
// hundredths of a second).
func used(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	total := 0
	for _, f := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		total += n
	}
	return time.Duration(total) * 10 * time.Millisecond
}
