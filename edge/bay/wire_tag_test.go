package bay_test

import (
	"context"
	"testing"

	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// withReaders gives slots 1 and 2 of a yard a tag reader each.
func (y *yard) withReaders(t *testing.T) [2]*sim.TagReader {
	t.Helper()
	var tags [2]*sim.TagReader
	var lines [2]*sim.Line
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, len(tags))
	for i := range tags {
		tags[i], lines[i] = sim.NewTagReader(sim.ReaderConfig{}), plug(t, "reader")
		go func() { ended <- tags[i].Serve(ctx, lines[i]) }()
	}
	t.Cleanup(func() {
		stop()
		for range tags {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	y.more = func(c *keycab.Cabinet) (bay.Cabinet, error) {
		var readers []*keycab.Reader
		for i, l := range lines {
			r, err := keycab.NewReader(serialport.Opener(serialport.Config{Path: l.Path(), Baud: 9600}),
				keycab.ReaderOptions{Name: "reader", Driver: keycab.DriverRDM6300, Slot: i + 1})
			if err != nil {
				return nil, err
			}
			readers = append(readers, r)
		}
		return keycab.Join("cabinet", []*keycab.Cabinet{c}, readers, nil)
	}
	return tags
}

// TestAFloatingCabinetFromTheSerialBytes: boards without key sensors and a reader in
// each slot. A key is hung and its tag bound; it is taken for work, and another key
// comes in its place; it comes back to another slot, through a kill, and goes home.
func TestAFloatingCabinetFromTheSerialBytes(t *testing.T) {
	t.Parallel()
	y := yardOf(t, sim.BoardConfig{Make: sim.Lock8A, HookClosed: 1}, false)
	tags := y.withReaders(t)
	own, other := [5]byte{0x62, 0xe3, 0x08, 0x6c, 0xed}, [5]byte{0x01, 0x00, 0x07, 0x34, 0xe0}
	e := y.start(t)
	opens := func(slot int, purpose string) {
		t.Helper()
		if outcome, err := e.unlock(slot, purpose, request()); outcome != keycab.Opened || err != nil {
			t.Fatalf("slot %d to %s: %s and %v", slot, purpose, outcome, err)
		}
	}
	shuts := func(slot int) {
		t.Helper()
		y.cab.SetHook(slot, true)
		e.cabinetSays("shut", func(s board.DeskSlot) bool { return s.Slot == slot && s.Hook == "closed" })
	}
	e.signs()
	opens(1, "hang")
	tags[0].Show(own)
	e.until("hung and bound", func(s job.State) bool { return s.HandedOver && s.Key.Slot == 1 && s.Key.Tag == tagA })
	shuts(1)
	opens(1, "work")
	tags[0].Take()
	e.until("in hand", func(s job.State) bool { return s.Key.Where == job.WhereTechnician })
	shuts(1)
	opens(1, "return")
	tags[0].Show(other)
	e.shows("key_unasked", "unknown_tag")
	if s := e.until("known", func(job.State) bool { return true }); s.Key.In || s.Key.Tag != tagA {
		t.Errorf("nobody's key hangs in slot 1, but the job's key is %+v", s.Key)
	}
	tags[0].Take()
	e.shows("key_unasked over") // the warning has ended, the alarm waits for its person
	shuts(1)
	e.kill()
	tags[1].Show(own)

	e = y.start(t)
	defer func() { e.kill() }()
	e.online()
	e.until("found in slot 2", func(s job.State) bool { return s.Key.In && s.Key.Slot == 2 })
	opens(2, "release")
	tags[1].Take()
	e.until("gone home", func(s job.State) bool { return s.Key.Taken && !s.Key.In })
}
