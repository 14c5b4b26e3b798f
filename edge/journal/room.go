package journal

import (
	"context"
	"fmt"
	"path/filepath"
)

// roomLooked for: what a check-in with its signature takes, generously.
const (
	roomInFile = 32 << 10
	roomOnDisk = 128 << 10
)

// Room says whether there is room for what people enter: nil, or ErrFull. It writes
// no entry, so that a shop that has closed its kiosk for want of room can ask when
// to open it again.
func (j *Journal) Room(ctx context.Context) error {
	spare := reserve{filepath.Join(j.opt.Dir, "room.tmp"), roomOnDisk}
	err := spare.keep()
	spare.giveUp()
	if err != nil && noRoom(err) {
		return fmt.Errorf("look for room: %w", ErrFull)
	}
	if err := j.submit(ctx, &op{look: true}); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return nil
}

// look answers an op that only asks for room.
func (b *batch) look(o *op) {
	if o.err = b.j.checkRoom(b, o); o.err == nil {
		b.room -= o.room() // it takes none
	}
}
