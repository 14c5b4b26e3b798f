package job_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"pitlane/edge/job"
)

var update = flag.Bool("update", false, "write the golden files anew")

// filled is a payload with every field set: i makes its values differ from those of others.
func filled(p job.Payload) job.Payload {
	v := reflect.New(reflect.TypeOf(p)).Elem()
	n := 0
	fill(v, &n)
	return v.Interface().(job.Payload)
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(12.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	}
}

// oneOfEach is a payload of each kind.
func oneOfEach() map[string]job.Payload {
	kinds := map[string]job.Payload{}
	for _, kind := range job.Kinds() {
		p, err := job.Decode(kind, []byte(`{"stars":1,"part":1,"of":1}`))
		if err != nil {
			p, err = job.Decode(kind, []byte(`{"part":"p"}`))
		}
		if err != nil {
			panic(err) // a kind without a decoder
		}
		kinds[kind] = p
	}
	return kinds
}

// TestGoldenPayloads holds the durable form of every kind, v1.
func TestGoldenPayloads(t *testing.T) {
	const path = "testdata/payloads-v1.jsonl"
	kinds := oneOfEach()
	var now bytes.Buffer
	for _, kind := range job.Kinds() {
		b, err := job.Encode(filled(kinds[kind]))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&now, "%s %s\n", kind, b)
	}
	if *update {
		if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, now.Bytes()) {
		t.Errorf("the payloads are written otherwise than in %s:\n%s", path, now.Bytes())
	}
	for line := range strings.Lines(string(golden)) {
		kind, work, _ := strings.Cut(strings.TrimSpace(line), " ")
		got, err := job.Decode(kind, []byte(work))
		if err != nil || !reflect.DeepEqual(got, filled(kinds[kind])) {
			t.Errorf("%s reads back as %+v, %v", kind, got, err)
		}
	}
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		kind, work string
		want       error
		fails      bool
	}{
		"an unknown kind":            {"no.such", `{}`, job.ErrUnknownKind, true},
		"an unknown field":           {"job.rated", `{"stars":4,"mood":"fine"}`, nil, false},
		"stars beyond five":          {"job.rated", `{"stars":6}`, job.ErrOutOfRange, true},
		"no stars":                   {"job.rated", `{}`, job.ErrOutOfRange, true},
		"a price below zero":         {"extra.offered", `{"extra":"x","price":-1}`, job.ErrOutOfRange, true},
		"a discount":                 {"bill.stated", `{"lines":[{"id":"d","price":-5}],"total":0}`, nil, false},
		"a number that is too big":   {"extra.offered", `{"price":9223372036854775808}`, nil, true},
		"a time beyond the calendar": {"extra.offered", `{"promised":9000000000000000000}`, job.ErrOutOfRange, true},
		"a slot below zero":          {"key.hung", `{"slot":-1}`, job.ErrOutOfRange, true},
		"a long name":                {"job.opened", `{"ticket":"` + strings.Repeat("x", 200) + `"}`, job.ErrOutOfRange, true},
		"a wrong type":               {"key.hung", `{"slot":"four"}`, nil, true},
		"not JSON":                   {"key.hung", `{`, nil, true},
		"nothing":                    {"key.hung", ``, nil, true},
		"more than an opening":       {"order.offered", `{"text":"` + strings.Repeat("x", job.MaxPayload) + `"}`, job.ErrOutOfRange, true},
		"an owner that is not named": {"job.opened", `{"ticket":"A1"}`, nil, false},
	} {
		_, err := job.Decode(c.kind, []byte(c.work))
		if (err != nil) != c.fails || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodeAsksForWhatMayNotBeEmpty(t *testing.T) {
	for _, p := range []job.Payload{
		nil, job.Opened{Ticket: "A1"}, job.Opened{Owner: "sa1"}, job.Signed{}, job.BayAssigned{Bay: "1"}, job.CarReceived{Bay: "1"},
		job.ScanStarted{}, job.ExtraDeclined{Extra: "x"}, job.WorkPaused{By: "te1"}, job.UnlockIntended{Slot: 1},
	} {
		if _, err := job.Encode(p); !errors.Is(err, job.ErrEmpty) {
			t.Errorf("%#v: %v, want ErrEmpty", p, err)
		}
	}
}

// TestErrorsNameNoValues: an error goes into logs, a plate may not.
func TestErrorsNameNoValues(t *testing.T) {
	const secret = "SECRET"
	for _, work := range []string{`{"plate":5,"ticket":"SECRET"}`, `{"plate":"SECRET}`, `SECRET`, `{"slot":"SECRET"}`, `{"stars":"SECRET"}`} {
		for _, kind := range job.Kinds() {
			if _, err := job.Decode(kind, []byte(work)); err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error quotes the payload: %v", kind, err)
			}
		}
	}
	if _, err := job.DecodeContact([]byte(`{"name":"` + strings.Repeat(secret, 200) + `"}`)); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a name that is too long: %v", err)
	}
}

func TestContact(t *testing.T) {
	want := job.Contact{Name: "王", Phone: "+8613800000000", Strokes: json.RawMessage(`[{"points":[]}]`), Wishes: "evenings"}
	b, err := job.EncodeContact(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := job.DecodeContact(b)
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("a contact does not read back as it was written: %v", err)
	}
	if _, err := job.EncodeContact(job.Contact{Strokes: json.RawMessage(`[`)}); err == nil {
		t.Error("strokes that are not JSON are written")
	}
}

func TestReport(t *testing.T) {
	want := []byte(`{"ecus":[` + strings.Repeat(`{"id":"7E8"},`, 2000) + `{}]}`)
	packed, err := job.PackReport(want)
	if err != nil || len(packed) > len(want)/10 {
		t.Fatalf("packed to %d bytes, %v", len(packed), err)
	}
	if got, err := job.UnpackReport(packed); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the report comes back as %d bytes, %v", len(got), err)
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 2 * job.MaxReport / 1024 {
		if _, err := z.Write(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := job.UnpackReport(bomb.Bytes()); !errors.Is(err, job.ErrOutOfRange) {
		t.Errorf("a report of 2 MiB: %v", err)
	}
	if _, err := job.UnpackReport(packed[:len(packed)/2]); err == nil {
		t.Error("half a report unpacks")
	}
	if _, err := job.PackReport(make([]byte, job.MaxReport+1)); !errors.Is(err, job.ErrOutOfRange) {
		t.Errorf("a report too large to read back is packed: %v", err)
	}
}

// FuzzDecode: what decodes can be folded, written again and read back.
func FuzzDecode(f *testing.F) {
	for kind, p := range oneOfEach() {
		b, err := job.Encode(filled(p))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, b)
	}
	f.Fuzz(func(t *testing.T, kind string, work []byte) {
		p, err := job.Decode(kind, work)
		if err != nil {
			return
		}
		if p.Kind() != kind {
			t.Fatalf("%q decodes as %q", kind, p.Kind())
		}
		b, err := job.Encode(p)
		if err != nil {
			return // Encode asks for more
		}
		if again, err := job.Decode(kind, b); err != nil || again.Kind() != kind {
			t.Fatalf("%q does not read back: %v", kind, err)
		}
		_ = job.Apply(job.State{}, job.Event{Kind: kind, Payload: p})
	})
}

// FuzzUnpackReport: bounded whatever the bytes.
func FuzzUnpackReport(f *testing.F) {
	packed, err := job.PackReport([]byte(`{"ecus":[]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := job.UnpackReport(b); err == nil && len(got) > job.MaxReport {
			t.Fatalf("%d bytes", len(got))
		}
	})
}
