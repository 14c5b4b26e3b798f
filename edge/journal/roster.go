package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/tlog"
)

// errRoster is a roster, or the key that it is checked against, that is not the shop's.
var errRoster = errors.New("the roster is not one that the key in shop.pub has signed")

// LoadRoster reads DIR/roster and checks it against the key in DIR/shop.pub (a
// note verifier key).
func LoadRoster(dir string) (*Roster, error) {
	pub, err := os.ReadFile(filepath.Join(dir, "shop.pub"))
	if err != nil {
		return nil, fmt.Errorf("read the shop's key: %w", err)
	}
	key, err := tlog.ParseVerifierKey(strings.TrimSpace(string(pub)))
	if err != nil {
		return nil, fmt.Errorf("%w: read the shop's key: %w", errRoster, err)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "roster"))
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	r, err := tlog.ParseRoster(signed, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRoster, err)
	}
	return r, nil
}
