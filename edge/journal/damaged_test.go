package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
)

func TestAFileThatIsNoSegmentIsRefusedWithAWord(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(path string) error{
		"empty":       func(p string) error { return os.Truncate(p, 0) },
		"cut short":   func(p string) error { return os.Truncate(p, 8192+100) },
		"in the root": func(p string) error { return os.Truncate(p, 4096) },
		"other bytes": func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("pitlane ", 4096)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestShop("demo-bay-1")
			o := s.options(t.TempDir(), "demo-bay-1")
			writeRoster(t, o.Dir)
			j := s.open(t, o)
			for i := range 3 {
				appendOne(t, j, pause(i))
			}
			closeOnce(t, j)
			path := filepath.Join(o.Dir, "segments", "000001.db")
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, look := range []func() (*journal.Journal, error){
				func() (*journal.Journal, error) { return journal.OpenReadOnly(t.Context(), o.Dir) },
				func() (*journal.Journal, error) { return journal.Open(t.Context(), o) },
			} {
				if err := os.WriteFile(path, body, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := harm(path); err != nil {
					t.Fatal(err)
				}
				j, err := look()
				if err == nil {
					closeOnce(t, j)
					t.Fatal("it opens")
				}
				if !strings.Contains(err.Error(), "000001.db") {
					t.Errorf("the error does not name the file: %v", err)
				}
			}
		})
	}
}
