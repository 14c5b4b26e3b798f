package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"pitlane/edge/journal"
)

// fill appends until the disk is full and says how many went in.
func fill(t *testing.T, j *journal.Journal, device bool) int {
	t.Helper()
	work := append(append([]byte(`"`), bytes.Repeat([]byte("x"), 24_000)...), '"')
	for n := range 1000 {
		_, err := j.Append(t.Context(), journal.Draft{Kind: "a.b", Work: work, Device: device})
		if errors.Is(err, journal.ErrFull) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("never full")
	return 0
}

func TestAtMaxSizeIntakeIsRefusedAndDevicesStillWrite(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.MaxSize, o.Reserve, o.SegmentBytes = 2<<20, 1<<19, 1<<20
	j := shop.open(t, o)
	first := journal.Draft{Kind: "a.b", Request: journal.RequestID{1}}
	want := appendOne(t, j, first)
	if n := fill(t, j, false); n < 20 {
		t.Errorf("full after %d", n)
	}
	if !j.Full() {
		t.Error("the journal does not say that it is full")
	}
	if got := appendOne(t, j, first); got.Hash != want.Hash {
		t.Error("a repeat on a full disk does not get the first entry")
	}
	desk := shop.journal(t, "demo-desk")
	for i := range 100 {
		appendOne(t, desk, pause(i))
	}
	if err := j.Adopt(t.Context(), segment(t, desk, 0, 1<<20)); !errors.Is(err, journal.ErrFull) {
		t.Errorf("adopt on a full disk: %v, want ErrFull", err)
	}
	if n := fill(t, j, true); n < 3 {
		t.Errorf("the reserve took %d entries of a device", n)
	}
	journal.SetMaxSize(j, 4<<20)
	appendOne(t, j, pause(1))
	if j.Full() {
		t.Error("with room again the journal says that it is full")
	}
	mustVerify(t, j)
}

func TestADiskWithoutRoomIsSurvivedWithoutRestart(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	var said bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&said, nil))
	j := shop.open(t, o)
	var fault atomic.Pointer[error]
	journal.FailCommits(j, &fault)
	appendOne(t, j, pause(0))
	noRoom := fmt.Errorf("write: %w", syscall.ENOSPC)
	fault.Store(&noRoom)
	for range 3 {
		if _, err := j.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrFull) {
			t.Errorf("append = %v, want ErrFull", err)
		}
	}
	fault.Store(nil)
	if e := appendOne(t, j, pause(2)); e.Seq != 2 {
		t.Errorf("seq = %d, want 2", e.Seq)
	}
	mustVerify(t, j)
	closeOnce(t, j)
	for _, want := range []string{"the disk is full", "there is room again"} {
		if got := strings.Count(said.String(), want); got != 1 {
			t.Errorf("the log says %q %d times, want once", want, got)
		}
	}
}

func TestTheReserveIsGivenUpForDevicesOnly(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.Reserve = 1 << 16
	j := shop.open(t, o)
	reserve := filepath.Join(o.Dir, "reserve")
	journal.FailWhileThere(j, reserve)
	if _, err := j.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrFull) {
		t.Errorf("append = %v, want ErrFull", err)
	}
	d := pause(2)
	d.Device = true
	if e := appendOne(t, j, d); e.Seq != 1 {
		t.Errorf("what a device did: seq %d, want 1", e.Seq)
	}
	if _, err := j.Append(t.Context(), pause(3)); !errors.Is(err, journal.ErrFull) {
		t.Errorf("append into the room of the reserve = %v, want ErrFull", err)
	}
	mustVerify(t, j)
}

func TestAfterAFailedSyncNothingIsWritten(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	j := shop.open(t, o)
	var fault atomic.Pointer[error]
	journal.FailCommits(j, &fault)
	appendOne(t, j, pause(0))
	io := error(syscall.EIO)
	fault.Store(&io)
	if _, err := j.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrUnknownOutcome) {
		t.Errorf("append = %v, want ErrUnknownOutcome", err)
	}
	fault.Store(nil)
	if _, err := j.Append(t.Context(), pause(1)); !errors.Is(err, journal.ErrUnknownOutcome) {
		t.Errorf("append after it = %v, want ErrUnknownOutcome", err)
	}
	closeOnce(t, j)
	j = shop.open(t, o)
	appendOne(t, j, pause(1))
	mustVerify(t, j)
}

func TestRoomIsLookedForWithoutWriting(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1")
	o := shop.options(filepath.Join(t.TempDir(), "n"), "demo-bay-1")
	o.MaxSize, o.Reserve, o.SegmentBytes = 2<<20, 1<<19, 1<<20
	j := shop.open(t, o)
	if err := j.Room(t.Context()); err != nil {
		t.Errorf("in an empty journal: %v", err)
	}
	fill(t, j, false)
	var err error
	for err == nil { // to the brim: a check-in takes more than these
		_, err = j.Append(t.Context(), pause(0))
	}
	before := size(j, j.Origin())
	if err := j.Room(t.Context()); !errors.Is(err, journal.ErrFull) {
		t.Errorf("in a full one: %v, want ErrFull", err)
	}
	journal.SetMaxSize(j, 4<<20)
	if err := j.Room(t.Context()); err != nil || j.Full() {
		t.Errorf("with room again: %v, full: %v", err, j.Full())
	}
	if got := size(j, j.Origin()); got != before {
		t.Errorf("looking wrote %d entries", got-before)
	}
	mustVerify(t, j)
}
