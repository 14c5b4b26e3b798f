package sim

import (
	"context"
	"time"
)

// Hand is a person at the cabinet: when a lock opens, it hangs a key into an empty
// slot or takes the one that hangs there, and closes the hook.
type Hand struct {
	Board *Board
	Delay time.Duration            // before each of the two movements
	Moved func(slot int, key bool) // told when a key was hung or taken; nil is allowed
}

// Run acts until ctx ends, one slot after the other.
func (h Hand) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case slot := <-h.Board.Opened():
			if !pause(ctx, h.Delay) {
				return nil
			}
			_, key := h.Board.Slot(slot)
			h.Board.SetKey(slot, !key)
			if h.Moved != nil {
				h.Moved(slot, !key)
			}
			if !pause(ctx, h.Delay) {
				return nil
			}
			h.Board.SetHook(slot, true)
		}
	}
}
