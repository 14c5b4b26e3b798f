package edge

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// setClock is a machine's clock that a test sets.
type setClock struct{ now time.Time }

func (c *setClock) Now() time.Time { return c.now }
func (c *setClock) Boot() (string, time.Duration) {
	return "00000000000000000000000000000000", time.Hour
}

func TestAFileGoesWhenItsVisitsAreLongClosedAndHeldByCentral(t *testing.T) {
	t.Parallel()
	seed := func(b byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(append(make([]byte, 31), b)) }
	public := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	key, office := seed(1), seed(2)
	roster := &journal.Roster{Shop: "demo", Nodes: []tlog.RosterNode{
		{Name: "demo-bay-1", Role: "bay", Key: public(key)}, {Name: "demo-central", Role: "central", Key: public(office)}}}
	opened := time.UnixMilli(1_790_000_000_000)
	clock := &setClock{opened}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(t.TempDir(), "n"), Node: "demo-bay-1", Key: key, Roster: roster,
		Clock: clock, Quality: func() uint8 { return 3 }, SegmentLeaves: 40})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	write := func(kind, id string) {
		if _, err := j.Append(t.Context(), journal.Draft{Kind: kind, Job: id}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := vault.Open(vault.Options{Dir: t.TempDir(), Node: "demo-bay-1", Key: key, Roster: roster})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close() //nolint:errcheck // nothing is kept
	h := &house{journal: j, vault: v, clocks: clocks.New(), member: &shop.Member{Node: "demo-bay-1", Roster: roster}}
	trims := func(want int, now time.Time, why string) {
		t.Helper()
		got, err := h.trimAt(t.Context(), now)
		if err != nil || got.Files != want {
			t.Fatalf("%s: %d files go (%v), want %d", why, got.Files, err, want)
		}
	}
	begun := j.Tips()[0].Checkpoint
	for i := range 60 { // the last visit of the first files stays open for some days more
		write("job.opened", fmt.Sprint("j-", i))
		if i != 30 {
			write("car.handed_back", fmt.Sprint("j-", i))
		}
	}
	later := opened.Add(31 * day)
	trims(0, later, "nobody holds it")
	held := func(size uint64) {
		t.Helper()
		if err := j.Heard("demo-central", map[string][2]uint64{j.Origin(): {0, size}}); err != nil {
			t.Fatal(err)
		}
	}
	size := j.Tips()[0].Size
	held(size)
	trims(0, later, "nobody has cosigned it")
	cosigned := func(checkpoint []byte) {
		t.Helper()
		note, err := tlog.AddCosignature(checkpoint, "demo-central", office, 0)
		if err == nil {
			err = j.TakeCosigned(note)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cosigned(begun)
	trims(0, later, "others have cosigned its first entry alone")
	cosigned(j.Tips()[0].Checkpoint)
	held(0)
	trims(0, later, "head office holds it no more")
	held(size)
	trims(0, opened.Add(29*day), "its visits are closed for 29 days")
	trims(1, later, "one file has closed visits only, the next has one that is open")
	clock.now = later
	write("car.handed_back", "j-30")
	trims(0, later.Add(29*day), "the visit is closed for 29 days")
	h.cfg.Trim.Days = 60
	trims(0, later.Add(31*day), "the configuration keeps for 60 days")
	h.cfg.Trim.Days = 0
	trims(2, later.Add(31*day), "all is closed")
	if err := j.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	h.cfg.Trim.Off = true
	if err := h.trim(t.Context()); err != nil { // it returns at once
		t.Error(err)
	}
}
