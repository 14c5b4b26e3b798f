package vault_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

func TestABoxOpensInItsOwnPlaceOnly(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	here := at("j1", 7, tlog.Work)
	b := s.sealed(v, here, `{"plate":"X"}`)
	if !s.opens(v, here, b, `{"plate":"X"}`) {
		t.Fatal("it does not open where it belongs")
	}
	elsewhere := map[string]func(*tlog.Place, *tlog.Sealed){
		"another number": func(p *tlog.Place, _ *tlog.Sealed) { p.Seq++ },
		"another origin": func(p *tlog.Place, _ *tlog.Sealed) { p.Origin = "demo-desk/10112233445566778899aabbccddeeff" },
		"another class":  func(p *tlog.Place, _ *tlog.Sealed) { p.Class = tlog.Contact },
		"cut":            func(_ *tlog.Place, b *tlog.Sealed) { b.Box = b.Box[:20] },
	}
	for i := range b.Box {
		elsewhere["flipped byte"] = func(_ *tlog.Place, b *tlog.Sealed) { b.Box[i] ^= 1 }
		for name, wrong := range elsewhere {
			p, c := here, &tlog.Sealed{Key: b.Key, Box: bytes.Clone(b.Box)}
			wrong(&p, c)
			if _, err := v.Open(p, c); err == nil || errors.Is(err, tlog.ErrNoKey) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAKeyIsOnDiskBeforeItIsUsed(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	b := s.sealed(v, at("j1", 1, tlog.Work), `{}`)
	// The power goes: the folder as it is now, without Close.
	crashed := s.options("demo-desk")
	crashed.Dir = filepath.Join(t.TempDir(), "crashed")
	s.must(os.CopyFS(crashed.Dir, os.DirFS(s.folder("demo-desk"))))
	s.must(chmod(crashed.Dir))
	again, err := vault.Open(crashed)
	s.must(err)
	defer func() { s.must(again.Close()) }()
	if !s.opens(again, at("j1", 1, tlog.Work), b, `{}`) {
		t.Error("the key is gone")
	}
}

func TestASecondProcessIsKeptOut(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	if _, err := vault.Open(s.options("demo-desk")); !errors.Is(err, vault.ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	o := s.options("demo-desk")
	o.ReadOnly = true
	b := s.sealed(v, at("j1", 1, tlog.Work), `{}`)
	look, err := vault.Open(o)
	s.must(err)
	if !s.opens(look, at("j1", 1, tlog.Work), b, `{}`) || !errors.Is(look.Ready("j2", tlog.Work), vault.ErrReadOnly) {
		t.Error("a looker cannot look, or writes")
	}
	s.must(look.Close())
}

func TestATornEndCostsNothingThatWasKept(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	var boxes []*tlog.Sealed
	var ends []int64
	path := filepath.Join(s.folder("demo-desk"), "keys.db")
	for i := range 4 {
		boxes = append(boxes, s.sealed(v, at(string(rune('a'+i)), 1, tlog.Work), `{}`))
		st, err := os.Stat(path)
		s.must(err)
		ends = append(ends, st.Size())
	}
	whole, err := os.ReadFile(path)
	s.must(err)
	for cut := ends[0]; cut <= ends[3]; cut += 7 {
		o := s.options("demo-desk")
		o.Dir = filepath.Join(t.TempDir(), "cut")
		s.must(os.CopyFS(o.Dir, os.DirFS(s.folder("demo-desk"))))
		s.must(chmod(o.Dir))
		s.must(os.WriteFile(filepath.Join(o.Dir, "keys.db"), whole[:cut], 0o600))
		again, err := vault.Open(o)
		s.must(err)
		for i := range boxes {
			got := s.opens(again, at(string(rune('a'+i)), 1, tlog.Work), boxes[i], `{}`)
			if want := ends[i] <= cut; got != want {
				t.Errorf("cut at %d: key %d is here: %v, want %v", cut, i, got, want)
			}
		}
		s.sealed(again, at("new", 9, tlog.Work), `{}`)
		s.must(again.Close())
	}
}

func TestKeysGoToThoseWhoAreEntitled(t *testing.T) {
	s := newShop(t)
	desk, bay := s.open("demo-desk"), s.open("demo-bay-1")
	for name, role := range nodes() {
		if name == "demo-desk" {
			continue
		}
		v := bay
		if name != "demo-bay-1" {
			v = s.open(name)
		}
		for _, c := range []tlog.Class{tlog.Work, tlog.Contact} {
			b := s.sealed(desk, at("j1", 1, c), `{}`)
			if s.opens(v, at("j1", 1, c), b, `{}`) {
				t.Fatalf("%s has a key that nobody gave", name)
			}
			s.must(s.give(desk, v, "demo-desk", name, b.Key))
			want := c == tlog.Work || role != "bay"
			if got := s.opens(v, at("j1", 1, c), b, `{}`); got != want {
				t.Errorf("%s, a %s, opens %s: %v, want %v", name, role, c, got, want)
			}
		}
	}
	// What a bay asks for is not given, and what it is given it does not take.
	b := s.sealed(desk, at("j2", 1, tlog.Contact), `{}`)
	public, sig := bay.Receiver()
	if box, _, err := desk.Wrap("demo-bay-1", public, sig, []tlog.KeyID{b.Key}); box != nil || err != nil {
		t.Errorf("a contact key was wrapped for a bay: %v", err)
	}
	if len(bay.Missing()) != 0 {
		t.Error("a bay asks for contact keys")
	}
}

func TestKeysOfNobodyAreRefused(t *testing.T) {
	s := newShop(t)
	desk, bay := s.open("demo-desk"), s.open("demo-bay-1")
	b := s.sealed(desk, at("j1", 1, tlog.Work), `{}`)
	public, sig := bay.Receiver()
	box, boxSig, err := desk.Wrap("demo-bay-1", public, sig, []tlog.KeyID{b.Key})
	s.must(err)
	for name, wrong := range map[string]func() error{
		"a stranger":        func() error { return bay.Unwrap("demo-bay-9", box, boxSig) },
		"in another's name": func() error { return bay.Unwrap("demo-bay-2", box, boxSig) },
		"a changed box":     func() error { return bay.Unwrap("demo-desk", append(bytes.Clone(box), 0), boxSig) },
		"for another node":  func() error { return s.open("demo-bay-2").Unwrap("demo-desk", box, boxSig) },
		"after the next start": func() error {
			o := s.options("demo-bay-1")
			o.Dir = filepath.Join(t.TempDir(), "again")
			next, err := vault.Open(o)
			s.must(err)
			defer func() { s.must(next.Close()) }()
			return next.Unwrap("demo-desk", box, boxSig)
		},
	} {
		if err := wrong(); !errors.Is(err, vault.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := desk.Wrap("demo-bay-2", public, sig, []tlog.KeyID{b.Key}); !errors.Is(err, vault.ErrForeign) {
		t.Errorf("a receiving key of another node: %v", err)
	}
	s.must(bay.Unwrap("demo-desk", box, boxSig))
}

func TestAKeyThatNobodyMissesIsTakenFromItsMakerOnly(t *testing.T) {
	s := newShop(t)
	desk, central, bay := s.open("demo-desk"), s.open("demo-central"), s.open("demo-bay-1")
	b := s.sealed(desk, at("j1", 1, tlog.Work), `{}`)
	s.must(s.give(desk, central, "demo-desk", "demo-central", b.Key))
	s.must(s.give(central, bay, "demo-central", "demo-bay-1", b.Key))
	if _, err := bay.Open(at("j1", 1, tlog.Work), b); !errors.Is(err, tlog.ErrNoKey) {
		t.Fatalf("an unwanted key of another was taken: %v", err)
	}
	// Now it is missed, and whoever has it may give it: its maker may be away.
	s.must(s.give(central, bay, "demo-central", "demo-bay-1"))
	if !s.opens(bay, at("j1", 1, tlog.Work), b, `{}`) {
		t.Error("a missed key was not taken")
	}
}

func TestAnotherGenerationAndItsKeyOpenNothing(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	s.sealed(v, at("j1", 1, tlog.Work), `{}`)
	s.must(v.Close())
	dir := s.folder("demo-desk")
	s.must(os.Remove(filepath.Join(dir, "keys", "vault-1.key")))
	again := s.open("demo-desk")
	b := s.sealed(again, at("j1", 2, tlog.Work), `{}`)
	if !s.opens(again, at("j1", 2, tlog.Work), b, `{}`) {
		t.Error("after a loss nothing can be sealed")
	}
	if _, err := os.Stat(filepath.Join(dir, "keys.db.lost")); err != nil {
		t.Errorf("the unreadable file is not set aside: %v", err)
	}
}

var update = flag.Bool("update", false, "rewrite testdata")

// TestTheVaultsFormatIsFinal: the bytes are computed anew with the same chance, and
// the golden file of the version opens.
func TestTheVaultsFormatIsFinal(t *testing.T) {
	s := newShop(t)
	o := s.options("demo-desk")
	o.Random = s.chance()
	v, err := vault.Open(o)
	s.must(err)
	b := s.sealed(v, at("j1", 1, tlog.Work), `{"plate":"X"}`)
	s.must(v.Close())
	golden := filepath.Join("testdata", "v1")
	if *update {
		s.must(os.RemoveAll(golden))
		s.must(os.CopyFS(golden, os.DirFS(o.Dir)))
		s.must(os.WriteFile(filepath.Join(golden, "box"), append(b.Key[:], b.Box...), 0o600))
	}
	for _, name := range []string{"keys.db", "keys/vault-1.key"} {
		got, err := os.ReadFile(filepath.Join(o.Dir, name))
		s.must(err)
		want, err := os.ReadFile(filepath.Join(golden, name))
		s.must(err)
		if !bytes.Equal(got, want) {
			t.Errorf("%s has other bytes than the golden one", name)
		}
	}
	old := s.options("demo-desk")
	old.Dir = filepath.Join(t.TempDir(), "old")
	s.must(os.CopyFS(old.Dir, os.DirFS(golden)))
	s.must(chmod(old.Dir))
	again, err := vault.Open(old)
	s.must(err)
	defer func() { s.must(again.Close()) }()
	raw, err := os.ReadFile(filepath.Join(golden, "box"))
	s.must(err)
	kept := &tlog.Sealed{Key: tlog.KeyID(raw[:16]), Box: raw[16:]}
	if !s.opens(again, at("j1", 1, tlog.Work), kept, `{"plate":"X"}`) {
		t.Error("the box of the golden file does not open")
	}
}

// chmod: a copy takes the modes that the checkout has.
func chmod(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "keys", "*"))
	for _, p := range paths {
		err = errors.Join(err, os.Chmod(p, 0o600))
	}
	return err
}

func FuzzAnyFileOpensOrIsSetAside(f *testing.F) {
	f.Add([]byte("pl-keys/v1 1\n"))
	f.Add([]byte("pl-keys/v1 1\n\x00\x00\x00\x05hello"))
	f.Add([]byte("pl-keys/v1 99\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newShop(t)
		o := s.options("demo-desk")
		s.must(os.MkdirAll(filepath.Join(o.Dir, "keys"), 0o700))
		s.must(os.WriteFile(filepath.Join(o.Dir, "keys", "vault-1.key"), make([]byte, 32), 0o600))
		s.must(os.WriteFile(filepath.Join(o.Dir, "keys.db"), b, 0o600))
		v, err := vault.Open(o)
		s.must(err)
		box := s.sealed(v, at("j1", 1, tlog.Work), `{}`)
		if !s.opens(v, at("j1", 1, tlog.Work), box, `{}`) {
			t.Error("the vault does not work after it")
		}
		s.must(v.Close())
	})
}

func FuzzAParcelIsTakenOrRefused(f *testing.F) {
	f.Add([]byte("box"), []byte("sig"))
	f.Fuzz(func(t *testing.T, box, sig []byte) {
		s := newShop(t)
		if err := s.open("demo-desk").Unwrap("demo-bay-1", box, sig); !errors.Is(err, vault.ErrForeign) {
			t.Errorf("a parcel of nobody: %v", err)
		}
	})
}
