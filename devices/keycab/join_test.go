package keycab_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// Two lines of different makes and a reader in a slot are one cabinet.
func TestSeveralLinesAndReadersAreOneCabinet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wires := []*devicetest.Wire{devicetest.NewWire(), devicetest.NewWire(), devicetest.NewWire()}
		boards := []*sim.Board{
			sim.NewBoard(sim.BoardConfig{HookClosed: 1}),
			sim.NewBoard(sim.BoardConfig{Make: sim.Lock8A, HookClosed: 0}),
		}
		tags := sim.NewTagReader(sim.ReaderConfig{})
		a, errA := keycab.New(wires[0].Opener(), keycab.Options{Name: "a", Locks: 4, HookClosed: closedIs(1)})
		b, errB := keycab.New(wires[1].Opener(), keycab.Options{Name: "b", Driver: keycab.Driver8A, HookClosed: closedIs(0)})
		r, errR := keycab.NewReader(wires[2].Opener(), keycab.ReaderOptions{Name: "r", Driver: keycab.DriverRDM6300, Slot: 6})
		j, errJ := keycab.Join("cabinet", []*keycab.Cabinet{a, b}, []*keycab.Reader{r}, nil)
		if err := errors.Join(errA, errB, errR, errJ); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 4)
		go func() { ended <- boards[0].Serve(ctx, wires[0]) }()
		go func() { ended <- boards[1].Serve(ctx, wires[1]) }()
		go func() { ended <- tags.Serve(ctx, wires[2]) }()
		var heard []any
		go func() {
			ended <- j.Run(ctx, func(x devices.Reading) {
				if x.Device != "cabinet" {
					t.Errorf("a reading of %q", x.Device)
				}
				heard = append(heard, x.Value)
			})
		}()
		rests := func() []any {
			<-time.After(4 * time.Second)
			synctest.Wait()
			out := heard
			heard = nil
			return out
		}
		first, ok := rests()[0].(keycab.Snapshot)
		if !ok || !first.Online || len(first.Slots) != 28 || first.Slots[27].Number != 28 || first.Slots[27].Hook != keycab.HookClosed {
			t.Errorf("first came %+v, want 28 slots", first)
		}
		if o, err := j.Unlock(ctx, 7); o != keycab.Opened || err != nil {
			t.Errorf("slot 7: %s and %v", o, err)
		}
		if closed, _ := boards[1].Slot(3); closed {
			t.Error("slot 3 of the second line is closed")
		}
		for _, slot := range []int{0, -3, 29} {
			if o, err := j.Unlock(ctx, slot); o != keycab.Failed || err == nil {
				t.Errorf("slot %d: %s and %v", slot, o, err)
			}
		}
		rests()
		tags.Show([5]byte{1, 2, 3, 4, 5})
		got := rests()
		want := keycab.Change{Slot: keycab.Slot{Number: 6, Hook: keycab.HookClosed, Key: keycab.KeyPresent}}
		if len(got) != 2 || got[0].(keycab.Tag).Slot != 6 || got[1] != want {
			t.Errorf("a tag in slot 6 made %+v", got)
		}
		if err := wires[1].Unplug(); err != nil {
			t.Error(err)
		}
		got = rests()
		if !slices.Contains(got, any(keycab.Warning{Slot: 5, Kind: keycab.WarnBoardSilent})) || len(got) != 25 {
			t.Errorf("one line pulled out made %d readings: %+v", len(got), got[0])
		}
		if o, err := j.Unlock(ctx, 9); o != keycab.Failed || err == nil {
			t.Errorf("slot 9 of the line that is out: %s and %v", o, err)
		}
		if err := wires[1].Replug(); err != nil {
			t.Error(err)
		}
		<-time.After(10 * time.Second)
		got = rests()
		if s, ok := got[0].(keycab.Snapshot); !ok || len(got) != 1 || !s.Online || s.Slots[6].Hook != keycab.HookOpen || len(s.Tags) != 1 {
			t.Errorf("back: %+v", got)
		}
		stop()
		for range 4 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		for _, w := range wires {
			_ = w.Close() // never fails
		}
		<-time.After(time.Second) // the turn of the last unlock
	})
}
