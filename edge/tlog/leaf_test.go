package tlog

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"flag"
	"math/bits"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"pitlane/housetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func goldenEntry() Entry {
	work := &Opening{Payload: []byte(`{"bay":"demo-bay-1","by":"te1"}`)}
	contact := &Opening{Payload: []byte(`{"wishes":"none"}`)}
	for i := range work.Salt {
		work.Salt[i], contact.Salt[i] = byte(i), byte(255-i)
	}
	return Entry{
		Origin: "demo-bay-1/00112233445566778899aabbccddeeff", Seq: 7,
		Boot: "0b5f2c1e-7a44-4b0e-9d83-3c1f7c6f0001", BootMS: 123456, WallMS: -5, Quality: 2,
		Kind: "work.started", Job: "01J9ZK3V5Q-x_y.z", Parents: []Hash{{1}, {0xfe, 2}},
		Request: RequestID{0xab, 15: 0xcd}, Work: work, Contact: contact,
		WorkCommit: work.Commit(), ContactCommit: contact.Commit(),
	}
}

func TestTheLeafFormatIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	e := goldenEntry()
	leaf, err := EncodeLeaf(&e)
	if err != nil {
		t.Fatal(err)
	}
	housetest.Golden(t, *update, "leaf-v1.txt", leaf)
	bare := Entry{Origin: e.Origin, Boot: e.Boot, Kind: "log.opened"}
	leaf2, err := EncodeLeaf(&bare)
	if err != nil {
		t.Fatal(err)
	}
	housetest.Golden(t, *update, "leaf-v1-bare.txt", leaf2)

	got, err := DecodeLeaf(leaf)
	if err != nil {
		t.Fatal(err)
	}
	got.Work, got.Contact = e.Work, e.Contact
	if err := got.CheckOpenings(); err != nil {
		t.Error(err)
	}
	if got.WallMS != e.WallMS || got.Request != e.Request || len(got.Parents) != 2 || got.Parents[1] != e.Parents[1] {
		t.Errorf("decoded %+v", got)
	}
}

