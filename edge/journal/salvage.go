package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pitlane/edge/tlog"
)

// found is what a damaged segment file still holds, wherever it lies in it.
type found struct {
	pages   int // that could be read
	lost    int // that could not
	records map[string]map[uint64][]byte
	heads   map[string]*head                      // the newest
	notes   map[string]map[string]tlog.Checkpoint // origin → signed note → what it says
	anchors map[string][]anchor
}

func newFound() *found {
	return &found{
		records: map[string]map[uint64][]byte{}, heads: map[string]*head{},
		notes: map[string]map[string]tlog.Checkpoint{}, anchors: map[string][]anchor{},
	}
}

// Layout of a bbolt page: 8 bytes number, 2 flags, 2 count, 4 overflow; then 16 bytes
// an element: 4 flags, 4 offset from here, 4 length of the key, 4 of the value. The
// value of a small bucket is 16 bytes and a page of its own.
const (
	pageHeader   = 16
	pageLeaf     = 2
	elementSize  = 16
	elementIsSub = 1
	subHeader    = 16
)

// scanFile looks at every page of a segment file for itself, so that neither a
// damaged front nor a damaged branch hides what lies behind it. What is found proves
// nothing yet.
func scanFile(path string, f *found) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	size := os.Getpagesize()
	for n := 0; (n+1)*size <= len(b); n++ {
		page := b[n*size:]
		if binary.NativeEndian.Uint64(page) != uint64(n) || binary.NativeEndian.Uint16(page[8:]) != pageLeaf {
			if !bytes.Equal(page[:size], make([]byte, size)) {
				f.lost++ // of another kind, or damaged
			}
			continue
		}
		f.pages++
		long := (int(binary.NativeEndian.Uint32(page[12:])) + 1) * size
		f.leafPage(page[:min(long, len(page))], 0)
	}
	return nil
}

// leafPage takes the rows of one page. A row that lies outside of it is left.
func (f *found) leafPage(page []byte, depth int) {
	if len(page) < pageHeader || depth > 2 {
		return
	}
	for i := range int(binary.NativeEndian.Uint16(page[10:])) {
		at := pageHeader + i*elementSize
		if at+elementSize > len(page) {
			return
		}
		e := page[at:]
		from := uint64(binary.NativeEndian.Uint32(e[4:]))
		k, v := uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
		if from+k+v > uint64(len(e)) {
			continue
		}
		key, value := e[from:from+k], e[from+k:from+k+v]
		if binary.NativeEndian.Uint32(e)&elementIsSub == 0 {
			f.row(key, value)
		} else if len(value) > subHeader && binary.NativeEndian.Uint64(value) == 0 {
			f.leafPage(value[subHeader:], depth+1)
		}
	}
}

// row takes what says itself what it is: a record, a head, a checkpoint, an anchor.
func (f *found) row(key, value []byte) {
	if r, err := decodeRecord(value); err == nil {
		f.record(key, value, r)
		return
	}
	if text, _, ok := bytes.Cut(value, []byte("\n\n")); ok {
		f.note(string(text)+"\n", string(value))
		return
	}
	if tlog.ValidOrigin(string(key)) {
		h := new(head)
		if json.Unmarshal(value, h) == nil && errors.Join(h.Check(), tlog.Frontier{Size: h.Low, Nodes: h.Cut}.Check()) == nil {
			f.head(string(key), h)
		}
		return
	}
	var a anchor
	if json.Unmarshal(value, &a) == nil && a.Checkpoint != "" {
		if text, _, ok := strings.Cut(a.Checkpoint, "\n\n"); ok {
			if c, err := tlog.ParseCheckpoint(text + "\n"); err == nil {
				f.anchors[c.Origin] = append(f.anchors[c.Origin], a)
			}
		}
	}
}

func (f *found) record(key, value []byte, r record) {
	e, err := tlog.DecodeLeaf(r.leaf)
	if err != nil || len(r.hashes) == 0 || tlog.LeafHash(r.leaf) != r.hashes[0] || !bytes.Equal(key, seqKey(e.Seq)) {
		return
	}
	e.Work, e.Contact = r.work, r.contact
	if e.CheckOpenings() != nil || !bytes.Equal(r.encode(), value) {
		return
	}
	if f.records[e.Origin] == nil {
		f.records[e.Origin] = map[uint64][]byte{}
	}
	f.records[e.Origin][e.Seq] = bytes.Clone(value)
}

