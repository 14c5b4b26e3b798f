package keycab

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// unhex reads "02 00 30".
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sumOf is the checksum counted again, apart from the code under test.
func sumOf(b []byte) byte {
	total := 0
	for _, x := range b {
		total += int(x)
	}
	return byte(total % 256)
}

// reply is a reply of the board, built here and not by the code under test.
func reply(addr byte, hooks, keys uint16) []byte {
	f := []byte{2, addr << 4, 0x35, byte(hooks), byte(hooks >> 8), byte(keys), byte(keys >> 8), 3}
	return append(f, sumOf(f))
}

func TestCU16RequestsAreTheBytesOfTheBoard(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		got  []byte
		want string
	}{
		{"state of board 0", cu16{}.Ask(0), "02 00 30 03 35"},
		{"state of board 1", cu16{}.Ask(1), "02 10 30 03 45"},
		{"unlock board 0 lock 1", cu16{}.Open(0, 0), "02 00 31 03 36"},
		{"unlock board 0 lock 16", cu16{}.Open(0, 15), "02 0F 31 03 45"},
		{"unlock board 1 lock 4", cu16{}.Open(1, 3), "02 13 31 03 49"},
		{"state of board 9", cu16{}.Ask(9), "02 90 30 03 C5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, c.want)
			if !bytes.Equal(c.got, want) {
				t.Errorf("got % X, want % X", c.got, want)
			}
			if n := len(want) - 1; want[n] != sumOf(want[:n]) {
				t.Errorf("the golden bytes % X end in a wrong sum, want %02X", want, sumOf(want[:n]))
			}
		})
	}
}

func TestCU16RepliesAreRead(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		addr        int
		frame       string
		hooks, keys uint64
	}{
		{"all hooks 1, no items", 0, "02 00 35 FF FF 00 00 03 38", 0xFFFF, 0},
		{"lock 1 hook 0, items in 2 and 10, sum looks like a semicolon", 0, "02 00 35 FE FF 02 02 03 3B", 0xFFFE, 0x0202},
		{"board 1, all hooks, all items", 1, "02 10 35 FF FF FF FF 03 46", 0xFFFF, 0xFFFF},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := unhex(t, c.frame)
			if want := reply(byte(c.addr), uint16(c.hooks), uint16(c.keys)); !bytes.Equal(f, want) {
				t.Fatalf("the golden bytes are % X, counted again % X", f, want)
			}
			a := cu16{}.Answer(c.addr, f)
			if want := (sample{Hooks: c.hooks, Keys: c.keys, HasKeys: true}); !a.OK || a.Sample != want {
				t.Errorf("got %+v, want %+v", a, want)
			}
		})
	}
}

func TestCU16FindsItsReplyInWhateverComes(t *testing.T) {
	t.Parallel()
	good := reply(1, 0x0001, 0x8000)
	other := reply(2, 0xFFFF, 0)
	bent := bytes.Clone(good)
	bent[4] ^= 0x10
	cases := []struct {
		name   string
		in     []byte
		ok     bool
		strays int
	}{
		{"nothing", nil, false, 0},
		{"half a frame", good[:5], false, 0},
		{"whole", good, true, 0},
		{"noise with an STX before it", append([]byte{0xFB, 2, 0x3B, 2, 0}, good...), true, 0},
		{"our own request echoed", append(cu16{}.Ask(1), good...), true, 0},
		{"a bit turned", bent, false, 0},
		{"another board's reply", other, false, 1},
		{"another board's reply before it", append(bytes.Clone(other), good...), true, 1},
		{"twice", append(bytes.Clone(good), good...), true, 1},
		{"a broken one before it", append(bytes.Clone(bent), good...), true, 0},
		{"half of one before it", append(bytes.Clone(good[:6]), good...), true, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := cu16{}.Answer(1, c.in)
			if a.OK != c.ok || len(a.Strays) != c.strays {
				t.Errorf("got ok %v and %d strays, want %v and %d", a.OK, len(a.Strays), c.ok, c.strays)
			}
			if want := (sample{Hooks: 1, Keys: 0x8000, HasKeys: true}); a.OK && a.Sample != want {
				t.Errorf("got %+v, want %+v", a.Sample, want)
			}
		})
	}
}

func TestCU16KeepsGoodFramesAmongNoise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const frames = 5000
	kept, wrong := 0, 0
	for range frames {
		hooks, keys := uint16(r.Uint32()), uint16(r.Uint32())
		in := make([]byte, r.IntN(12))
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		a := cu16{}.Answer(3, append(in, reply(3, hooks, keys)...))
		switch {
		case a.OK && a.Sample.Hooks == uint64(hooks) && a.Sample.Keys == uint64(keys):
			kept++
		case a.OK:
			wrong++
		}
	}
	if kept < frames*999/1000 || wrong > 0 {
		t.Errorf("kept %d of %d good frames and took %d wrong ones, want at least 99.9 %% and none", kept, frames, wrong)
	}
}

func TestNoRequestEverGoesToTheBroadcastAddress(t *testing.T) {
	t.Parallel()
	l := cu16{}.Limits()
	for addr := range l.Last + 1 {
		for lock := range l.Locks {
			if f := (cu16{}).Open(addr, lock); f[1]&0xF0 == 0xF0 || f[2] != 0x31 {
				t.Errorf("board %d lock %d sends % X", addr, lock, f)
			}
		}
	}
	for _, boards := range [][]int{{15}, {10}, {-1}, {0, 0}} {
		if _, err := New(noLine, Options{Boards: boards}); err == nil {
			t.Errorf("boards %v are taken, want an error", boards)
		}
	}
}

func FuzzCU16(f *testing.F) {
	f.Add(0, []byte{2, 0, 0x35, 0xFE, 0xFF, 2, 2, 3, 0x3B})
	f.Add(1, append([]byte{2, 2, 2}, reply(1, 1, 1)...))
	f.Fuzz(func(t *testing.T, addr int, in []byte) {
		addr &= 7
		a := cu16{}.Answer(addr, in)
		if a.OK && !bytes.Contains(in, reply(byte(addr), uint16(a.Sample.Hooks), uint16(a.Sample.Keys))) {
			t.Errorf("%+v is not among % X", a.Sample, in)
		}
		if got := len(a.Strays); got > len(in)/cuReplyLen {
			t.Errorf("%d strays in %d bytes", got, len(in))
		}
	})
}
