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
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 1200 {
		t.Skipf("only %d descriptors are allowed (%v), this needs 1,200", limit.Cur, err)
	}
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
