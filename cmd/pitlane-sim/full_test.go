//go:build real

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge/board"
)

// TestAFullDisk gives reception and a bay disks of a few megabytes and fills them in
// the middle of a visit: the kiosk refuses in words, what devices did is still written,
// a node started on a full disk serves its screens, and with room again all goes on by
// itself. What was accepted is there at the end, once. It needs root, for the mounts.
func TestAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("small disks need root (mount): run as root, or leave this test to a machine where you are root")
	}
	r := newRig(t, freeAddresses(t, 1)[0], buildPrograms(t), func(r *rig) mqtt {
		for _, node := range []string{"reception", "bay-1"} {
			r.onSmallDisk(node)
		}
		return newEmbedded(r)
	})
	f := &fullDisk{visit: newVisit(r), kiosk: r.watch("http://"+r.net.reception, "kiosk")}
	ctx := t.Context()
	f.checkIn(ctx)
	f.accepted = append(f.accepted, f.id)
	f.assign(ctx)
	r.dev.plug("bay-1", 0, false)
	f.tapBay(ctx, "receive", nil)

	r.cars.slow.Store(true)
	f.tapBay(ctx, "scan", nil)
	sees(r, f.bayUI, time.Minute, "a scan under way", func(b board.BayView) bool { return b.Scan != nil && b.Scan.Running && b.Scan.Done > 2 })
	f.fill("bay-1")
	f.fill("reception")
	r.cars.slow.Store(false)
	f.refused(ctx)
	f.deeds()
	f.startedFull()
	f.roomAgain(ctx)
	f.scan(ctx)
	sees(r, f.bayUI, time.Minute, "both scans in the journal", func(b board.BayView) bool {
		return b.Job != nil && len(b.Job.Scans) == 2 && !slices.ContainsFunc(b.Job.Scans, func(s board.ScanSummary) bool { return s.State != "completed" })
	})
	f.nothingLost()
}

// fullDisk is a visit while disks are full.
type fullDisk struct {
	*visit
	kiosk    *watcher
	accepted []string // jobs that a check-in was answered with
}

// onSmallDisk puts a node's folder on a file system of a few megabytes in memory.
func (r *rig) onSmallDisk(node string) {
	r.t.Helper()
	at, was := r.folder(node), filepath.Join(r.t.TempDir(), node)
	v := visit{rig: r}
	v.must(os.Rename(at, was))
	v.must(os.Mkdir(at, 0o700))
	v.must(unix.Mount("tmpfs", at, "tmpfs", 0, "size=6m,mode=0700"))
	r.t.Cleanup(func() { v.must(unix.Unmount(at, unix.MNT_DETACH)) })
	v.copied(was, at)
}

// filler is what somebody else has put on the disk.
func (r *rig) filler(node string) string { return filepath.Join(r.folder(node), "filler") }

