package serialport_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/devices/serialport"
)

// The default back-end panics with a descriptor above 1,023: an edge with many
// open screens must get an error it can show.
func TestTooManyOpenFilesIsAnErrorNotAPanic(t *testing.T) {
	allowFiles(t, 1200)
	l := newLine(t)
	files := openMany(t, 1100)
	cfg := serialport.Config{Path: l.Path(), Quiet: time.Millisecond}
	for _, name := range []string{"no low descriptor is free", "one is, for the lock", "two are, for lock and line"} {
		t.Run(name, func(t *testing.T) {
			p, err := serialport.Opener(cfg)(t.Context())
			if err == nil {
				t.Fatalf("the port opened; close gave %v", p.Close())
			}
			wantFault(t, err, "below 1024")
		})
		if err := files[0].Close(); err != nil {
			t.Fatal(err)
		}
		files = files[1:]
	}
	for _, f := range files {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(t, cfg)
}

// allowFiles lets the test open n files. The runtime has taken all that the hard limit
// gives; more than that is root's to take.
func allowFiles(t *testing.T, n uint64) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if was.Cur >= n {
		return
	}
	more := unix.Rlimit{Cur: n, Max: max(n, was.Max)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &more); err != nil {
		t.Fatalf("%d open files are allowed, this needs %d (%v): raise the hard limit, as with prlimit --nofile=4096 --pid $$ by root, "+
			"LimitNOFILE= in a unit, or --ulimit nofile=4096 for a container", was.Max, n, err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Error(err)
		}
	})
}

func openMany(t *testing.T, n int) []*os.File {
	t.Helper()
	files := make([]*os.File, 0, n)
	for range n {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
