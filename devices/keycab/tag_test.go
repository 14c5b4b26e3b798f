package keycab

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// tagBytes is the frame of a tag, made here: ten digits, the XOR of their bytes.
func tagBytes(id string, tail string) []byte {
	x := 0
	for i := 0; i < len(id); i += 2 {
		var v int
		if _, err := fmt.Sscanf(id[i:i+2], "%x", &v); err != nil {
			panic(err)
		}
		x ^= v
	}
	return []byte("\x02" + id + fmt.Sprintf("%02X", x) + tail + "\x03")
}

func TestTagsOfPublicSourcesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, frame string }{
		{"62E3086CED", "02 36 32 45 33 30 38 36 43 45 44 30 38 03"},
		{"01000734E0", "02 30 31 30 30 30 37 33 34 45 30 44 32 03"},
		{"0C000621A5", "02 30 43 30 30 30 36 32 31 41 35 38 45 03"},
	} {
		want := unhex(t, c.frame)
		if !bytes.Equal(tagBytes(c.id, ""), want) {
			t.Errorf("%s made here is % X, not % X", c.id, tagBytes(c.id, ""), want)
		}
		for tail, once := range map[string]bool{"": false, "\r\n": true} {
			var p tagParser
			got, other := p.take(tagBytes(c.id, tail))
			if len(got) != 1 || got[0] != (tagFrame{c.id, once}) || other {
				t.Errorf("got %+v %v, want %s", got, other, c.id)
			}
		}
	}
}

func TestTagsAreFoundInWhateverComes(t *testing.T) {
	t.Parallel()
	good, other := string(tagBytes("62E3086CED", "")), string(tagBytes("01000734E0", "\r\n"))
	for _, c := range []struct {
		name string
		in   string
		want []string
	}{
		{"nothing", "", nil},
		{"one", good, []string{"62E3086CED"}},
		{"small letters", strings.ToLower(good), []string{"62E3086CED"}},
		{"two forms in a row", good + other, []string{"62E3086CED", "01000734E0"}},
		{"half a frame and a whole one", good[:7] + good, []string{"62E3086CED"}},
		{"all but the last byte and a whole one", good[:13] + good, []string{"62E3086CED"}},
		{"half of the long form and a whole one", other[:14] + good, []string{"62E3086CED"}},
		{"noise with an STX", "\x02\x02A\xFB" + good + "\xFB", []string{"62E3086CED"}},
		{"the tag zero", string(tagBytes("0000000000", "")), nil},
		{"a wrong sum", good[:11] + "09\x03", nil},
		{"no end", good[:13] + "\x04", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var whole tagParser
			got, _ := whole.take([]byte(c.in))
			var pieces tagParser
			var bits []tagFrame
			for i := range len(c.in) {
				f, _ := pieces.take([]byte{c.in[i]})
				bits = append(bits, f...)
			}
			var ids []string
			for _, f := range got {
				ids = append(ids, f.id)
			}
			if !slices.Equal(ids, c.want) || !slices.Equal(got, bits) {
				t.Errorf("got %v, byte by byte %v, want %v", got, bits, c.want)
			}
		})
	}
}

// heard plays frames (and noise, "~") at their times into a presence and writes what
// is told, with the time of the tick that told it.
func heard(p *presence, frames map[int]string, until int) string {
	var out []string
	for ms := 0; ms <= until; ms += 5 {
		at := time.Duration(ms) * time.Millisecond
		tags := p.tick(at)
		switch f := frames[ms]; {
		case f == "~":
			p.noise(at)
		case strings.HasPrefix(f, "1"):
			tags = append(tags, p.see(at, tagFrame{id: f[1:], once: true})...)
		case f != "":
			tags = append(tags, p.see(at, tagFrame{id: f})...)
		}
		for _, tag := range tags {
			out = append(out, fmt.Sprintf("%s %s %d", tag.ID, tag.Action, ms))
		}
	}
	return strings.Join(out, ", ")
}

