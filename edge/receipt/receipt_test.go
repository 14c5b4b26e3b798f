package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fproof "github.com/transparency-dev/formats/proof"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	sumdb "golang.org/x/mod/sumdb/tlog"

	"pitlane/edge/receipt"
	"pitlane/edge/tlog"
)

var update = flag.Bool("update", false, "write the golden receipt anew")

func TestAReceiptProvesWhatWasSealed(t *testing.T) {
	m := sealedWith(t, 40, statement(40))
	got, err := receipt.Verify(m.file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Shop != "demo" || got.Pinned || got.Entry.Job != "job-1" || string(got.Payload) != statement(40) {
		t.Errorf("proven = %+v", got)
	}
	var names []string
	for _, w := range got.Witness {
		names = append(names, w.Name+" "+w.Role+" "+w.Time.Format(time.RFC3339))
	}
	want := []string{"demo-bay-1 bay 2026-09-21T14:15:23Z", "demo-central central 2026-09-21T14:15:23Z"}
	if !slices.Equal(names, want) {
		t.Errorf("witnesses = %q, want %q", names, want)
	}
	if len(m.file) > 20<<10 {
		t.Errorf("a receipt of a job of 40 events has %d bytes, more than 20 KiB", len(m.file))
	}
}

// parallel runs a check on both processors.
func parallel(n int, check func(worker, i int)) {
	var g sync.WaitGroup
	cpus := runtime.GOMAXPROCS(0)
	for w := range cpus {
		g.Go(func() {
			for i := w; i < n; i += cpus {
				check(w, i)
			}
		})
	}
	g.Wait()
}

func TestNoFlippedBitIsAccepted(t *testing.T) {
	m := sealedWith(t, 3, statement(3))
	if n := 8 * len(m.file); n < 12_000 {
		t.Fatalf("only %d bits to flip", n)
	}
	parallel(8*len(m.file), func(_, i int) {
		b := bytes.Clone(m.file)
		b[i/8] ^= 1 << (i % 8)
		if _, err := receipt.Verify(b, nil); err == nil {
			t.Errorf("bit %d of byte %d flipped, and accepted", i%8, i/8)
		}
	})
}

// mutate changes a file in one of the ways that files are changed by accident or by
// those who try to pass a false one.
func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(3) {
		i, j := r.IntN(len(b)), r.IntN(len(b))
		switch r.IntN(8) {
		case 0:
			b[i] ^= byte(1 + r.IntN(255))
		case 1:
			b = slices.Delete(b, i, min(len(b), i+1+r.IntN(8)))
		case 2:
			b = slices.Insert(b, i, byte(r.IntN(256)))
		case 3:
			b[i], b[j] = b[j], b[i]
		case 4: // a line twice, or gone
			lines := bytes.SplitAfter(b, []byte("\n"))
			k := r.IntN(len(lines))
			if r.IntN(2) == 0 {
				lines = slices.Insert(lines, k, lines[k])
			} else {
				lines = slices.Delete(lines, k, k+1)
			}
			b = bytes.Join(lines, nil)
		case 5: // two lines change places
			lines := bytes.SplitAfter(b, []byte("\n"))
			k, l := r.IntN(len(lines)), r.IntN(len(lines))
			lines[k], lines[l] = lines[l], lines[k]
			b = bytes.Join(lines, nil)
		case 6:
			b = b[:i]
		case 7:
			b = append(b, b[i:min(len(b), i+r.IntN(80))]...)
		}
		if len(b) == 0 {
			return b
		}
	}
	return b
}

func TestNoMutationIsAccepted(t *testing.T) {
	h := newHerd(t)
	n := 5_000
	if os.Getenv("PITLANE_SOAK") != "" {
		n = 1_200_000
	}
	rngs := make([]*rand.Rand, runtime.GOMAXPROCS(0))
	for i := range rngs {
		rngs[i] = rand.New(rand.NewPCG(uint64(i), 7))
	}
	var fewer, formed atomic.Int64
	parallel(n, func(w, _ int) {
		b := h.mutant(rngs[w])
		_, err := receipt.Verify(b, nil)
		if err != nil && !errors.Is(err, receipt.ErrForm) {
			formed.Add(1)
		}
		if err == nil {
			fewer.Add(1)
			if !h.harmless(b) {
				t.Errorf("accepted though changed:\n%s", b)
			}
		}
	})
	h.intact(t)
	t.Logf("receipts: %d mutants, %d still in the form of a receipt, 0 accepted but %d with a witness less", n, formed.Load(), fewer.Load())
	if formed.Load() < int64(n/3) {
		t.Errorf("%d of %d come behind the form: this tests little", formed.Load(), n)
	}
}

