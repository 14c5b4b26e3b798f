//go:build !race

package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// places are where in the log an attack strikes: in each segment file, before and
// after the cosigned checkpoint.
func places() []int { return []int{0, 1, 57, 130, 255, 289, 299} }

// outsiders are what somebody can do to the files who has them and no key. Each
// result names the words by which `pitlane verify` must name it; of several, one.
func outsiders() map[string]func(t *testing.T, s *scene, seq int) []string {
	leaf := []string{"the stored tree hashes are not those", "the tree over all leaves is not the one of its head"}
	edit := func(change func(e *journal.Entry)) func(*testing.T, *scene, int) []string {
		return func(t *testing.T, s *scene, seq int) []string {
			s.refield(t, seq, change)
			return []string{"the tree over all leaves is not the one of its head"}
		}
	}
	return map[string]func(t *testing.T, s *scene, seq int) []string{
		"edit what happened": edit(func(e *journal.Entry) { e.Kind = "work.resumed" }),
		"edit whose job":     edit(func(e *journal.Entry) { e.Job = "job-9" }),
		"edit a commitment":  edit(func(e *journal.Entry) { e.WorkCommit[0] ^= 1 }),
		"backdate":           edit(func(e *journal.Entry) { e.WallMS -= 86_400_000 }),
		"make a clock sure":  edit(func(e *journal.Entry) { e.Quality = 3 }),
		"name other parents": edit(func(e *journal.Entry) { e.Parents = []journal.Hash{{1}} }),
		"delete": func(t *testing.T, s *scene, seq int) []string {
			s.records(t, seq, func(b *bbolt.Bucket) error { return b.Delete(seqKey(seq)) })
			return []string{fmt.Sprintf("seq %d: the entry is missing", seq)}
		},
		"insert in the place of another": func(t *testing.T, s *scene, seq int) []string {
			s.refield(t, seq, func(e *journal.Entry) { e.Kind, e.Job, e.Request = "bill.settled", "job-1", journal.RequestID{9} })
			return leaf
		},
		"replay an older entry": func(t *testing.T, s *scene, seq int) []string {
			s.records(t, seq, func(b *bbolt.Bucket) error {
				k, v := b.Cursor().First()
				if bytes.Equal(k, seqKey(seq)) {
					_, v = b.Cursor().Last()
				}
				return b.Put(seqKey(seq), slices.Clone(v))
			})
			return []string{"it holds " + s.origin + " seq "}
		},
		"reorder": func(t *testing.T, s *scene, seq int) []string {
			s.records(t, seq, func(b *bbolt.Bucket) error {
				c := b.Cursor()
				k, v := c.Seek(seqKey(seq))
				k2, v2 := c.Next()
				if k2 == nil {
					c.Seek(seqKey(seq))
					k2, v2 = c.Prev()
				}
				k, v, k2, v2 = slices.Clone(k), slices.Clone(v), slices.Clone(k2), slices.Clone(v2)
				if err := b.Put(k, v2); err != nil {
					return err
				}
				return b.Put(k2, v)
			})
			return []string{"it holds " + s.origin + " seq "}
		},
		"move everything after by one": func(t *testing.T, s *scene, seq int) []string {
			s.records(t, seq, func(b *bbolt.Bucket) error {
				var all [][]byte
				c := b.Cursor()
				for k, v := c.Seek(seqKey(seq)); k != nil; k, v = c.Next() {
					all = append(all, slices.Clone(v))
				}
				for i, v := range all {
					if err := b.Put(seqKey(seq+i+1), v); err != nil {
						return err
					}
				}
				return b.Delete(seqKey(seq))
			})
			return []string{fmt.Sprintf("seq %d: the entry is missing", seq)}
		},
		"take the payload away, and the word that there was one": func(t *testing.T, s *scene, seq int) []string {
			s.rewrite(t, seq, func(leaf *[]byte, hashes *[]journal.Hash, work, _ **tlog.Sealed) {
				e, err := tlog.DecodeLeaf(*leaf)
				must(t, err)
				e.WorkCommit, e.ContactCommit, *work = journal.Hash{}, journal.Hash{}, nil
				e.Kind = "work.none"
				must(t, journal.Recode(&e))
				*leaf, (*hashes)[0] = e.Leaf, e.Hash
			})
			return leaf
		},
		"put a false tree hash in": func(t *testing.T, s *scene, seq int) []string {
			s.rewrite(t, seq, func(_ *[]byte, hashes *[]journal.Hash, _, _ **tlog.Sealed) { (*hashes)[0][5] ^= 4 })
			return []string{"the stored tree hashes are not those"}
		},
	}
}

func TestAttacksOfAnOutsiderOnTheFilesAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	base, n := newScene(t), 0
	if got := base.findings(t, base.node("demo-bay-1")); got != "" {
		t.Fatalf("before any attack: %s", got)
	}
	for kind, attack := range outsiders() {
		for _, seq := range places() {
			n++
			t.Run(fmt.Sprintf("%s, entry %d", kind, seq), func(t *testing.T) {
				s := base.copy(t)
				want := attack(t, s, seq)
				s.named(t, s.findings(t, s.node("demo-bay-1")), want)
			})
		}
	}
	if n < 90 {
		t.Errorf("%d attacks", n)
	}
}

