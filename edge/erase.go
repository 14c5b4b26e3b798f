package edge

import (
	"context"
)

// eraseAsTold carries out the erasures that the journal tells of, whichever node
// ordered them.
func (h *house) eraseAsTold(ctx context.Context) error {
	return h.vault.Follow(ctx, h.journal)
}
