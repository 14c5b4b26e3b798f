//go:build !race

package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// insiders are what somebody can write who has the node's keys: another history,
// numbered, sealed and signed anew.
func insiders() map[string]func(es []journal.Entry, seq int) []journal.Entry {
	edit := func(change func(e *journal.Entry)) func([]journal.Entry, int) []journal.Entry {
		return func(es []journal.Entry, seq int) []journal.Entry {
			change(&es[seq])
			return es
		}
	}
	return map[string]func(es []journal.Entry, seq int) []journal.Entry{
		"edit what happened":  edit(func(e *journal.Entry) { e.Kind = "work.resumed" }),
		"edit whose job":      edit(func(e *journal.Entry) { e.Job = "job-9" }),
		"edit what was said":  edit(func(e *journal.Entry) { e.Work = &journal.Opening{Payload: []byte(`{"n":77777}`)} }),
		"take a payload away": edit(func(e *journal.Entry) { e.Work, e.Kind, e.WorkCommit = nil, "work.none", journal.Hash{} }),
		"backdate by a day":   edit(func(e *journal.Entry) { e.WallMS -= 86_400_000 }),
		"make a clock sure":   edit(func(e *journal.Entry) { e.Quality = 3 }),
		"delete":              func(es []journal.Entry, seq int) []journal.Entry { return slices.Delete(es, seq, seq+1) },
		"delete a day":        func(es []journal.Entry, seq int) []journal.Entry { return slices.Delete(es, seq, min(seq+40, len(es))) },
		"insert": func(es []journal.Entry, seq int) []journal.Entry {
			e := es[seq]
			e.Kind, e.Request = "bill.settled", journal.RequestID{7}
			return slices.Insert(es, seq, e)
		},
		"reorder": func(es []journal.Entry, seq int) []journal.Entry {
			other := (seq + 30) % sceneCosigned
			es[seq], es[other] = es[other], es[seq]
			return es
		},
		"truncate": func(es []journal.Entry, seq int) []journal.Entry { return es[:max(seq, 1)] },
	}
}

// rewritten is the bay's log as an insider has written it, in a folder of its own
// that verifies in itself.
func (s *scene) rewritten(t *testing.T, change func(es []journal.Entry, seq int) []journal.Entry, seq int) *journal.Journal {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo-bay-1")
	must(t, os.MkdirAll(filepath.Join(dir, "keys"), 0o700))
	o := s.options(t, "demo-bay-1", dir)
	entries := change(s.read(t), seq)
	for _, e := range entries {
		for class, open := range map[tlog.Class]*journal.Opening{tlog.Work: e.Work, tlog.Contact: e.Contact} {
			if open != nil {
				must(t, o.Keys.Ready(e.Job, class))
			}
		}
	}
	must(t, journal.Forge(o, s.origin, entries))
	j := s.shop.open(t, o)
	if r := j.VerifyReport(t.Context()); !r.OK {
		t.Fatalf("the forged folder does not even verify in itself: %v", r.Findings)
	}
	return j
}

// adoptAll gives a peer all of a log, and the error that ended it.
func adoptAll(t *testing.T, from, to *journal.Journal, origin string, at uint64) error {
	t.Helper()
	for {
		seg, err := from.Segment(t.Context(), origin, at, 1<<20)
		must(t, err)
		if len(seg.Entries) == 0 {
			return nil
		}
		if err := to.Adopt(t.Context(), seg); err != nil {
			return err
		}
		at += uint64(len(seg.Entries))
	}
}