func (f *found) head(origin string, h *head) {
	if was := f.heads[origin]; was == nil || h.Size > was.Size || h.Low > was.Low {
		f.heads[origin] = h
	}
	if text, _, ok := strings.Cut(h.Checkpoint, "\n\n"); ok {
		f.note(text+"\n", h.Checkpoint)
	}
}

func (f *found) note(text, signed string) {
	c, err := tlog.ParseCheckpoint(text)
	if err != nil {
		return
	}
	if f.notes[c.Origin] == nil {
		f.notes[c.Origin] = map[string]tlog.Checkpoint{}
	}
	f.notes[c.Origin][signed] = c
}

// signed leaves of the checkpoints only those that their origin signed.
func (f *found) signed(r *Roster) {
	for origin, notes := range f.notes {
		maps.DeleteFunc(notes, func(signed string, _ tlog.Checkpoint) bool {
			_, err := r.CheckCheckpoint(origin, []byte(signed))
			return err != nil
		})
	}
}

// SalvageReport is what Salvage took out of a file.
type SalvageReport struct {
	File    string            `json:"file"`
	Entries int               `json:"entries"`
	Origins []SalvagedOrigin  `json:"origins"`
	Files   map[string]string `json:"files"` // origin → where its entries are
}

// SalvagedOrigin is what of one origin was found.
type SalvagedOrigin struct {
	Origin  string      `json:"origin"`
	Entries int         `json:"entries"`
	First   uint64      `json:"first"`
	Last    uint64      `json:"last"`
	Missing [][2]uint64 `json:"missing"` // first and last of each run that is not there
}

// Salvage reads all that checks out of a segment file, however damaged, and writes it
// to a folder, with what a redo log beside its folder holds of it: one file an origin, one line an entry: the line of `pitlane tail`
// without contact payloads, the exact leaf, and the stored record in base64. Nothing
// in the source is changed. What is found has the hash it was stored with; whether the
// origin signed it, the nodes that hold its log can say.
func Salvage(path, out string) (SalvageReport, error) {
	r := SalvageReport{File: path, Origins: []SalvagedOrigin{}, Files: map[string]string{}}
	f := newFound()
	err := scanFile(path, f)
	if n, ok := fileNumber(path); ok && err == nil {
		err = (&shelf{dir: filepath.Dir(path)}).scanRedo(n, n, f)
	}
	if err != nil {
		return r, fmt.Errorf("salvage: %w", err)
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return r, fmt.Errorf("salvage: %w", err)
	}
	for _, origin := range slices.Sorted(maps.Keys(f.records)) {
		lines, o := f.lines(origin)
		to := filepath.Join(out, strings.ReplaceAll(origin, "/", "-")+".jsonl")
		if err := writeFile(to, lines); err != nil {
			return r, fmt.Errorf("salvage: %w", err)
		}
		r.Entries, r.Files[origin] = r.Entries+o.Entries, to
		r.Origins = append(r.Origins, o)
	}
	return r, nil
}

// fileNumber is the number of a segment file by its name.
func fileNumber(path string) (uint32, bool) {
	stem, _, ok := strings.Cut(filepath.Base(path), ".db")
	n, err := strconv.ParseUint(stem, 10, 32)
	return uint32(n), ok && err == nil
}

// lines are the salvaged entries of an origin and what is missing between them.
func (f *found) lines(origin string) ([]byte, SalvagedOrigin) {
	seqs := slices.Sorted(maps.Keys(f.records[origin]))
	o := SalvagedOrigin{Origin: origin, Entries: len(seqs), First: seqs[0], Last: seqs[len(seqs)-1], Missing: [][2]uint64{}}
	var out bytes.Buffer
	for i, seq := range seqs {
		if i > 0 && seq != seqs[i-1]+1 {
			o.Missing = append(o.Missing, [2]uint64{seqs[i-1] + 1, seq - 1})
		}
		raw := f.records[origin][seq]
		rec, _ := decodeRecord(raw) // it was decoded before
		e, _ := rec.entry()
		e.Hash = tlog.LeafHash(e.Leaf)
		more, err := json.Marshal(struct {
			Leaf   string `json:"leaf"`
			Record string `json:"record"`
		}{string(rec.leaf), base64.StdEncoding.EncodeToString(raw)})
		if err != nil {
			continue // cannot be: both are text
		}
		line := bytes.TrimSuffix(tlog.TailLine(e, false), []byte("}\n"))
		out.Write(line)
		out.WriteByte(',')
		out.Write(append(more[1:], '\n'))
	}
	return out.Bytes(), o
}
