package link

import (
	"context"

	"pitlane/edge/board"
	"pitlane/edge/journal"
)

// RunTelling is Run with another listener in the board's place.
func (l *Link) RunTelling(ctx context.Context, j *journal.Journal, tell func(board.Now)) error {
	return l.run(ctx, j, tell)
}
