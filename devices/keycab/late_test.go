package keycab_test

import (
	"context"
	"errors"
	"fmt"
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
			found, err := searched(ctx, line)
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

// lateLine is a line on which one answer comes late.
type lateLine struct {
	*devicetest.Wire
	which int // counted from 1
	by    time.Duration
	said  int
}

func (l *lateLine) Write(b []byte) (int, error) {
	if l.said++; l.said == l.which {
		<-time.After(l.by)
	}
	return l.Wire.Write(b)
}

// An answer that comes when the next has been asked for already looks like one of a
// second board with the same address: the line is left to rest, and asked again.
func TestAnAnswerThatIsLateIsNoSecondBoard(t *testing.T) {
	t.Parallel()
	var scenes []scene
	for which := 1; which <= 4; which++ {
		for by := 100 * time.Millisecond; by <= 300*time.Millisecond; by += 10 * time.Millisecond {
			scenes = append(scenes, scene{fmt.Sprintf("the answer %d by %v", which, by), calmly(func(t *testing.T) { oneIsLate(t, which, by) })})
		}
	}
	together(t, scenes)
}

func oneIsLate(t *testing.T, which int, by time.Duration) {
	b := sim.NewBoard(sim.BoardConfig{Addresses: []int{2}, HookClosed: 1})
	line := &lateLine{Wire: devicetest.NewWire(), which: which, by: by}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, line) }()
	found, err := searched(ctx, line)
	if !errors.Is(err, keycab.ErrAborted) || !slices.Equal(found, []int{2}) {
		t.Errorf("found %v (%v)", found, err)
	}
	stop()
	if err := errors.Join(<-served, line.Close()); err != nil {
		t.Error(err)
	}
}

// searched are the boards that commissioning finds on a line; the person goes then.
func searched(ctx context.Context, line interface{ Opener() devices.Opener }) (found []int, err error) {
	says := make(chan keycab.CommissionWord, 1)
	_, err = keycab.Commission(ctx, keycab.CommissionConfig{
		Driver: keycab.DriverCU16, Port: "line", By: "ada", Now: time.Now, Says: says,
		Line: func(int) devices.Opener { return line.Opener() },
		Tell: func(s keycab.CommissionStep) {
			if s.Step == "found" {
				found = s.Boards
				says <- keycab.WordAbort
			}
		},
	})
	return found, err
}
