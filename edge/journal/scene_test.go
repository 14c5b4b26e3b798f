//go:build !race

package journal_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// The bay's log of a scene: so many entries, of which the first are cosigned by the
// others; the seal of a job lies among them.
const (
	sceneSize     = 300
	sceneCosigned = 290
	sceneLeaves   = 100 // of a segment file
)

// scene is a shop of three nodes as it stands after a day: every attack gets a copy.
type scene struct {
	dir     string // node → its folder, but the bay's
	bay     string // the bay's folder
	shop    testShop
	origin  string // of the bay, whose history is attacked
	note    []byte // the bay's checkpoint of sceneCosigned, cosigned by the others
	receipt []byte
	shopKey string // verifier key
	early   string // the bay's folder as it was before the last entries
}

func (s *scene) node(name string) string {
	if name == "demo-bay-1" {
		return s.bay
	}
	return filepath.Join(s.dir, name)
}

func (s *scene) options(t testing.TB, name, dir string) journal.Options {
	t.Helper()
	o := s.shop.options(dir, name)
	o.Keys, o.SegmentLeaves, o.SelfCheck = s.shop.vault(t, dir, name), sceneLeaves, false
	return o
}

func (s *scene) open(t testing.TB, name, dir string) *journal.Journal {
	t.Helper()
	return s.shop.open(t, s.options(t, name, dir))
}

// copy is the same scene with the bay's folder its own.
func (s *scene) copy(t testing.TB) *scene {
	t.Helper()
	c := *s
	c.bay = copyDir(t, s.bay)
	return &c
}

// newScene makes the shop. Its nodes have real keys, journals and vaults.
func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{dir: filepath.Join(t.TempDir(), "shop"), shop: newTestShop("demo-bay-1", "demo-reception", "demo-central")}
	s.bay = filepath.Join(s.dir, "demo-bay-1")
	for i, role := range []string{"bay", "reception", "central"} {
		s.shop.roster.Nodes[i].Role = role
	}
	shopKey := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	s.shopKey = receipt.FormatKey("demo", shopKey.Public().(ed25519.PublicKey))
	signed, err := tlog.SignRoster(s.shop.roster, shopKey)
	must(t, err)
	js := map[string]*journal.Journal{}
	for _, n := range s.shop.roster.Nodes {
		must(t, os.MkdirAll(filepath.Join(s.node(n.Name), "keys"), 0o700))
		must(t, os.WriteFile(filepath.Join(s.node(n.Name), "roster"), signed, 0o600))
		must(t, os.WriteFile(filepath.Join(s.node(n.Name), "shop.pub"), []byte(s.shopKey+"\n"), 0o600))
		js[n.Name] = s.open(t, n.Name, s.node(n.Name))
	}
	bay, desk := js["demo-bay-1"], js["demo-reception"]
	s.origin = bay.Origin()
	appendMany(t, desk, 30)
	carry(t, desk, bay, desk.Origin(), 1<<20)
	appendMany(t, bay, sceneCosigned-3)
	seal := appendOne(t, bay, journal.Draft{Kind: receipt.Sealed, Job: "job-3", Work: []byte(`{"ticket":"A-003","leaves":[]}`)})
	appendOne(t, bay, journal.Draft{Kind: "work.finished", Job: "job-4", Work: []byte(`{"n":1}`), Contact: []byte(`{"n":2}`)})
	for _, n := range []string{"demo-reception", "demo-central"} {
		carry(t, bay, js[n], s.origin, 1<<20)
		note, err := js[n].Cosign(s.origin, time.Unix(1_790_000_500, 0))
		must(t, err)
		must(t, bay.TakeCosigned(note))
	}
	c, _ := bay.Cosigned(s.origin)
	if s.note = c.Note; c.Size != sceneCosigned {
		t.Fatalf("cosigned at %d, want %d", c.Size, sceneCosigned)
	}
	must(t, desk.TakeCosigned(s.note))
	in, err := bay.Include(t.Context(), s.origin, seal.Seq)
	must(t, err)
	r, err := receipt.New(seal, in, s.shopKey, signed)
	must(t, err)
	s.receipt = r.Encode()
	closeOnce(t, bay)
	s.early = copyDir(t, s.bay)
	s.finish(t, js)
	return s
}

