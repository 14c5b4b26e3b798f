package receipt_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"

	"pitlane/edge/receipt"
)

// policyOf fills a policy's text with the keys of a shop.
func policyOf(t *testing.T, m *made, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, "SHOP", m.shop)
	for word, name := range map[string]string{"RECEPTION": "demo-reception", "BAY": "demo-bay-1", "CENTRAL": "demo-central"} {
		vkey := receipt.FormatKey(name, m.keys[name].Public().(ed25519.PublicKey))
		cosigner, err := fnote.VKeyToCosignatureV1(vkey)
		if err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "W:"+word, cosigner)
		text = strings.ReplaceAll(text, word, vkey)
	}
	other := receipt.FormatKey("demo", keyOf("another").Public().(ed25519.PublicKey))
	stranger, err := fnote.VKeyToCosignatureV1(receipt.FormatKey("demo-stranger", keyOf("stranger").Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	impostor, err := fnote.VKeyToCosignatureV1(receipt.FormatKey("demo-central", keyOf("impostor").Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("OTHER", other, "STRANGER", stranger, "IMPOSTOR", impostor).Replace(text)
}

func TestAPolicySaysWhatIsDemanded(t *testing.T) {
	m := sealedWith(t, 4, statement(4))
	for _, c := range []struct {
		name, policy string
		pinned, ok   bool
	}{
		{"nothing", "# nothing\n", false, true},
		{"the shop's key", "shop SHOP\n", true, true},
		{"another shop's key", "shop OTHER\n", false, false},
		{"one of two shops", "shop OTHER\nshop SHOP # the second\n", true, true},
		{"the node's key", "log RECEPTION\n", true, true},
		{"another node's key", "log BAY\n", false, false},
		{"a witness", "shop SHOP\nwitness c W:CENTRAL\nquorum c\n", true, true},
		{"a witness who has not", "shop SHOP\nwitness s STRANGER\nquorum s\n", false, false},
		{"a witness of another key", "shop SHOP\nwitness c IMPOSTOR\nquorum c\n", false, false},
		{"all of two", "shop SHOP\nwitness c W:CENTRAL https://central.example/\nwitness b W:BAY\ngroup both all c b\nquorum both\n", true, true},
		{"any of two", "shop SHOP\nwitness c W:CENTRAL\nwitness s STRANGER\ngroup one any c s\nquorum one\n", true, true},
		{"two of two, one is a stranger", "shop SHOP\nwitness c W:CENTRAL\nwitness s STRANGER\ngroup two 2 c s\nquorum two\n", false, false},
		{"groups of groups", "shop SHOP\nwitness c W:CENTRAL\nwitness b W:BAY\nwitness s STRANGER\ngroup g any b s\ngroup h all c g\nquorum h\n", true, true},
		{"no quorum", "shop SHOP\nwitness s STRANGER\nquorum none\n", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := receipt.ParsePolicy([]byte(policyOf(t, m, c.policy)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := receipt.Verify(m.file, p)
			if (err == nil) != c.ok || !c.ok && !errors.Is(err, receipt.ErrProof) {
				t.Fatalf("verify: %v, want ok %t", err, c.ok)
			}
			if c.ok && got.Pinned != c.pinned {
				t.Errorf("pinned = %t, want %t", got.Pinned, c.pinned)
			}
		})
	}
}

func TestABrokenPolicyIsRefusedWithItsLine(t *testing.T) {
	m := newShop(t)
	for name, text := range map[string]string{
		"an unknown word":        "\ntrust SHOP\n",
		"a key cut short":        "\nshop demo+1234\n",
		"a log key as a witness": "\nwitness c CENTRAL\n",
		"a name twice":           "witness c W:CENTRAL\nwitness c W:BAY\n",
		"a group of strangers":   "\ngroup g any x\n",
		"too many of a group":    "witness c W:CENTRAL\ngroup g 2 c\n",
		"two quorums":            "quorum none\nquorum none\n",
		"an unknown quorum":      "\nquorum q\n",
	} {
		_, err := receipt.ParsePolicy([]byte(policyOf(t, m, text)))
		if !errors.Is(err, receipt.ErrPolicy) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte("shop demo+9ee47572+AfLIk+UgQ7NiS+tt8xq/U7dsTQXpBblB/Ut5tbnDMacH\nquorum none\n"))
	f.Add([]byte("group g all a b\n# x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := receipt.ParsePolicy(b); (p == nil) == (err == nil) {
			t.Errorf("policy %v, error %v", p, err)
		}
	})
}
