package redo

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begun(t testing.TB, size int64) (*Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "redo")
	l, err := Open(path, size)
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	must(t, l.Begin(7, []byte("the base")))
	return l, path
}

func pending(t testing.TB, path string) Pending {
	t.Helper()
	p, ok, err := Read(path)
	if err != nil || !ok {
		t.Fatalf("nothing is pending: %v", err)
	}
	return p
}

// golden is the log of a fixed generation, written down here a second time.
func golden() []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	generation := []byte("0123456789abcdef")
	head := append([]byte("pl-redo/v1\n\x00\x00\x00\x00\x00"), generation...)
	head = append(head, 0, 0, 0, 7, 0, 0, 0, 8)
	base := []byte("the base")
	crc := crc32.Checksum(slices.Concat(head, base), table)
	b := make([]byte, 8192)
	copy(b, head)
	binary.BigEndian.PutUint32(b[40:], crc)
	copy(b[64:], base)
	at := 4096
	for i, rows := range [][]byte{
		[]byte("\x01\x06leaves\x01o\x08\x00\x00\x00\x00\x00\x00\x00\x01\x03rec" + "\x01\x05heads\x00\x01o\x02{}"),
		[]byte("\x02\x07anchors\x01o\x08\x00\x00\x00\x00\x00\x00\x00\x05\x00"),
	} {
		binary.BigEndian.PutUint32(b[at:], uint32(len(rows)))
		binary.BigEndian.PutUint32(b[at+4:], uint32(i))
		binary.BigEndian.PutUint32(b[at+8:], crc32.Checksum(slices.Concat(generation, b[at+4:at+8], rows), table))
		at += 12 + copy(b[at+12:], rows)
	}
	return b
}

func TestTheRedoFormatIsTheGoldenOne(t *testing.T) {
	name := filepath.Join("testdata", "redo.v1")
	if *update {
		must(t, os.WriteFile(name, golden(), 0o600))
	}
	want, err := os.ReadFile(name)
	must(t, err)
	if !bytes.Equal(want, golden()) {
		t.Error("the golden log is not what the format says")
	}
	path := filepath.Join(t.TempDir(), "redo")
	l, err := Open(path, 8192)
	must(t, err)
	must(t, l.Begin(7, []byte("the base")))
	copy(l.generation[:], "0123456789abcdef")
	must(t, l.head(7, []byte("the base")))
	rows := AppendRow(nil, Row{Bucket: "leaves", Inner: "o", Key: []byte{0, 0, 0, 0, 0, 0, 0, 1}, Value: []byte("rec")})
	must(t, l.Append(AppendRow(rows, Row{Bucket: "heads", Key: []byte("o"), Value: []byte("{}")})))
	must(t, l.Append(AppendRow(nil, Row{Bucket: "anchors", Inner: "o", Key: []byte{0, 0, 0, 0, 0, 0, 0, 5}, Delete: true})))
	must(t, l.Close())
	got, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("written:\n%s\nwant\n%s", hex.Dump(got), hex.Dump(want))
	}
	p, ok := decode(want)
	if !ok || p.File != 7 || string(p.Base) != "the base" || len(p.Frames) != 2 {
		t.Fatalf("read: %v %+v", ok, p)
	}
	var kinds []string
	for _, f := range p.Frames {
		must(t, Rows(f, func(r Row) error {
			kinds = append(kinds, r.Bucket+"/"+r.Inner+"="+string(r.Value))
			return nil
		}))
	}
	if !slices.Equal(kinds, []string{"leaves/o=rec", "heads/={}", "anchors/o="}) {
		t.Errorf("rows: %q", kinds)
	}
}

