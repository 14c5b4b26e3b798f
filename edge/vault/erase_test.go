package vault_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

const evidence = `{"name":"somebody"}`

func whole(job string, seq uint64) []vault.Erasure {
	origin := at(job, 0, tlog.Work).Origin
	return []vault.Erasure{{Job: job, Class: tlog.Work, Origin: origin, Seq: seq}, {Job: job, Class: tlog.Contact, Origin: origin, Seq: seq}}
}

func TestErasedIsErasedWhateverIsKeptOrOffered(t *testing.T) {
	s := newShop(t)
	desk, central := s.open("demo-desk"), s.open("demo-central")
	b := s.sealed(desk, at("j1", 1, tlog.Contact), evidence)
	other := s.sealed(desk, at("j2", 2, tlog.Contact), evidence)
	s.must(s.give(desk, central, "demo-desk", "demo-central", b.Key, other.Key))

	// A copy of central's folder from before: with the key folder it is central as it
	// was; without, only its file.
	restored := s.options("demo-central")
	restored.Dir = filepath.Join(t.TempDir(), "restored")
	s.must(os.CopyFS(restored.Dir, os.DirFS(s.folder("demo-central"))))
	s.must(chmod(restored.Dir))
	backup, err := os.ReadFile(filepath.Join(s.folder("demo-central"), "keys.db"))
	s.must(err)
	oldWrap, err := os.ReadFile(filepath.Join(s.folder("demo-central"), "keys", "vault-1.key"))
	s.must(err)

	for _, v := range []*vault.Vault{desk, central} {
		s.must(v.Erase(whole("j1", 5), map[string]uint64{at("", 0, 0).Origin: 6}))
		if s.opens(v, at("j1", 1, tlog.Contact), b, evidence) {
			t.Error("the erased opens")
		}
		if !s.opens(v, at("j2", 2, tlog.Contact), other, evidence) {
			t.Error("another's data went with it")
		}
	}
	now := files(t, s.folder("demo-central"))
	if bytes.Contains(now, oldWrap) {
		t.Error("the old wrapping key is still there")
	}

	// The old file with today's key folder, and today's file with the old key.
	mixed := s.options("demo-central")
	mixed.Dir = filepath.Join(t.TempDir(), "mixed")
	s.must(os.CopyFS(mixed.Dir, os.DirFS(s.folder("demo-central"))))
	s.must(chmod(mixed.Dir))
	s.must(os.WriteFile(filepath.Join(mixed.Dir, "keys.db"), backup, 0o600))
	m, err := vault.Open(mixed)
	s.must(err)
	if s.opens(m, at("j1", 1, tlog.Contact), b, evidence) {
		t.Error("a backup without its key folder opens the erased")
	}
	s.must(m.Close())
	mixed.Dir = filepath.Join(t.TempDir(), "old key")
	s.must(os.CopyFS(mixed.Dir, os.DirFS(s.folder("demo-central"))))
	s.must(os.WriteFile(filepath.Join(mixed.Dir, "keys", "vault-1.key"), oldWrap, 0o600))
	s.must(chmod(mixed.Dir))
	m, err = vault.Open(mixed)
	s.must(err)
	if s.opens(m, at("j1", 1, tlog.Contact), b, evidence) {
		t.Error("the old wrapping key opens the erased")
	}
	s.must(m.Close())

	// The whole old copy still has it: the control, and why it may not give it.
	old, err := vault.Open(restored)
	s.must(err)
	if !s.opens(old, at("j1", 1, tlog.Contact), b, evidence) {
		t.Fatal("the restored copy does not open it: this test shows nothing")
	}
	if err := s.give(old, desk, "demo-central", "demo-desk", b.Key); !errors.Is(err, vault.ErrErased) {
		t.Errorf("an erased key was offered: %v", err)
	}
	if s.opens(desk, at("j1", 1, tlog.Contact), b, evidence) {
		t.Error("a restored replica brought the key back")
	}
	s.must(old.Erase(whole("j1", 5), nil))
	if s.opens(old, at("j1", 1, tlog.Contact), b, evidence) {
		t.Error("the restored replica still opens it")
	}
	s.must(old.Close())
}

func TestErasureOutlivesARestart(t *testing.T) {
	s := newShop(t)
	desk := s.open("demo-desk")
	b := s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	s.must(desk.Erase(whole("j1", 5), map[string]uint64{at("", 0, 0).Origin: 6}))
	s.must(desk.Close())
	again := s.open("demo-desk")
	if !again.Erased("j1", tlog.Work) || again.Done()[at("", 0, 0).Origin] != 6 {
		t.Error("after a restart nothing is known of the erasure")
	}
	if s.opens(again, at("j1", 1, tlog.Work), b, evidence) || len(again.Missing()) != 0 {
		t.Error("after a restart the erased is opened or asked for")
	}
	s.must(again.Ready("j1", tlog.Work))
	if late, err := again.Seal(at("j1", 9, tlog.Work), &tlog.Opening{Payload: []byte(evidence)}); late != nil || err != nil {
		t.Errorf("something was sealed for erased data: %v %v", late, err)
	}
}

