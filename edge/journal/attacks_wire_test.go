//go:build !race

package journal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

type receiptAttack struct {
	change func(t *testing.T, s *scene, r *receipt.Receipt)
	want   string
}

// receiptAttacks change a receipt in its valid form, by who knows the form.
func receiptAttacks() map[string]receiptAttack {
	leaf := func(change func(e *journal.Entry)) func(*testing.T, *scene, *receipt.Receipt) {
		return func(t *testing.T, _ *scene, r *receipt.Receipt) {
			e, err := tlog.DecodeLeaf(r.Leaf)
			must(t, err)
			change(&e)
			must(t, journal.Recode(&e))
			r.Leaf = e.Leaf
		}
	}
	const notIn = "the leaf is not in the log that was signed"
	return map[string]receiptAttack{
		"edit the statement": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			r.Opening.Payload = bytes.Replace(r.Opening.Payload, []byte("A-003"), []byte("A-004"), 1)
		}, "the leaf commits to another text"},
		"edit the statement and its commitment": {func(t *testing.T, s *scene, r *receipt.Receipt) {
			r.Opening.Payload = []byte(`{"ticket":"A-009"}`)
			leaf(func(e *journal.Entry) { e.WorkCommit = r.Opening.Commit() })(t, s, r)
		}, notIn},
		"backdate the seal":     {leaf(func(e *journal.Entry) { e.WallMS -= 1 }), notIn},
		"seal another job":      {leaf(func(e *journal.Entry) { e.Job = "job-4" }), notIn},
		"seal by another node":  {leaf(func(e *journal.Entry) { e.Origin = strings.Replace(e.Origin, "bay-1", "bay-2", 1) }), "its checkpoint is not one of the leaf's log"},
		"an amendment for seal": {leaf(func(e *journal.Entry) { e.Kind = receipt.Amended }), notIn},
		"no seal at all":        {leaf(func(e *journal.Entry) { e.Kind = "work.paused" }), "its leaf is of the kind work.paused"},
		"another place":         {func(_ *testing.T, _ *scene, r *receipt.Receipt) { r.Index-- }, "the proof is of number"},
		"another proof":         {func(_ *testing.T, _ *scene, r *receipt.Receipt) { r.Proof[2][0] ^= 1 }, notIn},
		"a proof cut short":     {func(_ *testing.T, _ *scene, r *receipt.Receipt) { r.Proof = r.Proof[1:] }, notIn},
		"another size": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			r.Checkpoint = bytes.Replace(r.Checkpoint, []byte("\n290\n"), []byte("\n291\n"), 1)
		}, notIn},
		"another checkpoint of the same tree, not signed": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			at := bytes.Index(r.Checkpoint, []byte("— demo-bay-1 ")) + 30
			r.Checkpoint = slices.Concat(r.Checkpoint[:at], []byte("AAAA"), r.Checkpoint[at+4:])
		}, "the log's node has not signed the checkpoint"},
		"one witness taken away": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			r.Checkpoint = r.Checkpoint[:bytes.LastIndex(r.Checkpoint, []byte("— "))]
		}, "the policy demands cosignatures that it does not bear"},
		"one witness for another": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			r.Checkpoint = bytes.Replace(r.Checkpoint, []byte("— demo-central "), []byte("— demo-bay-1 "), 1)
		}, "its cosignatures are not by name"},
		"a witness's signature changed": {func(_ *testing.T, _ *scene, r *receipt.Receipt) {
			r.Checkpoint = append(bytes.Clone(r.Checkpoint[:len(r.Checkpoint)-12]), "AAAA"+string(r.Checkpoint[len(r.Checkpoint)-8:])...)
		}, "the cosignature of demo-reception does not verify"},
		"the log rewritten and signed by the bay alone": {func(t *testing.T, s *scene, r *receipt.Receipt) {
			e, err := tlog.DecodeLeaf(r.Leaf)
			must(t, err)
			e.Seq, e.WorkCommit = 0, r.Opening.Commit()
			must(t, journal.Recode(&e))
			r.Leaf, r.Index, r.Proof = e.Leaf, 0, nil
			r.Checkpoint, err = journal.SignAs(tlog.Checkpoint{Origin: e.Origin, Size: 1, Root: e.Hash}, s.shop.keys["demo-bay-1"])
			must(t, err)
		}, "the policy demands cosignatures that it does not bear"},
		"a shop of one's own": {func(t *testing.T, s *scene, r *receipt.Receipt) {
			key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, 32))
			signed, err := tlog.SignRoster(s.shop.roster, key)
			must(t, err)
			r.Shop, r.Roster = receipt.FormatKey("demo", key.Public().(ed25519.PublicKey)), signed
		}, "the policy names another shop's key"},
		"a roster signed by a node": {func(t *testing.T, s *scene, r *receipt.Receipt) {
			signed, err := tlog.SignRoster(s.shop.roster, s.shop.keys["demo-bay-1"])
			must(t, err)
			r.Roster = signed
		}, "its roster"},
	}
}

func (s *scene) witnessLine(node string) string {
	key := append([]byte{4}, s.shop.keys[node].Public().(ed25519.PublicKey)...)
	h := sha256.Sum256(append([]byte(node+"\n"), key...))
	return fmt.Sprintf("witness w-%s %s+%x+%s\n", node, node, h[:4], base64.StdEncoding.EncodeToString(key))
}

