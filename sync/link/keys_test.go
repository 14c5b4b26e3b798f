package link_test

import (
	"path/filepath"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/housetest"
)

// sealed opens a journal with its vault.
func (s *shop) sealed(node string) (*journal.Journal, *vault.Vault) {
	s.t.Helper()
	dir := filepath.Join(s.dir, node)
	v, err := vault.Open(vault.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster})
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := journal.Open(s.t.Context(), journal.Options{Dir: dir, Node: node, Key: s.keys[node], Roster: s.roster, Keys: v})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := j.Close(); err != nil {
			s.t.Error(err)
		}
		if err := v.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return j, v
}

// readable counts the work payloads of an origin that a journal opens.
func readable(t testing.TB, j *journal.Journal, origin string) int {
	t.Helper()
	n := 0
	for e, err := range j.Read(t.Context(), origin, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Work != nil {
			n++
		}
	}
	return n
}

func TestKeysComeFromWhoeverHasThem(t *testing.T) {
	s := newShop(t, "demo-bay-1", "demo-bay-2", "demo-bay-3")
	b, _ := listen(t, "127.0.0.1:0")
	url := "tcp://" + b.Address()
	one, keys := s.sealed("demo-bay-1")
	two, _ := s.sealed("demo-bay-2")
	_, leave := s.carry(url, one)
	s.carry(url, two)
	write(t, one, 5)
	housetest.Until(t, "the second reads what the first wrote", func() bool { return readable(t, two, one.Origin()) == 5 })

	// The one who made the keys is gone; the other gives them.
	leave()
	three, late := s.sealed("demo-bay-3")
	s.carry(url, three)
	housetest.Until(t, "the third reads it too", func() bool { return readable(t, three, one.Origin()) == 5 })

	// An erasure reaches those who are there; he who comes back hears of it, erases and
	// confirms, and his keys bring nothing back.
	if _, err := two.Append(t.Context(), journal.Draft{Kind: vault.KindErased, Job: "j1", Work: []byte(`{"by":"a","reason":"b"}`), Outlives: true}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*journal.Journal{two, three} {
		housetest.Until(t, "it is erased where it is heard", func() bool {
			if err := x.Keys().(*vault.Vault).CatchUp(t.Context(), x); err != nil {
				t.Error(err)
			}
			return readable(t, x, one.Origin()) == 0
		})
	}
	s.carry(url, one)
	housetest.Until(t, "all have confirmed to the last one", func() bool {
		if err := keys.CatchUp(t.Context(), one); err != nil {
			t.Error(err)
		}
		return keys.Erased("j1", tlog.Work) && len(late.Unconfirmed()) == 0
	})
	for _, x := range []*journal.Journal{one, two, three} {
		if n := readable(t, x, one.Origin()); n != 0 {
			t.Errorf("%s still reads %d payloads", x.Node(), n)
		}
		if err := x.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
