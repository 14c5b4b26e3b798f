package keycab_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// readerRig is a practice reader on a pty and the driver on the other end of it.
type readerRig struct {
	*rig
	tags *sim.TagReader
	dev  *keycab.Reader
}

// wireReader is a reader on a line in memory, for calmly.
func wireReader(t *testing.T, cfg sim.ReaderConfig, opts keycab.ReaderOptions) *readerRig {
	t.Helper()
	line := devicetest.NewWire()
	return readerOn(t, cfg, opts, line, line.Opener())
}

// readerOnATerminal is one on a pty.
func readerOnATerminal(t *testing.T, cfg sim.ReaderConfig, opts keycab.ReaderOptions) *readerRig {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	return readerOn(t, cfg, opts, line, serialport.Opener(serialport.Config{Path: line.Path(), Baud: keycab.Baud(opts.Driver)}))
}

func readerOn(t *testing.T, cfg sim.ReaderConfig, opts keycab.ReaderOptions, line cable, open devices.Opener) *readerRig {
	t.Helper()
	r := &readerRig{rig: &rig{t: t, says: make(chan any, 1024), line: line}, tags: sim.NewTagReader(cfg)}
	opts.Name, opts.Log = "reader", slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	if r.dev, err = keycab.NewReader(open, opts); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.tags.Serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := line.Close(); err != nil {
			t.Errorf("close the line: %v", err)
		}
	})
	return r
}

func (r *readerRig) run() {
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.dev.Run(ctx, func(x devices.Reading) { r.says <- x.Value }) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			r.t.Errorf("run: %v", err)
		}
	})
}

func (r *readerRig) tag(action keycab.TagAction) keycab.Tag {
	r.t.Helper()
	return r.await("tag "+string(action), func(v any) bool {
		t, ok := v.(keycab.Tag)
		return ok && t.Action == action
	}).(keycab.Tag)
}

func aTag() [5]byte { return [5]byte{0x62, 0xE3, 0x08, 0x6C, 0xED} }

func TestTagReadersOverTheWire(t *testing.T) {
	t.Parallel()
	rdm := keycab.ReaderOptions{Driver: keycab.DriverRDM6300}
	together(t, []scene{
		{"an RDM6300 says seen and gone", calmly(func(t *testing.T) {
			r := wireReader(t, sim.ReaderConfig{}, rdm)
			r.run()
			r.snapshot(true)
			for range 2 {
				r.tags.Show(aTag())
				if got := r.tag(keycab.TagSeen); got != (keycab.Tag{ID: "62E3086CED", Action: keycab.TagSeen}) {
					t.Errorf("got %+v", got)
				}
				r.tags.Take()
				r.tag(keycab.TagGone)
			}
		})},
		{"noise and half frames make no tags and lose none", calmly(func(t *testing.T) {
			r := wireReader(t, sim.ReaderConfig{Seed: 2}, keycab.ReaderOptions{Driver: keycab.DriverRDM6300, Slot: 7})
			r.tags.SetFaults(sim.ReaderFaults{Noise: true, Half: true})
			r.run()
			r.snapshot(true)
			r.tags.Show(aTag())
			want := keycab.Tag{ID: "62E3086CED", Action: keycab.TagSeen, Reader: "reader", Slot: 7}
			if got := r.tag(keycab.TagSeen); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			r.tags.Take()
			r.tag(keycab.TagGone)
			if got := r.heard(); len(got) != 3 {
				t.Errorf("heard %v, want the snapshot, seen and gone", got)
			}
		})},
		{"what lies there comes with the snapshot, after a break too", calmly(func(t *testing.T) {
			r := wireReader(t, sim.ReaderConfig{}, rdm)
			r.tags.Show(aTag())
			r.run()
			for range 2 {
				if s := r.snapshot(true); len(s.Tags) != 1 || s.Tags[0].ID != "62E3086CED" {
					t.Errorf("got %+v, want the tag", s)
				}
				if err := r.line.Unplug(); err != nil {
					t.Fatal(err)
				}
				r.snapshot(false)
				if err := r.line.Replug(); err != nil {
					t.Fatal(err)
				}
			}
			r.snapshot(true)
			if slices.ContainsFunc(r.heard(), func(v any) bool { _, ok := v.(keycab.Tag); return ok }) {
				t.Errorf("heard %v: nobody saw a tag come or go", r.all)
			}
		})},
		{"an ID-12LA says a tag once and never gone", calmly(func(t *testing.T) {
			r := wireReader(t, sim.ReaderConfig{Once: true}, keycab.ReaderOptions{Driver: keycab.DriverID12LA})
			r.run()
			r.snapshot(true)
			for range 2 {
				r.tags.Show(aTag())
				r.tag(keycab.TagSeen)
				r.tags.Take()
			}
			if got := r.heard(); len(got) != 3 {
				t.Errorf("heard %v, want the snapshot and seen twice", got)
			}
		})},
		{"a wrong sum and the tag zero are none", calmly(func(t *testing.T) {
			r := wireReader(t, sim.ReaderConfig{}, rdm)
			r.run()
			r.snapshot(true)
			r.tags.Show([5]byte{})
			r.tags.SetFaults(sim.ReaderFaults{WrongSum: true})
			r.tags.Show(aTag())
			r.tags.SetFaults(sim.ReaderFaults{})
			r.tag(keycab.TagSeen)
			if got := r.heard(); len(got) != 2 {
				t.Errorf("heard %v, want the snapshot and one tag", got)
			}
		})},
	})
}

// On a terminal a tag comes and goes too, whatever else the machine does.
func TestATagReaderOnATerminal(t *testing.T) {
	t.Parallel()
	r := readerOnATerminal(t, sim.ReaderConfig{}, keycab.ReaderOptions{Driver: keycab.DriverRDM6300})
	r.run()
	r.snapshot(true)
	r.tags.Show(aTag())
	r.tag(keycab.TagSeen)
	r.tags.Take()
	r.tag(keycab.TagGone)
}

func TestTheReaderPassesTheSuiteOfAllDrivers(t *testing.T) {
	t.Parallel()
	devicetest.Run(t, func(t *testing.T) devicetest.Setup {
		r := readerOnATerminal(t, sim.ReaderConfig{Repeat: time.Hour}, keycab.ReaderOptions{Driver: keycab.DriverRDM6300})
		return devicetest.Setup{
			Device: r.dev, Unplug: r.line.Unplug, Replug: r.line.Replug,
			Noise: func(b []byte) error { _, err := r.line.Write(b); return err },
			Whole: func(x devices.Reading) bool { s, ok := x.Value.(keycab.Snapshot); return ok && s.Online },
			Lost:  func(x devices.Reading) bool { s, ok := x.Value.(keycab.Snapshot); return ok && !s.Online },
		}
	})
}