// An insider's history verifies in itself: it takes another who has seen the first
// one. Each of them alone finds it: the peer that is given it, the cosigned checkpoint
// that is shown to it, and who knows nothing but that checkpoint.
func TestAttacksOfAnInsiderAreFoundByOthers(t *testing.T) {
	t.Parallel()
	base, n := newScene(t), 0
	desk := base.open(t, "demo-reception", base.node("demo-reception"))
	for kind, change := range insiders() {
		for _, seq := range []int{1, 130, 255, 288} {
			n++
			t.Run(fmt.Sprintf("%s, entry %d", kind, seq), func(t *testing.T) {
				t.Parallel()
				forged := base.rewritten(t, change, seq)
				short := size(forged, base.origin) <= uint64(seq) // nothing but an end that is cut off
				err := adoptAll(t, forged, desk, base.origin, 0)
				if !short && !errors.Is(err, tlog.ErrForked) {
					t.Errorf("the peer that has it adopts it: %v", err)
				}
				if short && err != nil { // it says nothing that is not true, and less than it did
					t.Errorf("the peer that has more says %v", err)
				}
				base.witnessTells(t, forged)
				if short && seq%2 == 0 {
					err = forged.Heard("demo-reception", map[string][2]uint64{base.origin: {0, sceneSize}})
				} else {
					err = forged.TakeCosigned(base.note)
				}
				if !errors.Is(err, tlog.ErrForked) {
					t.Errorf("told what others have, it says %v", err)
				}
				base.bookTells(t, forged)
			})
		}
	}
	if n < 44 {
		t.Errorf("%d attacks", n)
	}
}

// witnessTells: a node that came to the shop today took the false history, and is
// shown the cosigned checkpoint by another.
func (s *scene) witnessTells(t *testing.T, forged *journal.Journal) {
	t.Helper()
	fresh := s.shop.open(t, s.options(t, "demo-central", t.TempDir()))
	must(t, adoptAll(t, forged, fresh, s.origin, 0))
	err := fresh.TakeCosigned(s.note)
	if short := size(fresh, s.origin) < sceneCosigned; short && !errors.Is(err, tlog.ErrGap) || !short && !errors.Is(err, tlog.ErrForked) {
		t.Errorf("a new node with %d entries takes a checkpoint of %d: %v", size(fresh, s.origin), sceneCosigned, err)
	}
}

// bookTells: the cosigned checkpoint that lies in the folder names the rewriting to
// `pitlane verify`.
func (s *scene) bookTells(t *testing.T, forged *journal.Journal) {
	t.Helper()
	must(t, forged.Close())
	must(t, forged.Keys().(*vault.Vault).Close())
	dir := journal.Dir(forged)
	for _, name := range []string{"roster", "shop.pub", "cosigned.json"} {
		b, err := os.ReadFile(filepath.Join(s.bay, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	s.named(t, s.findings(t, dir), []string{"the log was rewritten", "the newest were deleted"})
}

// What nobody else has seen can be written anew by who has the node's keys: this is
// the window that cosigning closes, every minute and at each promise.
func TestWhatNobodyHasSeenAnInsiderCanRewrite(t *testing.T) {
	t.Parallel()
	shop := newTestShop("demo-bay-1", "demo-desk")
	j, v := shop.sealed(t, t.TempDir(), "demo-bay-1")
	appendMany(t, j, 10)
	es := readAll(t, j, j.Origin())
	es[5].Kind = "work.resumed"
	o := shop.options(t.TempDir(), "demo-bay-1")
	o.Keys = v
	must(t, journal.Forge(o, j.Origin(), es))
	forged, desk := shop.open(t, o), shop.journal(t, "demo-desk")
	mustVerify(t, forged)
	must(t, adoptAll(t, forged, desk, j.Origin(), 0))
	// From here on it is the first one that is found out.
	if err := adoptAll(t, j, desk, j.Origin(), 0); !errors.Is(err, tlog.ErrForked) {
		t.Errorf("the other history is %v", err)
	}
}

// A receipt shows what was sealed at the time, whatever is done to the log, and does
// not follow a log that was rewritten.
func TestAttacksOnReceiptsAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	policy, err := receipt.ParsePolicy([]byte("shop " + s.shopKey + "\n" + s.witnessLine("demo-reception") + s.witnessLine("demo-central") +
		"group both all w-demo-reception w-demo-central\nquorum both\n"))
	must(t, err)
	if _, err := receipt.Verify(s.receipt, policy); err != nil {
		t.Fatal(err)
	}
	for name, c := range receiptAttacks() {
		t.Run(name, func(t *testing.T) {
			r, err := receipt.Decode(s.receipt)
			must(t, err)
			c.change(t, s, r)
			_, err = receipt.Verify(r.Encode(), policy)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("verify says %v, want %q", err, c.want)
			}
		})
	}
}
