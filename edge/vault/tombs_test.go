package vault_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// tell carries all orders of one vault to another, as a link does.
func (s *shop) tell(from, to *vault.Vault, name string) error {
	s.t.Helper()
	var pages, sigs [][]byte
	for at := 0; ; at += vault.MaxTombs {
		page, sig, err := from.TombsFrom(at)
		s.must(err)
		if page == nil {
			return to.Bury(name, pages, sigs)
		}
		pages, sigs = append(pages, page), append(sigs, sig)
	}
}

func TestAnOrderOutlivesItsLog(t *testing.T) {
	s := newShop(t)
	desk, central := s.open("demo-desk"), s.open("demo-central")
	b, other := s.sealed(desk, at("j7", 1, tlog.Contact), evidence), s.sealed(desk, at("other", 2, tlog.Work), evidence)
	s.must(s.give(desk, central, "demo-desk", "demo-central", b.Key, other.Key))
	backup := s.options("demo-central")
	backup.Dir = filepath.Join(t.TempDir(), "restored")
	s.must(os.CopyFS(backup.Dir, os.DirFS(s.folder("demo-central"))))
	s.must(chmod(backup.Dir))

	origin := at("", 0, 0).Origin
	for i := range 2*vault.MaxTombs/2 + 7 { // two orders a job: more than two pages
		s.must(desk.Erase(whole(fmt.Sprint("j", i), uint64(i)), map[string]uint64{origin: uint64(i) + 1}))
	}
	restored, err := vault.Open(backup)
	s.must(err)
	if !s.opens(restored, at("j7", 1, tlog.Contact), b, evidence) {
		t.Fatal("the restored copy does not open it: this test shows nothing")
	}
	s.must(s.tell(desk, restored, "demo-desk"))
	look := func(v *vault.Vault) {
		t.Helper()
		if s.opens(v, at("j7", 1, tlog.Contact), b, evidence) || !v.Erased("j7", tlog.Work) {
			t.Error("the order did not reach it")
		}
		if !s.opens(v, at("other", 2, tlog.Work), other, evidence) {
			t.Error("another's data went with it")
		}
		n, sum := v.Tombs()
		if dn, dsum := desk.Tombs(); n != dn || sum != dsum {
			t.Errorf("%d orders, want the %d of the desk, with one sum", n, dn)
		}
	}
	look(restored)
	if got, want := restored.Confirmation()[origin], desk.Confirmation()[origin]; got != want || want == 0 {
		t.Errorf("it confirms up to %d, want %d", got, want)
	}
	before := files(t, backup.Dir)
	s.must(s.tell(desk, restored, "demo-desk"))
	if !bytes.Equal(before, files(t, backup.Dir)) {
		t.Error("what is carried out already is written again")
	}
	s.must(restored.Close())
	restored, err = vault.Open(backup)
	s.must(err)
	look(restored)
	s.must(restored.Close())
}

func TestOrdersOfNobodyAreRefused(t *testing.T) {
	s := newShop(t)
	desk, bay := s.open("demo-desk"), s.open("demo-bay-1")
	b := s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	s.must(bay.Erase(whole("j1", 5), nil))
	page, sig, err := bay.TombsFrom(0)
	s.must(err)
	sign := func(text string) (p, q [][]byte) {
		return [][]byte{[]byte(text)}, [][]byte{ed25519.Sign(s.keys["demo-bay-1"], append([]byte("pl-tombs/v1\ndemo-bay-1\n"), text...))}
	}
	for name, wrong := range map[string]func() error{
		"a stranger":        func() error { return desk.Bury("demo-bay-9", [][]byte{page}, [][]byte{sig}) },
		"in another's name": func() error { return desk.Bury("demo-bay-2", [][]byte{page}, [][]byte{sig}) },
		"a changed page":    func() error { return desk.Bury("demo-bay-1", [][]byte{append(bytes.Clone(page), ' ')}, [][]byte{sig}) },
		"no page":           func() error { p, q := sign(`{}`); return desk.Bury("demo-bay-1", p, q) },
		"the shop's key": func() error {
			p, q := sign(`[{"j":"","c":"work","o":"demo-bay-1/00112233445566778899aabbccddeeff","s":1,"a":1}]`)
			return desk.Bury("demo-bay-1", p, q)
		},
		"no origin": func() error {
			p, q := sign(`[{"j":"j1","c":"work","o":"demo-bay-1/0011223344556677889","s":1,"a":1}]`)
			return desk.Bury("demo-bay-1", p, q)
		},
	} {
		if err := wrong(); !errors.Is(err, vault.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !s.opens(desk, at("j1", 1, tlog.Work), b, evidence) {
		t.Error("it is erased by an order of nobody")
	}
	s.must(desk.Bury("demo-bay-1", [][]byte{page}, [][]byte{sig}))
	if s.opens(desk, at("j1", 1, tlog.Work), b, evidence) {
		t.Error("it is not erased by an order of the shop")
	}
}

// Two nodes order the same at once: each waits for the other's word only until it has
// carried out either.
func TestTwoOrdersOfOneErasureAreOneErasure(t *testing.T) {
	s := newShop(t)
	desk, central := s.open("demo-desk"), s.open("demo-central")
	mine := whole("j1", 5)
	theirs := whole("j1", 9)
	for i := range theirs {
		theirs[i].Origin = "demo-central/ffeeddccbbaa99887766554433221100"
	}
	s.must(desk.Erase(mine, nil))
	s.must(central.Erase(theirs, nil))
	s.must(desk.Erase(theirs, nil))
	s.must(central.Erase(mine, nil))
	for _, node := range []string{"demo-bay-1", "demo-bay-2"} {
		s.must(desk.Confirmed(node, map[string]uint64{mine[0].Origin: 6}))
		s.must(central.Confirmed(node, map[string]uint64{theirs[0].Origin: 10}))
	}
	s.must(desk.Confirmed("demo-central", central.Confirmation()))
	s.must(central.Confirmed("demo-desk", desk.Confirmation()))
	if a, b := desk.Unconfirmed(), central.Unconfirmed(); a != nil || b != nil {
		t.Errorf("all have erased; still waited for: %v and %v", a, b)
	}
}

// book is a log of one origin: the kinds of its entries, and whose history it is.
type book struct {
	kinds   []string
	history byte
}

func (b book) Tips() []tlog.Tip {
	return []tlog.Tip{{Origin: at("", 0, 0).Origin, Size: uint64(len(b.kinds))}}
}

func (b book) Wake() (<-chan struct{}, func()) { return nil, func() {} }

func (b book) Sealed(_ context.Context, origin string, from uint64) iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		for i := int(from); i < len(b.kinds); i++ {
			e := tlog.Entry{Hash: tlog.Hash{b.history, byte(i)}}
			e.Origin, e.Seq, e.Kind, e.Job = origin, uint64(i), b.kinds[i], "j1"
			if !yield(e, nil) {
				return
			}
		}
	}
}