func TestATagIsThereWhenTwoFramesAgree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		frames map[int]string
		want   string
	}{
		{"two frames, and four missed", map[int]string{0: "A", 65: "A", 130: "A"}, "A seen 65, A gone 430"},
		{"three missed repeats are nothing", map[int]string{0: "A", 65: "A", 325: "A"}, "A seen 65, A gone 625"},
		{"one frame on a quiet line", map[int]string{100: "A"}, "A seen 230, A gone 400"},
		{"one frame amid noise is none", map[int]string{90: "~", 100: "A", 110: "~"}, ""},
		{"one odd frame among good ones is none", map[int]string{0: "A", 65: "A", 130: "B", 195: "A"}, "A seen 65, A gone 495"},
		{"one odd frame before good ones is none", map[int]string{0: "B", 65: "A", 130: "A"}, "A seen 130, A gone 430"},
		{"another tag takes its place", map[int]string{0: "A", 65: "A", 130: "B", 195: "B"}, "A seen 65, A gone 195, B seen 195, B gone 495"},
		{"an ID-12LA is taken at its word", map[int]string{0: "1A", 500: "1A"}, "A seen 0, A seen 500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := heard(&presence{}, c.frames, 1000); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestGoodTagsAreKeptAmongNoise(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	var p tagParser
	kept := 0
	const frames = 5000
	for range frames {
		in := make([]byte, r.IntN(12))
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		got, _ := p.take(append(in, tagBytes("62E3086CED", "")...))
		for _, f := range got {
			if f.id != "62E3086CED" {
				t.Errorf("made up %s", f.id)
			}
		}
		kept += len(got)
	}
	if kept < frames*999/1000 {
		t.Errorf("kept %d of %d, want at least 99.9 %%", kept, frames)
	}
}

func FuzzTags(f *testing.F) {
	f.Add([]byte("\x0262E3086CED08\x03"), uint8(3))
	f.Add([]byte("\x020C000621A58E\r\n\x03"), uint8(14))
	f.Fuzz(func(t *testing.T, in []byte, cut uint8) {
		var p tagParser
		n := min(int(cut), len(in))
		got, _ := p.take(in[:n])
		more, _ := p.take(in[n:])
		var whole tagParser
		all, _ := whole.take(in)
		if !slices.Equal(append(got, more...), all) {
			t.Errorf("cut at %d: %v and %v, whole %v", n, got, more, all)
		}
		for _, x := range all {
			tail := ""
			if x.once {
				tail = "\r\n"
			}
			want := tagBytes(x.id, tail)
			if x.id == tagNone || !bytes.Contains(bytes.ToUpper(in), want) {
				t.Errorf("%v is not among %q", x, in)
			}
		}
		if len(p.buf) > tagLong {
			t.Errorf("keeps %d bytes", len(p.buf))
		}
	})
}

// TestAPauseOfTheMachineIsNoTagThatLeaves: what the reader said in the meantime comes
// with the next look.
func TestAPauseOfTheMachineIsNoTagThatLeaves(t *testing.T) {
	t.Parallel()
	frame := tagFrame{id: "62E3086CED"}
	for _, pause := range []time.Duration{0, 400 * time.Millisecond, time.Minute} {
		var here presence
		var l listening
		gone := false
		now := time.Duration(0)
		look := func(said bool) {
			at := l.till(now)
			for _, x := range here.tick(at) {
				gone = gone || x.Action == TagGone
			}
			if said {
				here.see(at, frame)
			}
			now += readerTick
		}
		for range 10 {
			look(true)
		}
		now += pause
		for range 10 {
			look(true)
		}
		if gone || here.here == "" {
			t.Errorf("a pause of %v took the tag away", pause)
		}
		for range 10 {
			look(false)
		}
		if !gone {
			t.Errorf("the tag is gone for %v, and nobody says so", 10*readerTick)
		}
	}
}
