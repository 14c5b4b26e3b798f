package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pitlane/sync/wire"
)

const (
	epoch  = "0123456789abcdef0123456789abcdef"
	origin = "demo-bay-1/" + epoch
)

func TestMessagesHaveOneSpelling(t *testing.T) {
	have, err := wire.Have{"demo-bay-2/" + epoch: {Low: 3, Size: 7}, origin: {Size: 5}}.Encode()
	if want := `{"demo-bay-1/` + epoch + `":[0,5],"demo-bay-2/` + epoch + `":[3,7]}`; err != nil || string(have) != want {
		t.Errorf("have = %s, %v, want %s", have, err, want)
	}
	want, err := wire.Want{Origin: origin, From: 5, Credit: 16}.Encode()
	if form := `{"want":{"origin":"` + origin + `","from":5,"credit":16}}`; err != nil || string(want) != form {
		t.Errorf("want = %s, %v, want %s", want, err, form)
	}
	live, err := wire.Live{Boot: "b", MS: 17, Role: "bay", Bay: "1"}.Encode()
	if form := `{"boot":"b","ms":17,"role":"bay","bay":"1"}`; err != nil || string(live) != form {
		t.Errorf("live = %s, %v, want %s", live, err, form)
	}
}

func TestBadHaveIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            ``,
		"no object":          `[]`,
		"null":               `null`,
		"no origin":          `{"demo-bay-1":[0,5]}`,
		"low above size":     `{"` + origin + `":[6,5]}`,
		"negative":           `{"` + origin + `":[-1,5]}`,
		"three numbers":      `{"` + origin + `":[0,5,6]}`,
		"larger than exact":  `{"` + origin + `":[0,9007199254740993]}`,
		"a doubled key":      `{"` + origin + `":[0,5],"` + origin + `":[0,6]}`,
		"another spelling":   `{"` + origin + `": [0,5]}`,
		"bytes behind":       `{"` + origin + `":[0,5]}{}`,
		"more than the most": `{"` + strings.Repeat(" ", wire.MaxMessage) + `":[0,5]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if h, err := wire.DecodeHave([]byte(text)); err == nil {
				t.Errorf("read as %v", h)
			}
		})
	}
}

func TestHaveOfTheMostOriginsFitsAPacket(t *testing.T) {
	h := wire.Have{}
	for i := range wire.MaxOrigins {
		h[fmt.Sprintf("%048d/%s", i, epoch)] = wire.Range{Low: 1 << 40, Size: 1 << 52}
	}
	b, err := h.Encode()
	if err != nil || len(b) > wire.MaxMessage {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if _, err := wire.DecodeHave(b); err != nil {
		t.Error(err)
	}
	h["demo-bay-1/"+epoch] = wire.Range{}
	if _, err := h.Encode(); err == nil {
		t.Error("one origin more is not refused")
	}
}

func TestBadWantIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no credit":      `{"want":{"origin":"` + origin + `","from":5,"credit":0}}`,
		"much credit":    `{"want":{"origin":"` + origin + `","from":5,"credit":1000}}`,
		"no origin":      `{"want":{"origin":"","from":5,"credit":1}}`,
		"another field":  `{"want":{"origin":"` + origin + `","from":5,"credit":1,"x":1}}`,
		"another object": `{"origin":"` + origin + `","from":5,"credit":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			if w, err := wire.DecodeWant([]byte(text)); err == nil {
				t.Errorf("read as %v", w)
			}
		})
	}
}

func FuzzHave(f *testing.F) {
	f.Add([]byte(`{"` + origin + `":[0,5]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := wire.DecodeHave(b)
		if err != nil {
			return
		}
		again, err := h.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q is read but would be written %q, %v", b, again, err)
		}
	})
}

func FuzzWant(f *testing.F) {
	f.Add([]byte(`{"want":{"origin":"` + origin + `","from":5,"credit":16}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := wire.DecodeWant(b)
		if err != nil {
			return
		}
		again, err := w.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q is read but would be written %q, %v", b, again, err)
		}
	})
}

func FuzzLive(f *testing.F) {
	f.Add([]byte(`{"boot":"b","ms":17,"role":"bay","bay":"1","later":true}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := wire.DecodeLive(b); err == nil {
			if _, err := l.Encode(); err != nil {
				t.Errorf("%q is read but cannot be written: %v", b, err)
			}
		}
	})
}

func FuzzOnline(f *testing.F) {
	f.Add([]byte(`{"online":true}`))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = wire.DecodeOnline(b) }) // any error will do, a panic will not
}