// An older copy of a disk wrote on by itself and looked through what it wrote; then its
// log became again that of the others, in which it had ordered an erasure itself.
func TestALogThatWasRewoundIsLookedThroughAnew(t *testing.T) {
	x := "work.started"
	for name, c := range map[string]struct {
		alone, then book
		erases      string // of another job, while alone: everything is written down
	}{
		"shorter than what it wrote": {book{[]string{x, x, x, x, x, x}, 1}, book{[]string{x, x, vault.KindErased, x}, 2}, ""},
		"as long":                    {book{[]string{x, x, x, x}, 1}, book{[]string{x, x, vault.KindErased, x}, 2}, "j2"},
		"longer":                     {book{[]string{x, x, x}, 1}, book{[]string{x, vault.KindErased, x, x, x}, 2}, "j2"},
		"the same, grown":            {book{[]string{x, x, x}, 1}, book{[]string{x, x, x, vault.KindErased}, 1}, "j2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			desk := s.open("demo-desk")
			b := s.sealed(desk, at("j1", 1, tlog.Contact), evidence)
			s.must(desk.CatchUp(t.Context(), c.alone))
			if c.erases != "" {
				other := whole(c.erases, 3)
				for i := range other {
					other[i].Origin = "demo-bay-1/00112233445566778899aabbccddeeff"
				}
				s.must(desk.Erase(other, nil))
			}
			s.must(desk.Close())
			desk = s.open("demo-desk")
			if !s.opens(desk, at("j1", 1, tlog.Contact), b, evidence) {
				t.Fatal("it is erased already: this test shows nothing")
			}
			s.must(desk.CatchUp(t.Context(), c.then))
			if s.opens(desk, at("j1", 1, tlog.Contact), b, evidence) {
				t.Error("its own order is not carried out")
			}
			if got := desk.Done()[at("", 0, 0).Origin]; got != uint64(len(c.then.kinds)) {
				t.Errorf("looked through up to %d, want %d", got, len(c.then.kinds))
			}
		})
	}
}

func FuzzPagesOfOrders(f *testing.F) {
	f.Add([]byte(`[{"j":"j1","c":"work","o":"demo-bay-1/00112233445566778899aabbccddeeff","s":1,"a":1}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, page []byte) {
		s := newShop(t)
		o := s.options("demo-desk")
		v, err := vault.Open(o)
		s.must(err)
		sig := ed25519.Sign(s.keys["demo-bay-1"], append([]byte("pl-tombs/v1\ndemo-bay-1\n"), page...))
		if err := v.Bury("demo-bay-1", [][]byte{page}, [][]byte{sig}); err != nil && !errors.Is(err, vault.ErrForeign) {
			t.Error(err)
		}
		n, sum := v.Tombs()
		s.must(v.Close())
		v, err = vault.Open(o)
		s.must(err)
		if again, anew := v.Tombs(); n != again || sum != anew {
			t.Errorf("after a restart %d orders, before %d", again, n)
		}
		s.must(v.Close())
	})
}
