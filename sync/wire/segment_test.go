package wire_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pitlane/edge/tlog"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func codec(t testing.TB) *wire.Codec {
	t.Helper()
	c, err := wire.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func leaf(seq int) []byte {
	return fmt.Appendf(nil, "pl-event/v1\n{\"o\":%q,\"s\":%d,\"k\":\"job.opened\"}\n", origin, seq)
}

func sample() tlog.Segment {
	s := tlog.Segment{
		Origin: origin, First: 40,
		Checkpoint: []byte(origin + "\n44\nAAAA\n\n— " + origin + " c2ln\n"),
		Proof:      []tlog.Hash{{1, 2, 3}, {0xff}},
	}
	for i := range 3 {
		e := tlog.Entry{Origin: origin, Seq: uint64(40 + i), Leaf: leaf(40 + i)}
		if i != 1 {
			e.Work = &tlog.Opening{Payload: []byte("{\n \"ticket\": \"A-17\"}"), Salt: [32]byte{byte(i), 9}}
		}
		if i == 2 {
			e.Contact = &tlog.Opening{Payload: []byte{}, Salt: [32]byte{7}}
		}
		s.Entries = append(s.Entries, e)
	}
	return s
}

func TestSegmentComesBackAsItWent(t *testing.T) {
	c := codec(t)
	b, err := c.Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if want := sample(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	again, err := c.Encode(got)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("a second encoding differs: %v", err)
	}
}

// The segment format is final: the golden file is what version 1 nodes send.
func TestSegmentFormatIsFinal(t *testing.T) {
	c := codec(t)
	b, text := encoded(t, c, sample())
	housetest.Golden(t, *update, "segment-v1.txt", text)
	housetest.Golden(t, *update, "segment-v1.zst", b)
	old, err := os.ReadFile(filepath.Join("testdata", "segment-v1.zst"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Decode(old)
	if err != nil || !reflect.DeepEqual(got, sample()) {
		t.Errorf("the golden segment is read as %+v, %v", got, err)
	}
}

// Where the sender begins, the header has the tree there too.
func TestSegmentWithAFrontierComesBackAsItWent(t *testing.T) {
	c := codec(t)
	s := sample()
	s.Frontier = []tlog.Hash{{4, 5}, {6}}
	b, text := encoded(t, c, s)
	housetest.Golden(t, *update, "segment-v1-begin.txt", text)
	if got, err := c.Decode(b); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, s)
	}
	bad := bytes.Replace(text, []byte(`"t":["0405`), []byte(`"t":["X405`), 1)
	if _, err := c.Decode(deflate(t, bad)); !errors.Is(err, wire.ErrSegment) {
		t.Errorf("what is no hash in the frontier: %v", err)
	}
}

// encoded is a segment as it is sent, and its text.
func encoded(t *testing.T, c *wire.Codec, s tlog.Segment) (b, text []byte) {
	t.Helper()
	b, err := c.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = inflate(b); err != nil {
		t.Fatal(err)
	}
	return b, text
}

func inflate(b []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(b, nil)
}

func deflate(t testing.TB, text []byte) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return e.EncodeAll(text, nil)
}

func TestBadSegmentIsRefused(t *testing.T) {
	c := codec(t)
	b, text := encoded(t, c, sample())
	edit := func(old, new string) []byte {
		t.Helper()
		changed := strings.Replace(string(text), old, new, 1)
		if changed == string(text) {
			t.Fatalf("%q is not in the text", old)
		}
		return deflate(t, []byte(changed))
	}
	for name, bad := range map[string][]byte{
		"nothing":                  {},
		"not zstd":                 []byte("hello"),
		"cut":                      b[:len(b)-7],
		"bytes behind":             deflate(t, append(bytes.Clone(text), '\n')),
		"one entry too few":        edit(`"n":3`, `"n":4`),
		"one entry too many":       edit(`"n":3`, `"n":2`),
		"no entries":               edit(`"n":3`, `"n":0`),
		"another version":          edit(`"v":1`, `"v":2`),
		"another spelling":         edit(`"v":1`, `"v": 1`),
		"an unknown field":         edit(`"v":1`, `"x":0,"v":1`),
		"no origin":                edit(`"o":"demo-bay-1/`, `"o":"demo-bay-1"`),
		"another leaf version":     edit("pl-event/v1", "pl-event/v2"),
		"a length beyond the text": edit(`{"w":20,`, `{"w":24000,`),
		"a negative length":        edit(`{"w":20,`, `{"w":-2,`),
		"a short salt":             edit(`"ws":"00`, `"ws":"`),
		"a salt in capitals":       edit(`ff00000000`, `FF00000000`),
		"a payload without salt":   edit(`{"w":-1,"c":-1}`, `{"w":0,"c":-1}`),
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := c.Decode(bad); !errors.Is(err, wire.ErrSegment) {
				t.Errorf("read as %+v, %v", s, err)
			}
		})
	}
}

func TestBombIsRefusedBeforeItUnfolds(t *testing.T) {
	c := codec(t)
	bomb := deflate(t, make([]byte, 200<<20))
	if len(bomb) > wire.MaxSegment {
		t.Fatalf("the bomb has %d bytes and would be refused by its size alone", len(bomb))
	}
	allocated := testing.AllocsPerRun(1, func() {
		if _, err := c.Decode(bomb); !errors.Is(err, wire.ErrSegment) {
			t.Errorf("got %v", err)
		}
	})
	if allocated > 1000 {
		t.Errorf("%v allocations for a refusal", allocated)
	}
}

func TestSegmentThatIsTooLargeSaysSo(t *testing.T) {
	c := codec(t)
	s := sample()
	noise := make([]byte, 18000)
	for range 4 {
		if _, err := rand.Read(noise); err != nil {
			t.Fatal(err)
		}
		payload := base64.StdEncoding.EncodeToString(noise)
		s.Entries = append(s.Entries, tlog.Entry{Leaf: leaf(50), Work: &tlog.Opening{Payload: []byte(payload)}})
	}
	if _, err := c.Encode(s); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	// The largest single entry fits: a work and a contact payload of 24 KiB JSON.
	s.Entries = s.Entries[:1]
	for _, o := range []**tlog.Opening{&s.Entries[0].Work, &s.Entries[0].Contact} {
		_, _ = rand.Read(noise) // crypto/rand does not fail
		*o = &tlog.Opening{Payload: []byte(base64.StdEncoding.EncodeToString(noise))}
	}
	if b, err := c.Encode(s); err != nil {
		t.Errorf("the largest entry does not fit: %v", err)
	} else if _, err := c.Decode(b); err != nil {
		t.Error(err)
	}
}

func FuzzSegment(f *testing.F) {
	c := codec(f)
	b, err := c.Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	text, err := inflate(b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, true)
	f.Add(text, false)
	f.Fuzz(func(t *testing.T, b []byte, packed bool) {
		if !packed { // let the fuzzer work on the lines too
			b = deflate(t, b)
		}
		s, err := c.Decode(b)
		if err != nil {
			return
		}
		again, err := c.Encode(s)
		if errors.Is(err, wire.ErrTooLarge) {
			return // packed by a better packer than ours
		}
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if second, err := c.Decode(again); err != nil || !reflect.DeepEqual(s, second) {
			t.Errorf("read twice it differs: %v", err)
		}
	})
}