// fill takes all the room there is.
func (r *rig) fill(node string) {
	r.t.Helper()
	file, err := os.OpenFile(r.filler(node), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if err := file.Close(); err != nil {
		r.t.Fatal(err)
	}
	if !errors.Is(err, unix.ENOSPC) {
		r.t.Fatalf("fill the disk of %s: %v", node, err)
	}
}

// open tries a check-in; what is accepted is noted.
func (f *fullDisk) open(ctx context.Context) error {
	c, err := f.reception.open(ctx, customer{Lang: "en", Plate: "粤BFULL1", Public: "masked", Taps: []string{"engine_light"}})
	if err == nil {
		f.accepted = append(f.accepted, c.Job)
	}
	return err
}

// refused: the kiosk says no, in its answer and on its screen; every screen shows the
// fault, in words for the staff and without for the public; the figures say it too.
func (f *fullDisk) refused(ctx context.Context) {
	f.t.Helper()
	var no *refusal
	f.within(time.Minute, "a check-in refused", func() bool { // pages that a file has already may take a few
		err := f.open(ctx)
		return errors.As(err, &no)
	})
	if no.Status != http.StatusInsufficientStorage || no.Kind != "disk_full" || no.Message != "the disk is full: nothing new can be taken in" || no.Hint != "please call the staff" {
		f.t.Errorf("the kiosk is answered %d %s: %q, %q", no.Status, no.Kind, no.Message, no.Hint)
	}
	sees(f.rig, f.kiosk, time.Minute, "the kiosk closed for want of room", func(k board.KioskView) bool { return !k.Accepting && k.Why == "disk_full" })
	sees(f.rig, f.waiting, time.Minute, "the fault in the waiting room, without words", func(w board.WaitingView) bool {
		i := slices.IndexFunc(w.Faults, fullFault)
		return i >= 0 && w.Faults[i].Message == ""
	})
	sees(f.rig, f.desk, time.Minute, "the fault at the desk", func(d board.DeskView) bool {
		i := slices.IndexFunc(d.Faults, fullFault)
		return i >= 0 && d.Faults[i].Message != "" && d.Faults[i].Hint != ""
	})
	sees(f.rig, f.bayUI, time.Minute, "the fault in the bay", func(b board.BayView) bool { return slices.ContainsFunc(b.Faults, fullFault) })
	for _, base := range f.edges() {
		if status, body := f.ask(base + "/metrics"); status != http.StatusOK || !strings.Contains(body, "\npitlane_disk_full 1\n") {
			f.t.Errorf("the figures do not say that the disk is full (%d)", status)
		}
		for _, page := range []string{"/healthz", "/readyz", "/kiosk"} {
			if status, _ := f.ask(base + page); status != http.StatusOK {
				f.t.Errorf("GET %s: %d on a full disk", page, status)
			}
		}
	}
}

func fullFault(f board.Fault) bool { return f.Kind == "disk_full" }

func (f *fullDisk) edges() []string {
	return []string{"http://" + f.net.reception, "http://" + f.net.bays["bay-1"]}
}

func (f *fullDisk) ask(url string) (int, string) {
	f.t.Helper()
	res, err := http.Get(url)
	f.must(err)
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	f.must(err)
	return res.StatusCode, b.String()
}

// deeds: the scan that ran when the disk filled up, and a key that is pulled out then,
// are written into the reserve, and the disk is as full as before.
func (f *fullDisk) deeds() {
	f.t.Helper()
	d := sees(f.rig, f.desk, time.Minute, "the job at the desk", func(d board.DeskView) bool { return deskJob(d, f.id).KeyIn })
	f.dev.cabinet.SetKey(deskJob(d, f.id).Slot, false)
	for node, kind := range map[string]string{"reception": "key.taken", "bay-1": "scan.completed"} {
		f.within(90*time.Second, kind+" in the journal of "+node, func() bool { return f.holds(node, kind) })
	}
	// A key is a small entry: as many as a file has pages for go there first.
	hangs := false
	f.within(time.Minute, "the reserve of reception used", func() bool {
		if !f.reserved("reception") {
			return true
		}
		hangs = !hangs
		f.dev.cabinet.SetKey(16, hangs)
		pause(f.t.Context(), 500*time.Millisecond) // it is believed when it has stayed so
		return false
	})
	if f.reserved("bay-1") {
		f.t.Error("the reserve of bay-1 is untouched: the scan was written elsewhere, and this shows nothing")
	}
	if err := f.open(f.t.Context()); err == nil {
		f.t.Error("a check-in was taken into the room of the reserve")
	}
}

// reserved says whether a node has its reserve.
func (f *fullDisk) reserved(node string) bool {
	_, err := os.Stat(filepath.Join(f.folder(node), "reserve"))
	return err == nil
}

// holds says whether a node's journal has a kind of the visit in its own log.
func (f *fullDisk) holds(node, kind string) bool {
	return slices.ContainsFunc(f.tail(node), func(e entry) bool {
		return e.Kind == kind && e.Job == f.id && strings.HasPrefix(e.Origin, shopName+"-"+node+"/")
	})
}

// startedFull: a node that is killed and started on a full disk opens its screens and
// says what is wrong.
func (f *fullDisk) startedFull() {
	f.t.Helper()
	for _, node := range []string{"reception", "bay-1"} {
		f.kill(node)
		f.fill(node)
		f.start(node)
	}
	for _, base := range f.edges() {
		f.ready(base)
	}
	sees(f.rig, f.desk, time.Minute, "the fault at the desk after a start", func(d board.DeskView) bool { return slices.ContainsFunc(d.Faults, fullFault) })
	var no *refusal
	f.within(time.Minute, "a check-in refused after a start", func() bool { return errors.As(f.open(f.t.Context()), &no) && no.Kind == "disk_full" })
}

// roomAgain: when somebody has made room the kiosk opens by itself, and the reserve is
// made again.
func (f *fullDisk) roomAgain(ctx context.Context) {
	f.t.Helper()
	was := map[string]*proc{}
	for _, node := range []string{"reception", "bay-1"} {
		was[node] = f.procs[node]
		f.must(os.Remove(f.filler(node)))
	}
	sees(f.rig, f.kiosk, time.Minute, "the kiosk open again", func(k board.KioskView) bool { return k.Accepting })
	sees(f.rig, f.bayUI, time.Minute, "the fault gone in the bay", func(b board.BayView) bool { return !slices.ContainsFunc(b.Faults, fullFault) })
	f.must(f.open(ctx))
	for _, node := range []string{"reception", "bay-1"} {
		f.within(time.Minute, "the reserve of "+node, func() bool {
			st, err := os.Stat(filepath.Join(f.folder(node), "reserve"))
			return err == nil && st.Size() == 1<<20
		})
		select {
		case err := <-was[node].done:
			f.t.Fatalf("%s has ended: %v", node, err)
		default:
		}
	}
}

// nothingLost: each check-in that was answered is there once, at every node, and so is
// what devices did.
func (f *fullDisk) nothingLost() {
	f.t.Helper()
	times := map[string]int{}
	for _, e := range f.sameEverywhere() {
		times[e.Kind+" "+e.Job]++
	}
	for _, id := range f.accepted {
		if n := times["job.opened "+id]; n != 1 {
			f.t.Errorf("an accepted check-in is there %d times", n)
		}
	}
	for kind, n := range map[string]int{"key.hung": 1, "key.taken": 1, "scan.started": 2, "scan.completed": 2, "scan.failed": 0} {
		if got := times[fmt.Sprint(kind, " ", f.id)]; got != n {
			f.t.Errorf("%s happened %d times, want %d", kind, got, n)
		}
	}
	for _, node := range []string{"reception", "bay-1", "bay-2"} {
		f.verifies(node)
	}
}
