package edge

import (
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/desk"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

const day = 24 * time.Hour

// keeper is a reception that keeps data, with a clock that a test sets.
type keeper struct {
	*house
	t      *testing.T
	dir    string
	key    ed25519.PrivateKey
	office ed25519.PrivateKey
	clock  *setClock
	wrote  uint8 // the clock's quality
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	seed := func(b byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(append(make([]byte, 31), b)) }
	public := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	k := &keeper{t: t, dir: filepath.Join(t.TempDir(), "n"), key: seed(1), office: seed(2), clock: &setClock{time.UnixMilli(1_790_000_000_000)}, wrote: 3}
	k.house = &house{clocks: clocks.New(), log: slog.New(slog.DiscardHandler), member: &shop.Member{Node: "demo-desk", Roster: &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{
		{Name: "demo-desk", Role: "reception", Key: public(k.key)}, {Name: "demo-central", Role: "central", Key: public(k.office)}}}}}
	k.open()
	t.Cleanup(k.shut)
	return k
}

func (k *keeper) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *keeper) open() {
	k.t.Helper()
	var err error
	k.vault, err = vault.Open(vault.Options{Dir: k.dir, Node: k.member.Node, Key: k.key, Roster: k.member.Roster, Now: k.clock.Now})
	k.must(err)
	k.journal, err = journal.Open(k.t.Context(), journal.Options{Dir: k.dir, Node: k.member.Node, Key: k.key, Roster: k.member.Roster, Keys: k.vault,
		Clock: k.clock, Quality: func() uint8 { return k.wrote }, SegmentLeaves: 40})
	k.must(err)
	b := board.New(board.Config{Journal: k.journal, Node: k.member.Node, Now: k.clock.Now})
	k.desk = desk.New(desk.Config{Node: k.member.Node, Journal: k.journal, Board: b, Random: rand.Reader, Now: k.clock.Now, Dropped: k.dropped})
}

func (k *keeper) shut() {
	if err := k.journal.Close(); err != nil {
		k.t.Error(err)
	}
	if err := k.vault.Close(); err != nil {
		k.t.Error(err)
	}
}

// visit writes a visit that is over.
func (k *keeper) visit(id string) {
	k.t.Helper()
	for _, kind := range []string{"job.opened", "car.handed_back"} {
		_, err := k.journal.Append(k.t.Context(), journal.Draft{Kind: kind, Job: id, Work: []byte(`{}`), Contact: []byte(`{}`)})
		k.must(err)
	}
}

// dropAll has head office hold and cosign all, and drops what may go.
func (k *keeper) dropAll(now time.Time) {
	k.t.Helper()
	tip := k.journal.Tips()[0]
	k.must(k.journal.Heard("demo-central", map[string][2]uint64{tip.Origin: {0, tip.Size}}))
	note, err := tlog.AddCosignature(tip.Checkpoint, "demo-central", k.office, 0)
	k.must(err)
	k.must(k.journal.TakeCosigned(note))
	got, err := k.trimAt(k.t.Context(), now)
	k.must(err)
	if got.Files == 0 {
		k.t.Fatal("nothing was dropped: the test proves nothing")
	}
}

// keeps says what of a visit is erased after a round at a time.
func (k *keeper) keeps(id string, now time.Time, work, contact bool, why string) {
	k.t.Helper()
	k.clock.now = now
	k.must(k.retainAt(k.t.Context(), now))
	k.must(k.vault.CatchUp(k.t.Context(), k.journal))
	if w, c := !k.vault.Erased(id, tlog.Work), !k.vault.Erased(id, tlog.Contact); w != work || c != contact {
		k.t.Fatalf("%s: work is kept: %v, contact: %v; want %v, %v", why, w, c, work, contact)
	}
}

// newDropped is a keeper whose visit j-0 is over, and its entries are dropped.
func newDropped(t *testing.T) (k *keeper, over time.Time) {
	t.Helper()
	k = newKeeper(t)
	over = k.clock.now
	k.visit("j-0")
	for range 60 {
		k.visit("j-x")
	}
	k.dropAll(over.Add(31 * day))
	return k, over
}

func TestDataIsErasedInItsTimeThoughItsEntriesWereDropped(t *testing.T) {
	t.Parallel()
	k, over := newDropped(t)
	if entries, err := k.journal.Job(t.Context(), "j-0"); err != nil || len(entries) != 0 {
		t.Fatalf("the visit is still held: %d %v", len(entries), err)
	}
	k.shut()
	k.open()
	k.keeps("j-0", over.Add(89*day), true, true, "after 89 days")
	k.keeps("j-0", over.Add(90*day), true, false, "after 90 days")
	k.keeps("j-0", over.Add(364*day), true, false, "after 364 days")
	before := k.journal.Tips()[0].Size
	k.keeps("j-0", over.Add(364*day), true, false, "once more")
	if now := k.journal.Tips()[0].Size; now != before {
		t.Errorf("%d events were written for nothing", now-before)
	}
	k.keeps("j-0", over.Add(365*day), false, false, "after a year")
	if _, there := k.vault.Closed("j-0"); there {
		t.Error("something is kept of a visit whose data is erased")
	}
}