// TestACrashWithinAnErasureLeavesOneOfTheTwo: the steps of a rewrite are played with
// a copy of the folder in each state that a power cut can leave.
func TestACrashWithinAnErasureLeavesOneOfTheTwo(t *testing.T) {
	s := newShop(t)
	desk := s.open("demo-desk")
	dir := s.folder("demo-desk")
	b := s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	before := filepath.Join(t.TempDir(), "before")
	s.must(os.CopyFS(before, os.DirFS(dir)))
	s.must(desk.Erase(whole("j1", 5), nil))
	newWrap, err := os.ReadFile(filepath.Join(dir, "keys", "vault-2.key"))
	s.must(err)
	newFile, err := os.ReadFile(filepath.Join(dir, "keys.db"))
	s.must(err)
	states := map[string]struct {
		files map[string][]byte
		open  bool
	}{
		"new wrapping key":      {map[string][]byte{"keys/vault-2.key": newWrap}, true},
		"half a wrapping key":   {map[string][]byte{"keys/vault-2.key": newWrap[:9]}, true},
		"half a file":           {map[string][]byte{"keys/vault-2.key": newWrap, "keys.db.tmp": newFile[:20]}, true},
		"whole file, not named": {map[string][]byte{"keys/vault-2.key": newWrap, "keys.db.tmp": newFile}, true},
		"named, old key there":  {map[string][]byte{"keys/vault-2.key": newWrap, "keys.db": newFile}, false},
	}
	for name, c := range states {
		o := s.options("demo-desk")
		o.Dir = filepath.Join(t.TempDir(), "state")
		s.must(os.CopyFS(o.Dir, os.DirFS(before)))
		for f, body := range c.files {
			s.must(os.WriteFile(filepath.Join(o.Dir, f), body, 0o600))
		}
		s.must(chmod(o.Dir))
		v, err := vault.Open(o)
		s.must(err)
		if got := s.opens(v, at("j1", 1, tlog.Work), b, evidence); got != c.open {
			t.Errorf("%s: the key is here: %v, want %v", name, got, c.open)
		}
		s.must(v.Close())
		left, err := filepath.Glob(filepath.Join(o.Dir, "keys", "vault-*"))
		s.must(err)
		if len(left) != 1 {
			t.Errorf("%s: %d wrapping keys are left", name, len(left))
		}
	}
}

// TestAnErasureThatFailedLeavesNoWrappingKey: the bytes of the wrapping key of the attempt
// are written over before another takes its name.
func TestAnErasureThatFailedLeavesNoWrappingKey(t *testing.T) {
	s := newShop(t)
	desk := s.open("demo-desk")
	s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	tmp := filepath.Join(s.folder("demo-desk"), "keys.db.tmp")
	s.must(os.Mkdir(tmp, 0o700)) // where the new file is written first
	if err := desk.Erase(whole("j1", 5), nil); err == nil {
		t.Fatal("an erasure that could not be written is said to be done")
	}
	s.must(os.Remove(tmp))
	left := filepath.Join(t.TempDir(), "left") // another name of the same bytes
	s.must(os.Link(filepath.Join(s.folder("demo-desk"), "keys", "vault-2.key"), left))
	s.must(desk.Erase(whole("j1", 5), nil))
	got, err := os.ReadFile(left)
	s.must(err)
	if len(got) != 32 || !bytes.Equal(got, make([]byte, 32)) {
		t.Errorf("the wrapping key of the failed erasure is not written over (%d bytes)", len(got))
	}
	if !desk.Erased("j1", tlog.Work) {
		t.Error("the second erasure is not done")
	}
}

func TestWhoHasNotConfirmedIsNamed(t *testing.T) {
	s := newShop(t)
	desk := s.open("demo-desk")
	origin := at("", 0, 0).Origin
	s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	s.must(desk.Erase(whole("j1", 5), map[string]uint64{origin: 6}))
	missing := func(v *vault.Vault) []string {
		u := v.Unconfirmed()
		if len(u) == 0 {
			return nil
		}
		return u[0].Missing
	}
	if got, want := missing(desk), []string{"demo-bay-1", "demo-bay-2", "demo-central"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.must(desk.Confirmed("demo-bay-1", map[string]uint64{origin: 5})) // up to before it
	s.must(desk.Confirmed("demo-bay-2", map[string]uint64{origin: 6}))
	s.must(desk.Confirmed("demo-central", map[string]uint64{origin: 9}))
	s.must(desk.Confirmed("demo-nobody", map[string]uint64{origin: 9}))
	if got, want := missing(desk), []string{"demo-bay-1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.must(desk.Close())
	again := s.open("demo-desk")
	if got, want := missing(again), []string{"demo-bay-1"}; !slices.Equal(got, want) {
		t.Errorf("after a restart got %v, want %v", got, want)
	}
	s.must(again.Confirmed("demo-bay-1", map[string]uint64{origin: 6}))
	if got := again.Unconfirmed(); got != nil {
		t.Errorf("all have confirmed, and %v is left", got)
	}
}

func TestAConfirmationMayComeFirst(t *testing.T) {
	s := newShop(t)
	desk := s.open("demo-desk")
	origin := at("", 0, 0).Origin
	for _, node := range []string{"demo-bay-1", "demo-bay-2", "demo-central"} {
		s.must(desk.Confirmed(node, map[string]uint64{origin: 6}))
	}
	s.must(desk.Erase(whole("j1", 5), map[string]uint64{origin: 6}))
	if got := desk.Unconfirmed(); got != nil {
		t.Errorf("all had confirmed before, and %v is missing", got)
	}
}

func TestASearchWordIsTheSameAndSaysNothing(t *testing.T) {
	s := newShop(t)
	a, b := s.open("demo-central"), s.open("demo-desk")
	one, err := a.Search("plate", "B12345")
	s.must(err)
	s.must(a.Close())
	a = s.open("demo-central")
	again, err := a.Search("plate", "B12345")
	s.must(err)
	other, err := b.Search("plate", "B12345")
	s.must(err)
	vin, err := a.Search("vin", "B12345")
	s.must(err)
	if one != again || one == other || one == vin || len(one) != 32 {
		t.Errorf("search words: %s %s %s %s", one, again, other, vin)
	}
}
