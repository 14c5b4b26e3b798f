package keycab

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func aCommissioned() Commissioned {
	zero, one := 0, 1
	return Commissioned{
		Version: 1, By: "ada", At: time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC),
		Driver: DriverModbus, Port: "/dev/serial/by-id/usb-one", Baud: 9600, Boards: []int{1, 2}, Slots: 4,
		HookClosed: &zero, KeyPresent: &one, KeyInput: 4, Pulse: PulseTimed, Echo: EchoStrip,
	}
}

func TestTheCommissioningFileIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	const file = "testdata/commissioned-v1.json"
	got, err := aCommissioned().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	back, err := ParseCommissioned(want)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(again, want) {
		t.Errorf("read and written again it is\n%s(%v)", again, err)
	}
	if c, err := New(noLine, back.Options(Options{Name: "cabinet"})); err != nil || c.Slots() != 8 || c.Name() != "cabinet" {
		t.Errorf("a cabinet cannot be made of it: %v", err)
	}
}

func TestACommissioningFileIsTakenStrictly(t *testing.T) {
	t.Parallel()
	good, err := aCommissioned().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to string }{
		{"another version", `"version": 1`, `"version": 2`},
		{"a field nobody knows", `"version": 1`, `"version": 1, "colour": 3`},
		{"no person", `"by": "ada"`, `"by": ""`},
		{"a polarity nobody has", `"hook_closed": 0`, `"hook_closed": 2`},
		{"no polarity", `"hook_closed": 0,`, ``},
		{"the broadcast address", `[
    1,`, `[
    0,`},
		{"key sensors among the hooks", `"key_input": 4`, `"key_input": 2`},
		{"two values", "}\n", "}\n{}"},
	} {
		bad := strings.Replace(string(good), c.from, c.to, 1)
		if bad == string(good) {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if _, err := ParseCommissioned([]byte(bad)); err == nil {
			t.Errorf("%s is taken", c.name)
		}
	}
}

func FuzzCommissioned(f *testing.F) {
	good, err := aCommissioned().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"by":"a","at":"2026-11-21T00:00:00Z","driver":"rdm6300","port":"x","baud":9600}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseCommissioned(in)
		if err != nil {
			return
		}
		out, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseCommissioned(out)
		if err != nil {
			t.Fatalf("written again it is refused: %v\n%s", err, out)
		}
		if again, err := back.Encode(); err != nil || !bytes.Equal(again, out) {
			t.Errorf("written twice it differs: %v\n%s\n%s", err, out, again)
		}
		if !IsReader(c.Driver) {
			if _, err := New(noLine, c.Options(Options{})); err != nil {
				t.Errorf("taken, but no cabinet: %v", err)
			}
		}
	})
}