// named demands that an attack is found, and by one of these words.
func (s *scene) named(t *testing.T, got string, want []string) {
	t.Helper()
	if got == "" {
		t.Fatal("not detected")
	}
	for _, w := range want {
		if strings.Contains(got, w) {
			return
		}
	}
	t.Errorf("it is found, and not by its name %q:\n%s", want, got)
}

// whole are attacks on more than one entry, or on what proves them.
func whole() map[string]func(t *testing.T, s *scene) []string {
	out := headAttacks()
	seg := func(s *scene, n int) string {
		return filepath.Join(s.node("demo-bay-1"), "segments", fmt.Sprintf("%06d.db", n))
	}
	for n := 1; n <= 4; n++ {
		out[fmt.Sprintf("delete segment file %d", n)] = func(t *testing.T, s *scene) []string {
			must(t, os.Remove(seg(s, n)))
			return []string{fmt.Sprintf("%06d.db", n), "fewer are there"}
		}
		out[fmt.Sprintf("empty segment file %d", n)] = func(t *testing.T, s *scene) []string {
			must(t, os.Truncate(seg(s, n), 0))
			return []string{fmt.Sprintf("%06d.db", n)}
		}
		out[fmt.Sprintf("put the reception's file in the place of file %d", n)] = func(t *testing.T, s *scene) []string {
			b, err := os.ReadFile(filepath.Join(s.node("demo-reception"), "segments", "000001.db"))
			must(t, err)
			must(t, os.WriteFile(seg(s, n), b, 0o600))
			return []string{fmt.Sprintf("%06d.db", n), "fewer are there"}
		}
	}
	for n := 1; n < 4; n++ {
		out[fmt.Sprintf("swap segment files %d and %d", n, n+1)] = func(t *testing.T, s *scene) []string {
			must(t, os.Rename(seg(s, n), seg(s, 9)))
			must(t, os.Rename(seg(s, n+1), seg(s, n)))
			must(t, os.Rename(seg(s, 9), seg(s, n+1)))
			return []string{fmt.Sprintf("%06d.db", n), "fewer are there", "begins at"}
		}
	}
	for _, keep := range []int{231, 250, 289} {
		out[fmt.Sprintf("truncate to %d entries, head and all", keep)] = func(t *testing.T, s *scene) []string {
			s.truncate(t, keep)
			return []string{"checkpoint"}
		}
	}
	out["roll the newest file back"] = func(t *testing.T, s *scene) []string {
		b, err := os.ReadFile(filepath.Join(s.early, "segments", "000004.db"))
		must(t, err)
		must(t, os.WriteFile(seg(s, 4), b, 0o600))
		return []string{"an older copy was put back"}
	}
	out["roll the log back and forget what was known of it"] = func(t *testing.T, s *scene) []string {
		must(t, os.Remove(filepath.Join(s.node("demo-bay-1"), "meta.db")))
		must(t, os.Remove(seg(s, 4)))
		return []string{"were cosigned"}
	}
	return out
}

// truncate cuts the bay's own log, and makes its head as small. The checkpoint
// cannot be signed.
func (s *scene) truncate(t *testing.T, keep int) {
	t.Helper()
	var f tlog.Frontier
	for _, e := range s.read(t)[:keep] {
		f.Add(e.Hash)
	}
	s.alter(t, s.file(t, keep), func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("leaves")).Bucket([]byte(s.origin))
		for seq := keep; seq < sceneSize; seq++ {
			if err := b.Delete(seqKey(seq)); err != nil {
				return err
			}
		}
		return s.head(tx, func(h map[string]any) { h["size"], h["nodes"], h["checkpoint_size"] = f.Size, f.Nodes, f.Size })
	})
}

// head changes the bay's head in a file, in the order of its fields.
func (s *scene) head(tx *bbolt.Tx, change func(h map[string]any)) error {
	b := tx.Bucket([]byte("heads"))
	h := map[string]any{}
	if err := json.Unmarshal(b.Get([]byte(s.origin)), &h); err != nil {
		return err
	}
	change(h)
	var out []string
	for _, k := range []string{"low", "cut", "size", "nodes", "checkpoint_size", "checkpoint"} {
		if v, ok := h[k]; ok {
			j, err := json.Marshal(v)
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%q:%s", k, j))
		}
	}
	return b.Put([]byte(s.origin), []byte("{"+strings.Join(out, ",")+"}"))
}

func TestAttacksOnWhatProvesTheLogAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	base := newScene(t)
	for name, attack := range whole() {
		t.Run(name, func(t *testing.T) {
			s := base.copy(t)
			want := attack(t, s)
			s.named(t, s.findings(t, s.node("demo-bay-1")), want)
		})
	}
}
