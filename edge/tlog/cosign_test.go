package tlog_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"pitlane/edge/tlog"
)

func cosigned(t testing.TB, signed []byte, node string, key ed25519.PrivateKey, sec uint64) []byte {
	t.Helper()
	b, err := tlog.AddCosignature(signed, node, key, sec)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestACosignatureIsOneOfC2SP: another program verifies it.
func TestACosignatureIsOneOfC2SP(t *testing.T) {
	t.Parallel()
	m := logOf(t, "demo-a", 3)
	b := cosigned(t, m.signed(t, 3, keyOf("demo-a")), "demo-b", keyOf("demo-b"), 1_790_000_000)
	plain, err := note.NewEd25519VerifierKey("demo-b", keyOf("demo-b").Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := fnote.VKeyToCosignatureV1(plain)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(b, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 1 {
		t.Fatalf("another reader of cosignatures says %v", err)
	}
	if at, err := fnote.CoSigV1Timestamp(n.Sigs[0]); err != nil || at.Unix() != 1_790_000_000 {
		t.Errorf("it reads the time as %v (%v)", at, err)
	}
}

func TestCosignaturesStandByName(t *testing.T) {
	t.Parallel()
	m, roster := logOf(t, "demo-c", 4), rosterOf("demo-a", "demo-b", "demo-c", "demo-d")
	own := m.signed(t, 4, keyOf("demo-c"))
	b := cosigned(t, own, "demo-d", keyOf("demo-d"), 0)
	b = cosigned(t, b, "demo-a", keyOf("demo-a"), 1_790_000_000)
	b = cosigned(t, b, "demo-b", keyOf("demo-b"), 1_790_000_001)
	b = cosigned(t, b, "demo-a", keyOf("demo-a"), 1_790_000_002) // in place of the first
	b = cosigned(t, b, "demo-c", keyOf("demo-c"), 1_790_000_003) // nobody is a witness of himself
	if !bytes.HasPrefix(b, own) {
		t.Errorf("the origin's own signature does not stand first:\n%s", b)
	}
	if got := (tlog.Cosigned{Size: 4, Note: b}).Witnesses(); !slices.Equal(got, []string{"demo-a", "demo-b", "demo-d"}) {
		t.Errorf("witnesses %q", got)
	}
	w, err := roster.CheckCosigned(b)
	if err != nil || w.Size != 4 || w.Root != m.tree.Root() || len(w.Witness) != 3 {
		t.Fatalf("%+v %v", w, err)
	}
	if !w.Witness["demo-a"].Equal(time.Unix(1_790_000_002, 0)) || !w.Witness["demo-d"].IsZero() {
		t.Errorf("times %v", w.Witness)
	}
	if err := roster.AllSigned(b, w); err != nil {
		t.Error(err)
	}
}

// TestOnlyCosignaturesThatVerifyCount: others are dropped, and one in the name of a
// node of the shop is named.
func TestOnlyCosignaturesThatVerifyCount(t *testing.T) {
	t.Parallel()
	m, roster := logOf(t, "demo-a", 4), rosterOf("demo-a", "demo-b")
	own := m.signed(t, 4, keyOf("demo-a"))
	good := cosigned(t, own, "demo-b", keyOf("demo-b"), 1_790_000_000)
	raw, err := base64.StdEncoding.DecodeString(strings.Fields(string(good[bytes.LastIndex(good, []byte("— demo-b")):]))[2])
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		b := bytes.Replace(good, []byte(base64.StdEncoding.EncodeToString(raw)), []byte(base64.StdEncoding.EncodeToString(bad)), 1)
		w, err := roster.CheckCosigned(b)
		if err != nil || len(w.Witness) > 0 {
			t.Errorf("byte %d changed: %v, %v", i, w.Witness, err)
		}
		if roster.AllSigned(b, w) == nil {
			t.Errorf("byte %d changed: it is not named", i)
		}
	}
	stranger := cosigned(t, good, "demo-x", keyOf("demo-x"), 1)
	if w, err := roster.CheckCosigned(stranger); err != nil || len(w.Witness) != 1 || roster.AllSigned(stranger, w) != nil {
		t.Errorf("with a stranger's beside it: %v, %v", w.Witness, err)
	}
	text, lines, err := tlog.NoteLines(stranger)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := roster.Cosignatures(text, lines); err != nil || len(kept) != 1 || kept["demo-b"] == "" {
		t.Errorf("kept are %v (%v)", kept, err)
	}
	for name, b := range map[string][]byte{
		"nothing":                   nil,
		"a text":                    []byte("hello\n"),
		"no signature":              []byte("hello\n\n"),
		"a broken line":             append(bytes.Clone(good), "- demo-c AAAA\n"...),
		"the origin's is another's": cosigned(t, m.signed(t, 4, keyOf("demo-b")), "demo-b", keyOf("demo-b"), 1),
		"another size":              bytes.Replace(good, []byte("\n4\n"), []byte("\n5\n"), 1),
	} {
		if _, err := roster.CheckCosigned(b); !errors.Is(err, tlog.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzNote: what is taken apart and put together is the same the second time, and
// nothing that verifies is of a node off the roster.
func FuzzNote(f *testing.F) {
	m, roster := logOf(f, "demo-a", 2), rosterOf("demo-a", "demo-b")
	own := m.signed(f, 2, keyOf("demo-a"))
	f.Add(own)
	f.Add(cosigned(f, own, "demo-b", keyOf("demo-b"), 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, err := roster.CheckCosigned(b); err == nil {
			for name := range w.Witness {
				if _, ok := roster.Node(name); !ok {
					t.Errorf("%q is a witness", name)
				}
			}
		}
		text, lines, err := tlog.NoteLines(b)
		if err != nil {
			return
		}
		once := tlog.JoinLines(text, lines, nil)
		text2, lines2, err := tlog.NoteLines(once)
		if err != nil || text2 != text || lines2[0] != lines[0] || !bytes.Equal(tlog.JoinLines(text2, lines2, nil), once) {
			t.Errorf("%q becomes %q (%v)", b, once, err)
		}
	})
}
