package vault_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// nodes are the roster of these tests.
func nodes() map[string]string {
	return map[string]string{"demo-bay-1": "bay", "demo-bay-2": "bay", "demo-desk": "reception", "demo-central": "central"}
}

type shop struct {
	t      testing.TB
	dir    string
	roster *tlog.Roster
	keys   map[string]ed25519.PrivateKey
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), roster: &tlog.Roster{Shop: "demo"}, keys: map[string]ed25519.PrivateKey{}}
	for name, role := range nodes() {
		seed := make([]byte, ed25519.SeedSize)
		copy(seed, name)
		s.keys[name] = ed25519.NewKeyFromSeed(seed)
		s.roster.Nodes = append(s.roster.Nodes, tlog.RosterNode{Name: name, Role: role, Key: s.keys[name].Public().(ed25519.PublicKey)})
	}
	return s
}

func (s *shop) options(node string) vault.Options {
	return vault.Options{Dir: filepath.Join(s.dir, node), Node: node, Key: s.keys[node], Roster: s.roster,
		Now: func() time.Time { return time.UnixMilli(1_790_000_000_000) }}
}

func (s *shop) folder(node string) string { return filepath.Join(s.dir, node) }

func (s *shop) open(node string) *vault.Vault {
	s.t.Helper()
	v, err := vault.Open(s.options(node))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.must(v.Close()) })
	return v
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// sealed is a payload sealed by a vault.
func (s *shop) sealed(v *vault.Vault, at tlog.Place, payload string) *tlog.Sealed {
	s.t.Helper()
	s.must(v.Ready(at.Job, at.Class))
	o := &tlog.Opening{Payload: []byte(payload)}
	for i := range o.Salt {
		o.Salt[i] = byte(i)
	}
	b, err := v.Seal(at, o)
	s.must(err)
	return b
}

// opens says whether a vault opens a box, and that it then holds what it should.
func (s *shop) opens(v *vault.Vault, at tlog.Place, b *tlog.Sealed, want string) bool {
	s.t.Helper()
	o, err := v.Open(at, b)
	if errors.Is(err, tlog.ErrNoKey) {
		return false
	}
	s.must(err)
	if string(o.Payload) != want {
		s.t.Errorf("the box holds another payload")
	}
	return true
}

// give carries all keys of one vault that another misses or that are named.
func (s *shop) give(from, to *vault.Vault, fromName, toName string, ids ...tlog.KeyID) error {
	s.t.Helper()
	for id := range to.Missing() {
		ids = append(ids, id)
	}
	public, sig := to.Receiver()
	box, boxSig, err := from.Wrap(toName, public, sig, ids)
	s.must(err)
	if box == nil {
		return nil
	}
	return to.Unwrap(fromName, box, boxSig)
}

func at(job string, seq uint64, c tlog.Class) tlog.Place {
	return tlog.Place{Origin: "demo-desk/00112233445566778899aabbccddeeff", Seq: seq, Job: job, Class: c}
}

// files is every byte of a folder.
func files(t testing.TB, dir string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

// chance is random bytes that are the same in every run.
type chance struct{ *rand.ChaCha8 }

func (s *shop) chance() chance { return chance{rand.NewChaCha8([32]byte{1})} }
