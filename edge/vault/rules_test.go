package vault_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// told is a log of one origin.
type told []tlog.Entry

func (l told) Tips() []tlog.Tip {
	return []tlog.Tip{{Origin: at("", 0, tlog.Work).Origin, Size: uint64(len(l))}}
}

func (l told) Sealed(_ context.Context, origin string, from uint64) iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		for i := from; i < uint64(len(l)); i++ {
			e := l[i]
			e.Origin, e.Seq = origin, i
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (l told) Wake() (<-chan struct{}, func()) { return nil, func() {} }

// TestAnEventErasesWhatItSays: both classes, or contact alone, of its own job; nothing
// where it names none, and nothing by any other kind.
func TestAnEventErasesWhatItSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event         tlog.Entry
		work, contact bool // that are left
	}{
		"all of a job":   {tlog.Entry{Kind: vault.KindErased, Job: "j1"}, false, false},
		"contact alone":  {tlog.Entry{Kind: vault.KindContactErased, Job: "j1"}, true, false},
		"another job":    {tlog.Entry{Kind: vault.KindErased, Job: "j2"}, true, true},
		"no job":         {tlog.Entry{Kind: vault.KindErased}, true, true},
		"another kind":   {tlog.Entry{Kind: "car.handed_back", Job: "j1"}, true, true},
		"a kind like it": {tlog.Entry{Kind: "subject.erased_not", Job: "j1"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			v := s.open("demo-desk")
			work := s.sealed(v, at("j1", 1, tlog.Work), evidence)
			contact := s.sealed(v, at("j1", 1, tlog.Contact), evidence)
			shop := s.sealed(v, at("", 2, tlog.Work), evidence)
			s.must(v.CatchUp(t.Context(), told{c.event}))
			if got := s.opens(v, at("j1", 1, tlog.Work), work, evidence); got != c.work {
				t.Errorf("work opens: %v, want %v", got, c.work)
			}
			if got := s.opens(v, at("j1", 1, tlog.Contact), contact, evidence); got != c.contact {
				t.Errorf("contact opens: %v, want %v", got, c.contact)
			}
			if !s.opens(v, at("", 2, tlog.Work), shop, evidence) {
				t.Error("the shop's own key is gone")
			}
		})
	}
}

// TestABayKeepsNoContactKeyThatItIsGiven: not by a node that takes it for a reception.
func TestABayKeepsNoContactKeyThatItIsGiven(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	bay := s.open("demo-bay-1")
	wrong := s.options("demo-desk")
	roster := *s.roster
	roster.Nodes = slices.Clone(s.roster.Nodes)
	for i := range roster.Nodes {
		if roster.Nodes[i].Name == "demo-bay-1" {
			roster.Nodes[i].Role = "reception"
		}
	}
	wrong.Roster = &roster
	desk, err := vault.Open(wrong)
	s.must(err)
	defer func() { s.must(desk.Close()) }()
	contact := s.sealed(desk, at("j1", 1, tlog.Contact), evidence)
	work := s.sealed(desk, at("j1", 1, tlog.Work), evidence)
	public, sig := bay.Receiver()
	box, boxSig, err := desk.Wrap("demo-bay-1", public, sig, []tlog.KeyID{contact.Key, work.Key})
	s.must(err)
	s.must(bay.Unwrap("demo-desk", box, boxSig))
	if s.opens(bay, at("j1", 1, tlog.Contact), contact, evidence) {
		t.Error("a bay opens contact")
	}
	if !s.opens(bay, at("j1", 1, tlog.Work), work, evidence) {
		t.Error("the work key beside it was not taken: this shows nothing")
	}
}

// TestTrafficFromBeforeAnErasureOpensNothing: the receiving key goes with the erased.
func TestTrafficFromBeforeAnErasureOpensNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	desk, bay := s.open("demo-desk"), s.open("demo-bay-1")
	b := s.sealed(desk, at("j2", 1, tlog.Work), evidence)
	public, sig := bay.Receiver()
	box, boxSig, err := desk.Wrap("demo-bay-1", public, sig, []tlog.KeyID{b.Key})
	s.must(err)
	s.must(bay.Erase(whole("j1", 5), nil))
	if now, _ := bay.Receiver(); bytes.Equal(now, public) {
		t.Error("the receiving key is the one from before")
	}
	if err := bay.Unwrap("demo-desk", box, boxSig); !errors.Is(err, vault.ErrForeign) {
		t.Errorf("what was written down before it opens after it: %v", err)
	}
}

// TestAParcelInAnothersNameIsRefused: whoever hears a receiving key can wrap to it; only
// the named node's signature says who has.
func TestAParcelInAnothersNameIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	bay := s.open("demo-bay-1")
	o := s.options("demo-desk")
	o.Key = s.keys["demo-bay-2"] // it calls itself the desk and signs with its own key
	liar, err := vault.Open(o)
	s.must(err)
	defer func() { s.must(liar.Close()) }()
	b := s.sealed(liar, at("j1", 1, tlog.Work), evidence)
	public, sig := bay.Receiver()
	box, boxSig, err := liar.Wrap("demo-bay-1", public, sig, []tlog.KeyID{b.Key})
	s.must(err)
	if err := bay.Unwrap("demo-desk", box, boxSig); !errors.Is(err, vault.ErrForeign) {
		t.Errorf("a parcel in the desk's name: %v", err)
	}
	if s.opens(bay, at("j1", 1, tlog.Work), b, evidence) {
		t.Error("its key was kept")
	}
}