// TestATornFrameIsNotRead: whatever of the last write is missing or wrong, the frames
// before it are read and nothing else.
func TestATornFrameIsNotRead(t *testing.T) {
	l, path := begun(t, 16<<10)
	for i := range 3 {
		must(t, l.Append(bytes.Repeat([]byte{byte('a' + i)}, 300)))
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	last := 4096 + 2*(300+frameHead)
	for at := last; at < last+frameHead+300; at++ {
		for _, torn := range [][]byte{
			slices.Concat(whole[:at], make([]byte, len(whole)-at)),
			slices.Concat(whole[:at], []byte{whole[at] ^ 0x10}, whole[at+1:]),
			whole[:at],
		} {
			p, ok := decode(torn)
			if !ok || len(p.Frames) != 2 || p.Frames[0][0] != 'a' || p.Frames[1][299] != 'b' {
				t.Fatalf("torn at %d: %d frames", at, len(p.Frames))
			}
		}
	}
	for at := range afterHead + len("the base") {
		torn := slices.Clone(whole)
		torn[at] ^= 1
		if p, ok := decode(torn); ok && (at < 11 || at >= 16 && at < 44 || at >= afterHead) {
			t.Errorf("a header that is wrong at %d: %d frames of file %d", at, len(p.Frames), p.File)
		}
	}
}

func TestFramesOfAnEarlierHeaderAreNotRead(t *testing.T) {
	l, path := begun(t, 16<<10)
	for range 5 {
		must(t, l.Append(bytes.Repeat([]byte("old"), 100)))
	}
	must(t, l.Begin(8, []byte("the base")))
	if p := pending(t, path); p.File != 8 || len(p.Frames) != 0 {
		t.Errorf("after the new header: file %d, %d frames", p.File, len(p.Frames))
	}
	must(t, l.Append(bytes.Repeat([]byte("new"), 100)))
	if p := pending(t, path); len(p.Frames) != 1 || string(p.Frames[0][:3]) != "new" {
		t.Errorf("after the new header and one frame: %d", len(p.Frames))
	}
	must(t, l.Clean())
	if _, ok, err := Read(path); ok || err != nil {
		t.Errorf("a clean log has something pending (%v)", err)
	}
	if err := l.Append([]byte("x")); !errors.Is(err, ErrNoRoom) {
		t.Errorf("append to a log that is not begun: %v", err)
	}
}

// TestALogThatIsAppendedToNeedsNoRoom: its file has its size and its blocks from the
// start, and says when it takes no more.
func TestALogThatIsAppendedToNeedsNoRoom(t *testing.T) {
	l, path := begun(t, 16<<10)
	before, err := os.Stat(path)
	must(t, err)
	n := 0
	for err == nil {
		if err = l.Append(bytes.Repeat([]byte("x"), 1000)); err == nil {
			n++
		}
	}
	if !errors.Is(err, ErrNoRoom) || n != (16<<10-4096)/(1000+frameHead) {
		t.Errorf("%d frames, then %v", n, err)
	}
	if p := pending(t, path); len(p.Frames) != n {
		t.Errorf("%d of %d frames are read", len(p.Frames), n)
	}
	if now, err := os.Stat(path); err != nil || now.Size() != before.Size() {
		t.Errorf("it grew to %d (%v)", now.Size(), err)
	}
	must(t, l.Grow(32<<10))
	must(t, l.Append(bytes.Repeat([]byte("y"), 1000)))
	if p := pending(t, path); len(p.Frames) != n+1 {
		t.Errorf("after growing %d of %d frames are read", len(p.Frames), n+1)
	}
}

func TestAFrameThatIsTakenBackIsNotRead(t *testing.T) {
	l, path := begun(t, 16<<10)
	if err := l.Retract(); err == nil {
		t.Error("taken back without a frame")
	}
	must(t, l.Append([]byte("one")))
	must(t, l.Append([]byte("two")))
	must(t, l.Retract())
	if p := pending(t, path); len(p.Frames) != 1 || string(p.Frames[0]) != "one" {
		t.Errorf("%d frames", len(p.Frames))
	}
	if err := l.Retract(); err == nil {
		t.Error("an older frame was taken back")
	}
	must(t, l.Append([]byte("three")))
	if p := pending(t, path); len(p.Frames) != 2 || string(p.Frames[1]) != "three" {
		t.Errorf("%d frames after the next", len(p.Frames))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(golden())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := decode(b)
		if !ok && (p.File != 0 || p.Frames != nil) {
			t.Error("nothing is pending, and something is")
		}
		for _, frame := range p.Frames {
			var again []byte
			if Rows(frame, func(r Row) error { again = AppendRow(again, r); return nil }) == nil && len(again) > len(frame) {
				t.Error("rows grow when they are written again")
			}
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add(AppendRow(nil, Row{Bucket: "leaves", Inner: "o", Key: []byte("k"), Value: []byte("v")}))
	f.Add(AppendRow(nil, Row{Bucket: "anchors", Inner: "o", Key: []byte("k"), Delete: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var rows []Row
		if Rows(b, func(r Row) error { rows = append(rows, r); return nil }) != nil {
			return
		}
		var again []byte
		for _, r := range rows {
			again = AppendRow(again, r)
		}
		var twice []Row
		must(t, Rows(again, func(r Row) error { twice = append(twice, r); return nil }))
		if !slices.EqualFunc(rows, twice, func(a, b Row) bool {
			return a.Bucket == b.Bucket && a.Inner == b.Inner && a.Delete == b.Delete && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value)
		}) {
			t.Error("rows are not read as they were written")
		}
	})
}
