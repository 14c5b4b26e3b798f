package wire_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pitlane/sync/wire"
)

func orders(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint("order ", i))
	}
	return out
}

func TestErasuresThatNoLogTellsOfAreLearnt(t *testing.T) {
	a, b, c := newChest("a"), newChest("b"), newChest("c")
	a.orders, b.orders = orders(0, 7250), orders(5000, 7500)
	s := newStreet(t, map[string]*chest{"demo-a": a, "demo-b": b, "demo-c": c})
	s.pass(time.Minute)
	for name, x := range map[string]*chest{"a": a, "b": b, "c": c} {
		got := slices.Sorted(slices.Values(x.orders))
		if want := slices.Sorted(slices.Values(orders(0, 7500))); !slices.Equal(got, want) {
			t.Errorf("%s has %d orders, want %d", name, len(got), len(want))
		}
		if x.burials > 12 {
			t.Errorf("%s wrote %d times", name, x.burials)
		}
	}
	// What comes later costs a page, not the list.
	before := s.total
	a.orders, a.known["order 9999"] = append(a.orders, "order 9999"), true
	s.pass(time.Minute)
	if !slices.Contains(b.orders, "order 9999") || !slices.Contains(c.orders, "order 9999") || s.total-before > 12 {
		t.Errorf("after %d messages b has %d and c %d", s.total-before, len(b.orders), len(c.orders))
	}
	before = s.total
	s.pass(10 * time.Minute)
	if s.total != before {
		t.Errorf("%d messages in ten minutes in which nothing happens", s.total-before)
	}
}

func TestANodeThatDoesNotTellItsErasuresHoldsNobodyUp(t *testing.T) {
	a, b, c := newChest("a"), newChest("b"), newChest("c")
	b.orders, c.orders = orders(0, 3), orders(3, 6)
	s := newStreet(t, map[string]*chest{"demo-a": a, "demo-b": b, "demo-c": c})
	s.pass(time.Second)
	s.away["demo-b"] = true // nobody has noticed
	s.pass(time.Minute)
	if !slices.Contains(a.orders, "order 3") {
		t.Error("a does not hear of what c tells")
	}
	s.away["demo-b"] = false
	s.pass(time.Minute)
	if len(a.orders) != 6 || len(b.orders) != 6 || len(c.orders) != 6 {
		t.Errorf("%d, %d and %d orders, want 6 each", len(a.orders), len(b.orders), len(c.orders))
	}
}

func TestTheLargestPageOfErasuresFits(t *testing.T) {
	one := `{"j":"` + strings.Repeat("j", 64) + `","c":"contact","o":"` + strings.Repeat("n", 48) + "/" + epoch + `","s":9007199254740992,"a":1790000000000},`
	page := "[" + strings.Repeat(one, 100)
	b, err := wire.TombsPage{From: 1 << 20, Page: []byte(page), Sig: make([]byte, 64)}.Encode()
	if err != nil || len(b) > wire.MaxMessage {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if _, err := wire.DecodeTombsPage(b); err != nil {
		t.Error(err)
	}
}

func TestMessagesOfErasuresHaveOneSpelling(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	state, err := wire.TombsState{N: 3, Sum: sum}.Encode()
	if want := `{"n":3,"sum":"` + sum + `"}`; err != nil || string(state) != want {
		t.Errorf("state = %s, %v, want %s", state, err, want)
	}
	ask, err := wire.TombsAsk{From: 100}.Encode()
	if want := `{"tombs":{"from":100}}`; err != nil || string(ask) != want {
		t.Errorf("ask = %s, %v, want %s", ask, err, want)
	}
	page, err := wire.TombsPage{From: 100, Page: []byte("[]"), Sig: []byte("s")}.Encode()
	if want := `{"buried":{"from":100,"page":"W10=","sig":"cw=="}}`; err != nil || string(page) != want {
		t.Errorf("page = %s, %v, want %s", page, err, want)
	}
	for _, bad := range []string{``, `{}`, `{"n":-1,"sum":"` + sum + `"}`, `{"n":1,"sum":"0f"}`, `{"n":1, "sum":"` + sum + `"}`} {
		if s, err := wire.DecodeTombsState([]byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, s)
		}
	}
	for _, bad := range []string{`{"tombs":{"from":-1}}`, `{"tombs":{"from":1e9}}`, `{"tombs":{"from":1}} `} {
		if a, err := wire.DecodeTombsAsk([]byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, a)
		}
	}
}

func FuzzTombs(f *testing.F) {
	f.Add([]byte(`{"n":3,"sum":"` + strings.Repeat("0f", 32) + `"}`))
	f.Add([]byte(`{"tombs":{"from":100}}`))
	f.Add([]byte(`{"buried":{"from":100,"page":"W10=","sig":"cw=="}}`))
	f.Add([]byte(`{"buried":{"from":100,"page":null,"sig":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := wire.DecodeTombsState(b); err == nil {
			again(t, b, s.Encode)
		}
		if a, err := wire.DecodeTombsAsk(b); err == nil {
			again(t, b, a.Encode)
		}
		if p, err := wire.DecodeTombsPage(b); err == nil {
			again(t, b, p.Encode)
		}
	})
}

func again(t *testing.T, b []byte, encode func() ([]byte, error)) {
	t.Helper()
	if out, err := encode(); err != nil || !bytes.Equal(out, b) {
		t.Errorf("%q is read but would be written %q, %v", b, out, err)
	}
}
