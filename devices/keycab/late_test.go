package keycab_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/sim"
)

// On a busy machine, or behind a slow converter, an answer may come when nobody listens
// for it any more: the board is looked for again.
func TestABoardThatAnswersLateIsFound(t *testing.T) {
	t.Parallel()
	late := func(name string, boards []int, silent sim.BoardFaults, until int) scene {
		return scene{name, calmly(func(t *testing.T) {
			b, line := sim.NewBoard(sim.BoardConfig{Addresses: boards, HookClosed: 1}), devicetest.NewWire()
			b.SetFaults(silent)
			ctx, stop := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- b.Serve(ctx, line) }()
			go func() { // it answers when the last board was asked so often in vain
				for asked := 0; asked < until && ctx.Err() == nil; <-time.After(time.Millisecond) {
					asked = len(slices.DeleteFunc(b.Log(), func(f sim.BoardFrame) bool { return int(f.Addr>>4) != boards[len(boards)-1] }))
				}
				b.SetFaults(sim.BoardFaults{})
			}()
			var found []int
			says := make(chan keycab.CommissionWord, 1)
			_, err := keycab.Commission(ctx, keycab.CommissionConfig{
				Driver: keycab.DriverCU16, Port: "line", By: "ada", Now: time.Now, Says: says,
				Line: func(int) devices.Opener { return line.Opener() },
				Tell: func(s keycab.CommissionStep) {
					if s.Step == "found" {
						found = s.Boards
						says <- keycab.WordAbort
					}
				},
			})
			if !errors.Is(err, keycab.ErrAborted) || !slices.Equal(found, boards) {
				t.Errorf("found %v, want %v (%v)", found, boards, err)
			}
			stop()
			if err := errors.Join(<-served, line.Close()); err != nil {
				t.Error(err)
			}
		})}
	}
	together(t, []scene{
		late("one of two", []int{1, 4}, sim.BoardFaults{SilentFor: []int{4}}, 1),
		late("the only one", []int{2}, sim.BoardFaults{Silent: true}, 5), // once at each speed
	})
}