func TestAPersonErasesAVisitWhoseEntriesWereDropped(t *testing.T) {
	t.Parallel()
	k, _ := newDropped(t)
	err := k.desk.EraseData(t.Context(), desk.Erasure{Job: "j-0", By: "SA1", Reason: "asked for it", Request: journal.RequestID{1}})
	k.must(err)
	k.must(k.vault.CatchUp(t.Context(), k.journal))
	if !k.vault.Erased("j-0", tlog.Work) || !k.vault.Erased("j-0", tlog.Contact) {
		t.Error("the data is still there")
	}
	if err := k.desk.EraseData(t.Context(), desk.Erasure{Job: "j-9", By: "SA1", Reason: "asked for it", Request: journal.RequestID{2}}); err == nil {
		t.Error("a visit that nobody knows is erased")
	}
}

// TestAnotherNodeErasesWhereTheOpenerIsGone: the others wait a week for it.
func TestAnotherNodeErasesWhereTheOpenerIsGone(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	over := k.clock.now
	k.visit("j-held")
	for range 60 {
		k.visit("j-0")
	}
	k.dropAll(over.Add(31 * day))
	for range 30 {
		k.visit("j-held-2")
	}
	k.member = &shop.Member{Node: "demo-other", Roster: k.member.Roster}
	for _, id := range []string{"j-0", "j-held-2"} {
		k.keeps(id, over.Add(96*day), true, true, "the one that opened it has a week")
	}
	for _, id := range []string{"j-0", "j-held-2"} {
		k.keeps(id, over.Add(97*day), true, false, "it is gone")
	}
}

// TestKeysThatCameBackDoNotBeginTheTimeAnew: what counts is the visit, not the key.
func TestKeysThatCameBackDoNotBeginTheTimeAnew(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	over := k.clock.now
	k.clock.now = over.Add(9 * 365 * day) // keys are made by a clock that is ahead
	k.must(k.vault.Ready("j-0", tlog.Work))
	k.must(k.vault.Ready("j-0", tlog.Contact))
	k.clock.now = over
	k.visit("j-0")
	k.keeps("j-0", over.Add(90*day), true, false, "after 90 days")
}

// TestAWrongClockErasesNothingEarlyAndKeepsNothingForEver: a boot whose clock was years
// off is dated by its anchor, or by what came after it.
func TestAWrongClockErasesNothingEarlyAndKeepsNothingForEver(t *testing.T) {
	t.Parallel()
	over := time.UnixMilli(1_790_000_000_000)
	boot := func(id byte) string { return "0000000000000000000000000000000" + string('0'+id) }
	for name, c := range map[string]struct {
		wall  time.Time
		hear  []clocks.Reading
		first time.Duration // the first time at which it is erased, after it was over
	}{
		"right":                      {over, nil, 90 * day},
		"behind, anchored late":      {over.Add(-200 * day), []clocks.Reading{{Boot: boot(0), BootMS: 7_200_000, WallMS: over.Add(time.Hour).UnixMilli(), Quality: 3}}, 90 * day},
		"ahead, anchored late":       {over.Add(2000 * day), []clocks.Reading{{Boot: boot(0), BootMS: 7_200_000, WallMS: over.Add(time.Hour).UnixMilli(), Quality: 3}}, 90 * day},
		"behind, the next boot knew": {over.Add(-200 * day), []clocks.Reading{{Boot: boot(0), BootMS: 3_600_000, WallMS: 5, Quality: 1}, {Boot: boot(1), WallMS: over.Add(2 * day).UnixMilli(), Quality: 3}}, 92 * day},
		"ahead, the next boot knew":  {over.Add(2000 * day), []clocks.Reading{{Boot: boot(0), BootMS: 3_600_000, WallMS: 5, Quality: 1}, {Boot: boot(1), WallMS: over.Add(2 * day).UnixMilli(), Quality: 3}}, 92 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t)
			k.clock.now, k.wrote = c.wall, 1
			k.visit("j-0")
			for _, r := range c.hear {
				r.Node = "demo-desk"
				k.clocks.Hear(r)
			}
			k.keeps("j-0", over.Add(c.first-time.Hour), true, true, "too early")
			k.keeps("j-0", over.Add(c.first), true, false, "in time")
		})
	}
}
