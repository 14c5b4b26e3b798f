package edge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/housetest"
)

// serve lets a simulated device speak on a line of its own until the test ends.
func serve(t *testing.T, name string, serve func(context.Context, io.ReadWriter) error) (path string) {
	t.Helper()
	line, err := sim.NewLine(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, line) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, line.Close()); err != nil {
			t.Error(err)
		}
	})
	return line.Path()
}

// The readers of the configuration are part of the cabinet of a running edge: where a
// board has no key sensors, the reader in a slot is its sensor, and a tag that no
// job's key has is a warning until it is gone.
func TestTheReadersOfTheConfigurationTellWhereKeysAre(t *testing.T) {
	t.Parallel()
	locks := serve(t, "locks", sim.NewBoard(sim.BoardConfig{Make: sim.Lock8A, Locks: 24, HookClosed: 1}).Serve)
	tags := sim.NewTagReader(sim.ReaderConfig{})
	reader := serve(t, "reader", tags.Serve)
	dir := node(t, "front", shop.RoleReception, `[cabinet]
driver = "lock-8a"
port = "`+locks+`"
hook_closed = 1
floating = true
[[cabinet.reader]]
driver = "rdm6300"
port = "`+filepath.ToSlash(reader)+`"
slot = 2
`)
	r := start(t, dir, edge.Rooms{})
	slot := func(key string) bool {
		code, body := r.get(t, "/desk")
		return code == http.StatusOK && strings.Contains(body, `"slot":2,"hook":"closed","key":"`+key+`"`)
	}
	housetest.Until(t, "no tag lies in slot 2", func() bool { return slot("absent") })
	tags.Show([5]byte{0x62, 0xe3, 0x08, 0x6c, 0xed})
	housetest.Until(t, "a key hangs in slot 2", func() bool { return slot("present") })
	housetest.Until(t, "nobody's tag is a warning", func() bool {
		all := tail(t, dir)
		return strings.Contains(all, `"what":"unknown_tag"`) && strings.Contains(all, "62E3086CED")
	})
	tags.Take()
	housetest.Until(t, "it is gone again", func() bool { return slot("absent") })
	housetest.Until(t, "the warning is over", func() bool { return strings.Contains(tail(t, dir), `"kind":"warning.cleared"`) })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}
