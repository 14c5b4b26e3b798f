//go:build !race

package journal_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// headAttacks are those on heads, checkpoints, cosignatures, identity and roster.
func headAttacks() map[string]func(t *testing.T, s *scene) []string {
	out := map[string]func(t *testing.T, s *scene) []string{}
	head := func(name string, change func(t *testing.T, s *scene, h map[string]any), want ...string) {
		out[name] = func(t *testing.T, s *scene) []string {
			s.alter(t, s.file(t, sceneSize-1), func(tx *bbolt.Tx) error {
				return s.head(tx, func(h map[string]any) { change(t, s, h) })
			})
			return want
		}
	}
	head("say that the log is longer", func(_ *testing.T, _ *scene, h map[string]any) { h["size"] = sceneSize + 1 }, "a frontier of size 301")
	head("put another tree in the head", func(_ *testing.T, _ *scene, h map[string]any) {
		h["nodes"].([]any)[0] = strings.Repeat("ab", 32)
	}, "the tree over all leaves is not the one of its head")
	head("say that the beginning was trimmed", func(_ *testing.T, _ *scene, h map[string]any) {
		h["low"], h["cut"] = 8, []string{strings.Repeat("cd", 32)}
	}, "the tree over all leaves is not the one of its head", "it begins")
	head("take the checkpoint away", func(_ *testing.T, _ *scene, h map[string]any) { h["checkpoint"], h["checkpoint_size"] = "", 0 }, "are under no checkpoint")
	head("an older checkpoint for the newest", func(t *testing.T, s *scene, h map[string]any) {
		h["checkpoint"], h["checkpoint_size"] = string(s.note), sceneCosigned
	}, "entries 290 to 299 are under no checkpoint")
	head("an older checkpoint under the newest size", func(t *testing.T, s *scene, h map[string]any) { h["checkpoint"] = string(s.note) }, "it is of size 290")
	for _, who := range []string{"demo-reception", "demo-central", "a stranger"} {
		head("a checkpoint signed by "+who, func(t *testing.T, s *scene, h map[string]any) {
			key := newTestShop("demo-x").keys["demo-x"]
			if k, ok := s.shop.keys[who]; ok {
				key = k
			}
			c := tlog.Checkpoint{Origin: s.origin, Size: sceneSize}
			b, err := journal.SignAs(c, key)
			must(t, err)
			h["checkpoint"] = string(b)
		}, "checkpoint of size 300: the segment does not verify")
	}
	cosignAttacks(out)
	rosterAttacks(out)
	out["forge a kept checkpoint"] = func(t *testing.T, s *scene) []string {
		s.alter(t, s.file(t, 256), func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("checkpoints")).Bucket([]byte(s.origin))
			if b == nil || b.Get(seqKey(256)) == nil {
				return fmt.Errorf("no checkpoint is kept at 256")
			}
			return b.Put(seqKey(256), s.note)
		})
		return []string{"checkpoint of size 256: it is of size 290"}
	}
	out["hide entries under another origin"] = func(t *testing.T, s *scene) []string {
		s.alter(t, s.file(t, 299), func(tx *bbolt.Tx) error {
			b, err := tx.Bucket([]byte("leaves")).CreateBucketIfNotExists([]byte("demo-bay-9/" + strings.Repeat("0", 32)))
			if err != nil {
				return err
			}
			return b.Put(seqKey(0), []byte("x"))
		})
		return []string{"whom it does not know"}
	}
	return out
}

// cosignAttacks are those on the cosigned checkpoints that a node keeps.
func cosignAttacks(out map[string]func(t *testing.T, s *scene) []string) {
	for name, change := range map[string]func(note string) string{
		"edit a cosigned checkpoint's size":  func(n string) string { return strings.Replace(n, "\n290\n", "\n291\n", 1) },
		"edit a cosignature":                 func(n string) string { return n[:len(n)-12] + "AAAA" + n[len(n)-8:] },
		"one's cosignature under other name": func(n string) string { return strings.Replace(n, "— demo-reception ", "— demo-bay-1 ", 1) },
		"no cosignature at all":              func(n string) string { return n[:strings.Index(n, "— demo-central")] },
	} {
		out[name] = func(t *testing.T, s *scene) []string {
			must(t, writeCosigned(filepath.Join(s.node("demo-bay-1"), "cosigned.json"), s.origin, sceneCosigned, []byte(change(string(s.note)))))
			return []string{"a cosigned checkpoint does not verify"}
		}
	}
	out["a cosigned checkpoint of another tree"] = func(t *testing.T, s *scene) []string {
		b, err := journal.SignAs(tlog.Checkpoint{Origin: s.origin, Size: 200}, s.shop.keys["demo-bay-1"])
		must(t, err)
		b, err = tlog.AddCosignature(b, "demo-reception", s.shop.keys["demo-reception"], 1)
		must(t, err)
		must(t, writeCosigned(filepath.Join(s.node("demo-bay-1"), "cosigned.json"), s.origin, 200, b))
		return []string{"200 entries were cosigned by demo-reception with another tree"}
	}
}

// rosterAttacks are those with another key.
func rosterAttacks(out map[string]func(t *testing.T, s *scene) []string) {
	out["another epoch in the identity"] = func(t *testing.T, s *scene) []string {
		path := filepath.Join(s.node("demo-bay-1"), "identity")
		b, err := os.ReadFile(path)
		must(t, err)
		epoch := strings.TrimPrefix(s.origin, "demo-bay-1/")
		must(t, os.WriteFile(path, []byte(strings.Replace(string(b), epoch, strings.Repeat("0", 32), 1)), 0o600))
		return []string{"holds nothing of its own log"}
	}
	out["a roster with the bay's key swapped, signed by a stranger"] = func(t *testing.T, s *scene) []string {
		other := newTestShop("demo-bay-1", "demo-reception", "demo-central")
		other.roster.Nodes[0].Key = other.roster.Nodes[1].Key
		signed, err := tlog.SignRoster(other.roster, s.shop.keys["demo-reception"])
		must(t, err)
		must(t, os.WriteFile(filepath.Join(s.node("demo-bay-1"), "roster"), signed, 0o600))
		return []string{"roster"}
	}
	out["another shop's key beside the roster"] = func(t *testing.T, s *scene) []string {
		must(t, os.WriteFile(filepath.Join(s.node("demo-bay-1"), "shop.pub"), []byte(s.shopKey[:len(s.shopKey)-4]+"AAA=\n"), 0o600))
		return []string{"shop.pub", "roster", "key"}
	}
}

func writeCosigned(path, origin string, size int, note []byte) error {
	b, err := json.Marshal(map[string]tlog.Cosigned{origin: {Size: uint64(size), Note: note}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
