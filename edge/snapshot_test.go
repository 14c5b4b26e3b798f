package edge_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/housetest"
)

// TestTheBoardsSnapshotSaysNothingToWhoHasTheDisk: the index of an edge that was
// stopped holds a snapshot of the board; no file holds plate, name, phone or words of
// the visit in clear, and the next start shows the visit.
func TestTheBoardsSnapshotSaysNothingToWhoHasTheDisk(t *testing.T) {
	t.Parallel()
	dir := node(t, "front", shop.RoleReception, "")
	r := start(t, dir, edge.Rooms{})
	in := openBody(1)
	in["plate"], in["name"], in["phone"] = "京APLANT", "Planted Name", "13900112233"
	in["complaint"] = map[string]any{"taps": []string{}, "words": "planted words"}
	var got struct{ Job, Ticket string }
	if code, kind := r.post(t, "/api/v1/checkin/open", in, &got); code != http.StatusOK {
		t.Fatalf("open a check-in: %d %s", code, kind)
	}
	housetest.Until(t, "the plate at the desk", func() bool {
		_, page := r.get(t, "/desk")
		return strings.Contains(page, "京APLANT") && strings.Contains(page, "planted words")
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if n := keptBytes(t, dir); n < 100 {
		t.Fatalf("a snapshot of %d bytes: this test shows nothing", n)
	}
	for _, secret := range []string{"京APLANT", "APLANT", "Planted Name", "13900112233", "planted words"} {
		for _, file := range filesWith(t, dir, secret) {
			t.Errorf("%s is in clear in %s", secret, file)
		}
	}
	r = start(t, dir, edge.Rooms{})
	if _, page := r.get(t, "/desk"); !strings.Contains(page, "京APLANT") {
		t.Error("the visit is not at the desk after a start")
	}
}

func keptBytes(t *testing.T, dir string) (n int) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, "meta.db"), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it was only read
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("kept")).ForEach(func(_, v []byte) error {
			n += len(v)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func filesWith(t *testing.T, dir, what string) (in []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(what)) {
			in = append(in, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}
