//go:build real

package receipt_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pitlane/edge/receipt"
)

// The verification page runs over the same receipts, true and changed, and says of
// each what is said here. It needs Node and the screens' tools (deploy/tools.sh).
func TestThePageAgrees(t *testing.T) {
	flips, mutations := 5, 6_000
	if os.Getenv("PITLANE_SOAK") != "" {
		flips, mutations = 1, 1_000_000
	}
	path := filepath.Join(t.TempDir(), "receipts")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	say := func(b []byte) {
		verdict := "no"
		if _, err := receipt.Verify(b, nil); err == nil {
			verdict = "ok"
		}
		if _, err := fmt.Fprintln(w, verdict, base64.StdEncoding.EncodeToString(b)); err != nil {
			t.Fatal(err)
		}
	}
	for _, events := range []int{1, 2, 3, 7, 8, 40} {
		say(sealedWith(t, events, statement(events)).file)
	}
	m := sealedWith(t, 2, statement(2))
	for i := 0; i < 8*len(m.file); i += flips {
		b := bytes.Clone(m.file)
		b[i/8] ^= 1 << (i % 8)
		say(b)
	}
	r := rand.New(rand.NewPCG(11, 12))
	for range mutations {
		say(mutate(r, m.file))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "npx", "vitest", "run", "test/receipt.test.mjs")
	cmd.Dir = filepath.Join("..", "..", "kiosk-ui")
	cmd.Env = append(os.Environ(), "PITLANE_RECEIPTS="+path)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the page and the program disagree: %v", err)
	}
	if !bytes.Contains(out, []byte("0 verdicts differ")) {
		t.Error("the page did not say how many it checked")
	}
}

func TestThePageInABrowser(t *testing.T) {
	dir := t.TempDir()
	m := sealedWith(t, 5, `{"ticket":"A-001","opened":1790000000000,"closed":1790009000000,"plate":"粤B·12345","cause":"ignition coil, cylinder 3",`+
		`"lines":[{"text":"diagnosis","price":20000},{"text":"ignition coil","price":45000}],"total":65000,"paid":65000,`+
		`"before":{"complete":true,"codes":["P0303"]},"after":{"complete":true,"codes":[]},"leaves":["a","b"]}`)
	flipped := bytes.Clone(m.file)
	flipped[len(flipped)/2] ^= 4
	for name, b := range map[string][]byte{"good": m.file, "flipped": flipped, "none": []byte("hello\n")} {
		if err := os.WriteFile(filepath.Join(dir, name+".tlog-proof"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test", "e2e/verify.test.mjs")
	cmd.Dir = filepath.Join("..", "..", "kiosk-ui")
	cmd.Env = append(os.Environ(), "PITLANE_RECEIPTS_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
