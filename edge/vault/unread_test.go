package vault_test

import (
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// TestAWrappingKeyThatCannotBeReadNowIsKept: a file that others may read, and one that
// gives an error, keep the vault shut until somebody has mended that. They are no reason
// to begin a new vault, which would destroy the key.
func TestAWrappingKeyThatCannotBeReadNowIsKept(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	b := s.sealed(v, at("j1", 1, tlog.Work), evidence)
	s.must(v.Close())
	wrap := filepath.Join(s.folder("demo-desk"), "keys", "vault-1.key")
	for name, harm := range map[string]struct{ do, undo func() error }{
		"others may read it": {
			func() error { return os.Chmod(wrap, 0o644) },
			func() error { return os.Chmod(wrap, 0o600) },
		},
		"it cannot be reached": { // ELOOP, as EIO of a disk or EMFILE of a busy machine
			func() error {
				return firstError(os.Rename(wrap, wrap+".away"), os.Symlink(filepath.Base(wrap), wrap))
			},
			func() error { return firstError(os.Remove(wrap), os.Rename(wrap+".away", wrap)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.must(harm.do())
			for _, look := range []bool{true, false} {
				o := s.options("demo-desk")
				o.ReadOnly = look
				if v, err := vault.Open(o); err == nil {
					t.Errorf("it opens (to look: %v)", look)
					s.must(v.Close())
				}
			}
			s.must(harm.undo())
			again, err := vault.Open(s.options("demo-desk"))
			s.must(err)
			if !s.opens(again, at("j1", 1, tlog.Work), b, evidence) {
				t.Error("the keys are gone")
			}
			s.must(again.Close())
		})
	}
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
