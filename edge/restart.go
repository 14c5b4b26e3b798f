package edge

import (
	"context"
	"errors"
	"fmt"

	"pitlane/edge/board"
)

// ErrRestart says that the edge has ended to be opened anew: its journal found damage
// that only opening mends.
var ErrRestart = errors.New("the journal must be opened anew")

// restart ends the edge when its journal must be opened anew, where the door said
// that it opens it again; else the screens say what is wrong.
func (h *house) restart(ctx context.Context, fail func(error)) {
	select {
	case <-h.journal.Ill():
	case <-ctx.Done():
		return
	}
	why := h.journal.Damaged()
	h.log.Error("the journal must be opened anew", "restarting", h.rooms.Restart, "error", why)
	if h.rooms.Restart {
		fail(fmt.Errorf("%w: %w", ErrRestart, why))
		return
	}
	h.board.Tell(board.Now{Fault: &board.Fault{Kind: "journal", Message: "the journal is damaged: " + why.Error(),
		Hint: "start the edge again, it mends what it can; look at the disk"}})
}