func TestACheckpointIsOneOfC2SP(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := Checkpoint{Origin: "demo-bay-1/00112233445566778899aabbccddeeff", Size: 300, Root: Hash{1, 2, 3}}
	signed, err := SignCheckpoint(c, signer{"demo-bay-1", key})
	if err != nil {
		t.Fatal(err)
	}
	housetest.Golden(t, *update, "checkpoint.txt", signed)
	v, err := verifier("demo-bay-1", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	got, _, _, err := log.ParseCheckpoint(signed, c.Origin, v)
	if err != nil || got.Size != c.Size || !bytes.Equal(got.Hash, c.Root[:]) {
		t.Errorf("another reader of checkpoints says %+v %v", got, err)
	}
}

func TestARosterIsSignedAndStrict(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	pub := key.Public().(ed25519.PublicKey)
	r := &Roster{Shop: "demo", Nodes: []RosterNode{{Name: "demo-bay-1", Role: "bay", Key: pub, HPKE: []byte{1, 2}}}}
	signed, err := SignRoster(r, key)
	if err != nil {
		t.Fatal(err)
	}
	housetest.Golden(t, *update, "roster.txt", signed)
	if got, err := ParseRoster(signed, pub); err != nil || got.Shop != "demo" || len(got.Nodes) != 1 {
		t.Errorf("parse: %v", err)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	resign := func(shop, text string) []byte {
		b, err := note.Sign(&note.Note{Text: text}, signer{shop, key})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text, err := r.text()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		signed []byte
		key    ed25519.PublicKey
	}{
		"another key":      {signed, other.Public().(ed25519.PublicKey)},
		"a changed role":   {bytes.Replace(signed, []byte(`"bay"`), []byte(`"bee"`), 1), pub},
		"another's name":   {resign("other", text), pub},
		"a field too many": {resign("demo", strings.Replace(text, `{"shop"`, `{"x":1,"shop"`, 1)), pub},
		"no head":          {resign("demo", "x\n"), pub},
		"a node twice":     {resign("demo", strings.Replace(text, `"nodes":[`, `"nodes":[`+text[strings.Index(text, `{"name"`):strings.LastIndex(text, "]")]+`,`, 1)), pub},
	} {
		if _, err := ParseRoster(c.signed, c.key); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestALeafHasOneFormOnly(t *testing.T) {
	t.Parallel()
	e := goldenEntry()
	leaf, err := EncodeLeaf(&e)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a space":               {`,"s"`, `, "s"`},
		"a field too many":      {`,"n"`, `,"x":1,"n"`},
		"a field twice":         {`"s":7`, `"s":6,"s":7`},
		"fields in other order": {`"m":123456,"w":-5`, `"w":-5,"m":123456`},
		"a leading zero":        {`"s":7`, `"s":07`},
		"an exponent":           {`"s":7`, `"s":7e0`},
		"an escape":             {`work.started`, `work.starte\u0064`},
		"upper-case hex":        {`"n":"ab`, `"n":"AB`},
		"another version":       {`pl-event/v1`, `pl-event/v2`},
		"CR":                    {"\n{", "\r\n{"},
		"two lines":             {"}\n", "}\n\n"},
		"no line end":           {"}\n", "}"},
		"a name in capitals":    {`"s":7`, `"S":7`},
		"null parents":          {leafParents(leaf), `null`},
		"quality 4":             {`"q":2`, `"q":4`},
		"no origin":             {`"o":"demo-bay-1/`, `"o":"demo-bay-1-`},
		"a zero commitment":     {e.WorkCommit.String(), strings.Repeat("0", 64)},
	} {
		bad := strings.Replace(string(leaf), change[0], change[1], 1)
		if bad == string(leaf) {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, err := DecodeLeaf([]byte(bad)); !errors.Is(err, errLeaf) {
			t.Errorf("%s: %v, want not a leaf", name, err)
		}
	}
}

func leafParents(leaf []byte) string {
	s := string(leaf)
	return s[strings.Index(s, `"p":`)+4 : strings.Index(s, `,"cw"`)]
}

func FuzzLeaf(f *testing.F) {
	e := goldenEntry()
	leaf, err := EncodeLeaf(&e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf)
	f.Add([]byte(leafHead + "{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeLeaf(b)
		if err != nil {
			return
		}
		again, err := EncodeLeaf(&e)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q is rebuilt as %q (%v)", b, again, err)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add("demo/00\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err == nil && c.text() != text {
			t.Errorf("%q is rebuilt otherwise", text)
		}
	})
}

func FuzzRoster(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signed, err := SignRoster(&Roster{Shop: "demo"}, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseRoster(b, key.Public().(ed25519.PublicKey)); err == nil && !bytes.Contains(b, []byte(rosterHead)) {
			t.Errorf("%q is a roster", b)
		}
	})
}

func TestTheTreeIsThatOfTlog(t *testing.T) {
	t.Parallel()
	var f Frontier
	var stored [][]Hash
	var roots []Hash
	read := func(seq uint64, level int) (Hash, error) { return stored[seq][level], nil }
	for i := range uint64(70) {
		done := f.Add(Hash{byte(i), 1})
		if got, want := len(done), bits.TrailingZeros64(^i)+1; got != want {
			t.Errorf("leaf %d completes %d hashes, want %d", i, got, want)
		}
		stored, roots = append(stored, done), append(roots, f.Root())
		at, err := FrontierAt(f.Size, read)
		if err != nil || at.Root() != f.Root() {
			t.Errorf("the tree read back at %d: %v", f.Size, err)
		}
		for n := uint64(1); n <= f.Size; n++ {
			p, err := Prove(f.Size, n, read)
			if err == nil {
				err = CheckConsistency(p, f.Size, f.Root(), n, roots[n-1])
			}
			if err != nil {
				t.Errorf("%d to %d: %v", n, f.Size, err)
			}
		}
	}
}