// finish writes the last entries, which the reception has and nobody has cosigned,
// and stops all.
func (s *scene) finish(t testing.TB, js map[string]*journal.Journal) {
	t.Helper()
	must(t, js["demo-bay-1"].Keys().(*vault.Vault).Close())
	bay := s.open(t, "demo-bay-1", s.node("demo-bay-1"))
	for i := range sceneSize - sceneCosigned {
		appendOne(t, bay, pause(i))
	}
	carry(t, bay, js["demo-reception"], s.origin, 1<<20)
	if n := size(bay, s.origin); n != sceneSize {
		t.Fatalf("%d entries, want %d", n, sceneSize)
	}
	must(t, bay.Close())
	must(t, bay.Keys().(*vault.Vault).Close())
	for n, j := range js {
		if n != "demo-bay-1" {
			must(t, j.Close())
			must(t, j.Keys().(*vault.Vault).Close())
		}
	}
}

// findings is what verify says of the bay's folder, with the keys.
func (s *scene) findings(t testing.TB, dir string) string {
	t.Helper()
	v, err := vault.Open(vault.Options{Dir: dir, Node: "demo-bay-1", Key: s.shop.keys["demo-bay-1"], Roster: s.shop.roster, ReadOnly: true})
	must(t, err)
	j, err := journal.OpenReadOnly(t.Context(), dir, v)
	if err != nil {
		return err.Error()
	}
	defer closeOnce(t, j)
	r := j.VerifyReport(t.Context())
	if r.OK {
		return ""
	}
	return strings.Join(r.Findings, "\n")
}

// file is the segment file of the bay that holds an entry.
func (s *scene) file(t testing.TB, seq int) (path string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.node("demo-bay-1"), "segments", "*.db"))
	must(t, err)
	for _, f := range files {
		db, err := bbolt.Open(f, 0o600, &bbolt.Options{ReadOnly: true})
		must(t, err)
		must(t, db.View(func(tx *bbolt.Tx) error {
			if b := tx.Bucket([]byte("leaves")).Bucket([]byte(s.origin)); b != nil && b.Get(seqKey(seq)) != nil {
				path = f
			}
			return nil
		}))
		must(t, db.Close())
	}
	if path == "" {
		t.Fatalf("entry %d is in no file", seq)
	}
	return path
}

// alter changes a bucket of a file of the bay.
func (s *scene) alter(t testing.TB, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(change))
	must(t, db.Close())
}

func seqKey(seq int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }

// records changes the bay's records in the file of an entry.
func (s *scene) records(t testing.TB, seq int, change func(b *bbolt.Bucket) error) {
	t.Helper()
	s.alter(t, s.file(t, seq), func(tx *bbolt.Tx) error {
		return change(tx.Bucket([]byte("leaves")).Bucket([]byte(s.origin)))
	})
}

// rewrite changes one record by somebody who knows the format.
func (s *scene) rewrite(t testing.TB, seq int, change func(leaf *[]byte, hashes *[]journal.Hash, work, contact **tlog.Sealed)) {
	t.Helper()
	s.records(t, seq, func(b *bbolt.Bucket) error {
		r, err := journal.Rerecord(b.Get(seqKey(seq)), change)
		if err != nil {
			return err
		}
		return b.Put(seqKey(seq), r)
	})
}

// refield changes a leaf's field and makes a right leaf of it.
func (s *scene) refield(t testing.TB, seq int, change func(e *journal.Entry)) {
	t.Helper()
	s.rewrite(t, seq, func(leaf *[]byte, hashes *[]journal.Hash, _, _ **tlog.Sealed) {
		e, err := tlog.DecodeLeaf(*leaf)
		must(t, err)
		change(&e)
		must(t, journal.Recode(&e))
		*leaf = e.Leaf
		(*hashes)[0] = e.Hash
	})
}

// read is all that the bay holds of its own log, opened.
func (s *scene) read(t testing.TB) []journal.Entry {
	t.Helper()
	v, err := vault.Open(vault.Options{Dir: s.node("demo-bay-1"), Node: "demo-bay-1", Key: s.shop.keys["demo-bay-1"], Roster: s.shop.roster, ReadOnly: true})
	must(t, err)
	j, err := journal.OpenReadOnly(t.Context(), s.node("demo-bay-1"), v)
	must(t, err)
	defer closeOnce(t, j)
	return slices.Clone(readAll(t, j, s.origin))
}
