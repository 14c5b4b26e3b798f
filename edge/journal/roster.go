package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/tlog"
)

// LoadRoster reads DIR/roster and checks it against the key in DIR/shop.pub (a
// note verifier key).
func LoadRoster(dir string) (*Roster, error) {
	pub, err := os.ReadFile(filepath.Join(dir, "shop.pub"))
	if err != nil {
		return nil, fmt.Errorf("read the shop's key: %w", err)
	}
	key, err := tlog.ParseVerifierKey(strings.TrimSpace(string(pub)))
	if err != nil {
		return nil, fmt.Errorf("read the shop's key: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "roster"))
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	return tlog.ParseRoster(signed, key)
}