// onTheWire are what somebody between two nodes can do to a segment.
func onTheWire() map[string]func(t *testing.T, s *scene, seg *journal.Segment, at int) {
	field := func(change func(e *journal.Entry)) func(*testing.T, *scene, *journal.Segment, int) {
		return func(t *testing.T, _ *scene, seg *journal.Segment, at int) {
			e, err := tlog.DecodeLeaf(seg.Entries[at].Leaf)
			must(t, err)
			change(&e)
			must(t, journal.Recode(&e))
			seg.Entries[at].Leaf = e.Leaf
		}
	}
	next := func(seg *journal.Segment, at int) int { return (at + 1) % len(seg.Entries) }
	signed := func(who string) func(*testing.T, *scene, *journal.Segment, int) {
		return func(t *testing.T, s *scene, seg *journal.Segment, at int) {
			field(func(e *journal.Entry) { e.Kind = "work.resumed" })(t, s, seg, at)
			var f tlog.Frontier
			for _, e := range seg.Entries {
				f.Add(tlog.LeafHash(e.Leaf))
			}
			b, err := journal.SignAs(tlog.Checkpoint{Origin: s.origin, Size: f.Size, Root: f.Root()}, s.shop.keys[who])
			must(t, err)
			seg.Checkpoint, seg.Proof = b, nil
		}
	}
	return map[string]func(t *testing.T, s *scene, seg *journal.Segment, at int){
		"edit":                field(func(e *journal.Entry) { e.Kind = "work.resumed" }),
		"backdate":            field(func(e *journal.Entry) { e.WallMS -= 60_000 }),
		"edit a commitment":   field(func(e *journal.Entry) { e.WorkCommit[3] ^= 8 }),
		"move to another job": field(func(e *journal.Entry) { e.Job = "job-8" }),
		"delete": func(_ *testing.T, _ *scene, seg *journal.Segment, at int) {
			seg.Entries = slices.Delete(seg.Entries, at, at+1)
		},
		"insert": func(_ *testing.T, _ *scene, seg *journal.Segment, at int) {
			seg.Entries = slices.Insert(seg.Entries, at, seg.Entries[at])
		},
		"reorder": func(_ *testing.T, _ *scene, seg *journal.Segment, at int) {
			n := next(seg, at)
			seg.Entries[at], seg.Entries[n] = seg.Entries[n], seg.Entries[at]
		},
		"truncate":               func(_ *testing.T, _ *scene, seg *journal.Segment, at int) { seg.Entries = seg.Entries[:max(at, 1)] },
		"an older checkpoint":    func(_ *testing.T, s *scene, seg *journal.Segment, _ int) { seg.Checkpoint = s.note },
		"sign with a peer's key": signed("demo-reception"),
		"sign as head office":    signed("demo-central"),
	}
}

func TestAttacksOnTheWireAreRefusedAndNamed(t *testing.T) {
	t.Parallel()
	s, n := newScene(t), 0
	bay := s.open(t, "demo-bay-1", s.bay)
	fresh := s.shop.open(t, s.options(t, "demo-central", t.TempDir()))
	for kind, attack := range onTheWire() {
		for _, at := range []int{1, 60, 150, 288, 298} {
			n++
			t.Run(fmt.Sprintf("%s, entry %d", kind, at), func(t *testing.T) {
				seg, err := bay.Segment(t.Context(), s.origin, 0, 1<<20)
				must(t, err)
				if len(seg.Entries) != sceneSize {
					t.Fatalf("%d entries", len(seg.Entries))
				}
				attack(t, s, &seg, at)
				if err := fresh.Adopt(t.Context(), seg); !errors.Is(err, tlog.ErrForged) {
					t.Errorf("it is %v", err)
				}
				if size(fresh, s.origin) != 0 {
					t.Error("something of it was kept")
				}
			})
		}
	}
	if n < 50 {
		t.Errorf("%d attacks", n)
	}
}

// A sealed payload put in another's place is seen by who has the keys; without them
// it lies closed, and is named once they come.
func TestSwappedPayloadsAreFoundWhereTheKeysAre(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	bay := s.open(t, "demo-bay-1", s.bay)
	for _, at := range []int{1, 60, 150, 288, 298} {
		for _, keysFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("entry %d, keys first: %v", at, keysFirst), func(t *testing.T) {
				seg, err := bay.Segment(t.Context(), s.origin, 0, 1<<20)
				must(t, err)
				fresh := s.shop.open(t, s.options(t, "demo-central", t.TempDir()))
				ids := map[tlog.KeyID]bool{}
				for _, e := range seg.Entries {
					for _, box := range []*tlog.Sealed{e.SealedWork, e.SealedContact} {
						if box != nil {
							ids[box.Key] = true
						}
					}
				}
				give := func() {
					to := fresh.Keys().(*vault.Vault)
					public, sig := to.Receiver()
					box, boxSig, err := bay.Keys().(*vault.Vault).Wrap("demo-central", public, sig, slices.Collect(maps.Keys(ids)))
					must(t, err)
					must(t, to.Unwrap("demo-bay-1", box, boxSig))
				}
				if keysFirst {
					give()
				}
				seg.Entries[at].SealedWork = seg.Entries[(at+7)%280].SealedWork
				err = fresh.Adopt(t.Context(), seg)
				if keysFirst {
					if !errors.Is(err, tlog.ErrForged) || !strings.Contains(err.Error(), "does not open under its key in this place") {
						t.Errorf("it is %v", err)
					}
					return
				}
				must(t, err)
				give()
				s.named(t, strings.Join(fresh.VerifyReport(t.Context()).Findings, "\n"), []string{"does not open under its key in this place"})
			})
		}
	}
}