// Receipts are read by the field's own library, and what it writes is read here.
func TestReceiptsAreThoseOfC2SP(t *testing.T) {
	m := sealedWith(t, 12, statement(12))
	var p fproof.TLogProof
	if err := p.Unmarshal(m.file); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Marshal(), m.file) {
		t.Error("the library writes the receipt otherwise")
	}
	r, err := receipt.Decode(m.file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := tlog.DecodeLeaf(r.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	own, err := note.NewVerifier(receipt.FormatKey("demo-reception", m.keys["demo-reception"].Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	var witnesses []note.Verifier
	for _, name := range []string{"demo-bay-1", "demo-central"} {
		witnesses = append(witnesses, witnessVerifier(t, name, m.keys[name]))
	}
	cp, _, n, err := flog.ParseCheckpoint(p.Checkpoint, e.Origin, own, witnesses...)
	if err != nil || len(n.Sigs) != 3 {
		t.Fatalf("the library reads %d signatures: %v", len(n.Sigs), err)
	}
	hashes := make(sumdb.RecordProof, len(p.Hashes))
	for i, h := range p.Hashes {
		hashes[i] = h
	}
	if err := sumdb.CheckRecord(hashes, int64(cp.Size), sumdb.Hash(cp.Hash), int64(p.Index), sumdb.RecordHash(r.Leaf)); err != nil {
		t.Error(err)
	}
}

func witnessVerifier(t *testing.T, name string, key ed25519.PrivateKey) note.Verifier {
	t.Helper()
	vkey, err := fnote.VKeyToCosignatureV1(receipt.FormatKey(name, key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A cosignature that the library makes is taken and shown.
func TestTheLibrarysCosignatureIsTaken(t *testing.T) {
	m := sealedWith(t, 2, statement(2))
	r, err := receipt.Decode(m.file)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := bytes.Cut(r.Checkpoint, []byte("\n\n"))
	lines := strings.SplitAfter(string(r.Checkpoint[len(text)+2:]), "\n")
	skey := "PRIVATE+KEY+" + strings.Split(receipt.FormatKey("demo-bay-1", m.keys["demo-bay-1"].Public().(ed25519.PublicKey)), "+")[0]
	vk := receipt.FormatKey("demo-bay-1", m.keys["demo-bay-1"].Public().(ed25519.PublicKey))
	skey += "+" + strings.Split(vk, "+")[1] + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, m.keys["demo-bay-1"].Seed()...))
	s, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.Sign(append(text, '\n'))
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte{byte(s.KeyHash() >> 24), byte(s.KeyHash() >> 16), byte(s.KeyHash() >> 8), byte(s.KeyHash())}
	lines[1] = "— demo-bay-1 " + base64.StdEncoding.EncodeToString(append(raw, sig...)) + "\n"
	r.Checkpoint = append(append(bytes.Clone(text), "\n\n"...), strings.Join(lines, "")...)
	got, err := receipt.Verify(r.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Witness[0]; w.Name != "demo-bay-1" || time.Since(w.Time) > time.Hour {
		t.Errorf("witness = %+v", w)
	}
}

// golden is a genuine receipt that was made once. A shop's keys are new in each run,
// and a fuzzing process has its own: only a file is the same receipt for all.
func golden(t testing.TB) []byte {
	t.Helper()
	const path = "testdata/receipt.tlog-proof"
	if *update {
		if err := os.WriteFile(path, sealedWith(t, 2, statement(2)).file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A receipt that a customer took years ago still verifies, and is written in the same
// bytes.
func TestTheReceiptFormatIsTheGoldenOne(t *testing.T) {
	file := golden(t)
	p, err := receipt.Verify(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Payload) != statement(2) || len(p.Witness) != 2 {
		t.Errorf("it states %s before %d witnesses", p.Payload, len(p.Witness))
	}
	r, err := receipt.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.Encode(), file) {
		t.Error("it is written in other bytes")
	}
}

func FuzzVerify(f *testing.F) {
	file := golden(f)
	f.Add(file)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := receipt.Verify(b, nil); err == nil && !bytes.Equal(b, file) {
			t.Errorf("accepted:\n%s", b)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	m := sealedWith(b, 40, statement(40))
	for b.Loop() {
		if _, err := receipt.Verify(m.file, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(m.file)), "bytes")
}
