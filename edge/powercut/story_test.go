//go:build !race

package powercut

import (
	"context"
	"testing"
)

// story is a life on a disk and what must be true of the disk at any moment of it.
type story struct {
	live func(ctx context.Context, dir string, a *acked)
	// look holds what lies on a disk against what was acknowledged, before a start; nil
	// asks nothing.
	look func(s lying, a *acked) error
	// hold starts on the disk and does the same.
	hold func(ctx context.Context, dir string, a *acked) error
}

// tell gives a story by its name. Beside the folder that it is lived in, dir holds its
// peer, which is the same each time.
func tell(t testing.TB, name, dir string) story {
	t.Helper()
	if name == "keys" {
		return tellOfKeys(t, dir)
	}
	pieces, err := peerLog(t.Context(), dir, 30)
	if err != nil {
		t.Fatal(err)
	}
	return story{
		live: func(ctx context.Context, dir string, a *acked) { life(ctx, dir, pieces, a) },
		hold: func(ctx context.Context, dir string, a *acked) error {
			return clean(ctx, dir, a, pieces[0].Origin)
		},
	}
}
