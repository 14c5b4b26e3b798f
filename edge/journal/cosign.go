package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Cosigned is a checkpoint of an origin with the cosignatures of other nodes (C2SP
// tlog-cosignature): they have seen that the log only grew up to it.
type Cosigned struct {
	Size uint64 `json:"size"`
	Note []byte `json:"note"` // signed note: the origin's signature, then cosignatures by name
}

// Witnesses are the names of the nodes that have cosigned, sorted.
func (c Cosigned) Witnesses() []string {
	_, lines, err := noteLines(c.Note)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(lines)-1)
	for _, l := range lines[1:] {
		names = append(names, l[0])
	}
	return names
}

// algCosignature is the type of an Ed25519 cosignature in signed notes.
const algCosignature = 4

// cosignatureMessage is what a cosignature signs: its time and the checkpoint's text.
func cosignatureMessage(sec uint64, text string) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(sec, 10) + "\n" + text)
}

// cosigner signs a checkpoint's text as a witness.
type cosigner struct {
	signer
	sec uint64
}

var _ note.Signer = cosigner{}

// KeyHash is that of the same key in its role as a witness.
func (c cosigner) KeyHash() uint32 {
	return witnessHash(c.name, c.key.Public().(ed25519.PublicKey))
}

func (c cosigner) Sign(text []byte) ([]byte, error) {
	return append(binary.BigEndian.AppendUint64(nil, c.sec), ed25519.Sign(c.key, cosignatureMessage(c.sec, string(text)))...), nil
}

func witnessHash(name string, key ed25519.PublicKey) uint32 {
	h := sha256.Sum256(slices.Concat([]byte(name+"\n"), []byte{algCosignature}, key))
	return binary.BigEndian.Uint32(h[:4])
}

// witness verifies cosignatures of one node.
type witness struct {
	name string
	key  ed25519.PublicKey
}

var _ note.Verifier = witness{}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return witnessHash(w.name, w.key) }

func (w witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize || len(w.key) != ed25519.PublicKeySize {
		return false
	}
	sec := binary.BigEndian.Uint64(sig)
	return sec <= 1<<53 && ed25519.Verify(w.key, cosignatureMessage(sec, string(text)), sig[8:])
}

// AddCosignature signs a checkpoint as a witness and returns the note with the
// cosignature in its place. The caller has verified that the checkpoint is of a log
// that only grew since he last cosigned it. Sec is the Unix time, 0 where no clock
// is to be trusted.
func AddCosignature(signed []byte, node string, key ed25519.PrivateKey, sec uint64) ([]byte, error) {
	text, lines, err := noteLines(signed)
	if err != nil {
		return nil, err
	}
	c := cosigner{signer{node, key}, sec}
	sig, err := c.Sign([]byte(text))
	if err != nil {
		return nil, err
	}
	raw := append(binary.BigEndian.AppendUint32(nil, c.KeyHash()), sig...)
	return joinLines(text, lines, map[string]string{node: base64.StdEncoding.EncodeToString(raw)}), nil
}

// noteLines takes a signed note apart: its text and its signature lines by order.
func noteLines(signed []byte) (text string, lines [][2]string, err error) {
	at := bytes.LastIndex(signed, []byte("\n\n"))
	if at < 0 {
		return "", nil, errors.New("not a signed note")
	}
	for line := range strings.Lines(string(signed[at+2:])) {
		name, sig, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "— "), "\n"), " ")
		if !ok || !strings.HasPrefix(line, "— ") {
			return "", nil, errors.New("a signed note with a broken signature line")
		}
		lines = append(lines, [2]string{name, sig})
	}
	if len(lines) == 0 {
		return "", nil, errors.New("a note without a signature")
	}
	return string(signed[:at+1]), lines, nil
}

// joinLines puts a note together: the first signature stays first, the others follow
// by name, each name once; more replaces.
func joinLines(text string, lines [][2]string, more map[string]string) []byte {
	all := map[string]string{}
	for _, l := range lines[1:] {
		all[l[0]] = l[1]
	}
	maps.Copy(all, more)
	delete(all, lines[0][0])
	b := []byte(text + "\n— " + lines[0][0] + " " + lines[0][1] + "\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b = append(b, "— "+name+" "+all[name]+"\n"...)
	}
	return b
}

// Cosign gives the newest checkpoint of another node's log that is held here, with
// this node's cosignature; nil when there is none. Asked again it gives the same
// bytes until there is a newer one. What was adopted under a checkpoint is
// consistent with all that was held before, so that the promise of a witness holds.
func (j *Journal) Cosign(origin string, now time.Time) ([]byte, error) {
	h := j.head(origin)
	if h == nil || NodeOf(origin) == j.opt.Node || h.CheckpointSize == 0 || j.opt.Key == nil {
		return nil, nil
	}
	if b, ok := j.witness.signed(origin, h.CheckpointSize); ok {
		return b, nil
	}
	sec := uint64(0)
	if j.opt.Quality() > 0 {
		sec = uint64(max(now.Unix(), 0))
	}
	b, err := AddCosignature([]byte(h.Checkpoint), j.opt.Node, j.opt.Key, sec)
	if err != nil {
		return nil, fmt.Errorf("cosign %s at size %d: %w", origin, h.CheckpointSize, err)
	}
	j.witness.sign(origin, Cosigned{Size: h.CheckpointSize, Note: b})
	return b, j.TakeCosigned(b)
}

// TakeCosigned takes a cosigned checkpoint of any origin that is held: cosignatures
// that verify are joined to those held for the same size; a larger size replaces.
// What is signed must be the tree that is held.
func (j *Journal) TakeCosigned(signed []byte) error {
	text, lines, err := noteLines(signed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	cp, err := parseCheckpoint(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	if _, err := j.Roster().CheckCheckpoint(cp.Origin, signed); err != nil {
		return err
	}
	h := j.head(cp.Origin)
	if h != nil && cp.Size > h.Size && cp.Origin == j.Origin() {
		defer j.leaveForked(cp.Origin)
		return fmt.Errorf("take a cosigned checkpoint: %w: others cosigned %d entries of this node's log, this disk holds %d", ErrForked, cp.Size, h.Size)
	}
	if h == nil || cp.Size > h.Size {
		return fmt.Errorf("take a cosigned checkpoint: %w", ErrGap)
	}
	if err := j.sameTree(cp, h); errors.Is(err, ErrTrimmed) {
		return nil // a witness who was away for long: what it saw is proven and gone
	} else if err != nil {
		return err
	}
	good, err := j.cosignatures(text, lines)
	if err != nil || len(good) == 0 {
		return err
	}
	return j.witness.join(cp, text, lines[:1], good)
}

// sameTree holds a signed tree head against the tree that is held.
func (j *Journal) sameTree(cp Checkpoint, h *head) error {
	root := h.Root()
	if cp.Size != h.Size {
		f, err := frontierAt(cp.Size, j.nodeOf(h, nil, cp.Origin))
		if err != nil {
			return fmt.Errorf("take a cosigned checkpoint: %w", err)
		}
		root = f.Root()
	}
	if root != cp.Root {
		return fmt.Errorf("take a cosigned checkpoint: %w: at size %d %s signed another tree", ErrForked, cp.Size, cp.Origin)
	}
	return nil
}

// cosignatures are those of nodes on the roster that verify; others are dropped.
func (j *Journal) cosignatures(text string, lines [][2]string) (map[string]string, error) {
	good := map[string]string{}
	for _, l := range lines[1:] {
		node, ok := j.Roster().Node(l[0])
		raw, err := base64.StdEncoding.DecodeString(l[1])
		if !ok || err != nil || len(raw) < 5 {
			continue
		}
		w := witness{node.Name, node.Key}
		if binary.BigEndian.Uint32(raw) == w.KeyHash() && w.Verify([]byte(text), raw[4:]) {
			good[l[0]] = base64.StdEncoding.EncodeToString(raw)
		}
	}
	return good, nil
}

// Cosigned is the newest checkpoint of an origin that others have cosigned.
func (j *Journal) Cosigned(origin string) (Cosigned, bool) {
	j.witness.mu.Lock()
	defer j.witness.mu.Unlock()
	c, ok := j.witness.held[origin]
	return c, ok
}

// witnessBook keeps the newest cosigned checkpoint of each origin in
// DIR/cosigned.json. Losing it loses no event: peers cosign the next checkpoint
// again.
type witnessBook struct {
	path string

	mu   sync.Mutex
	held map[string]Cosigned
	mine map[string]Cosigned // what this node itself has cosigned since it started
}

func openWitnessBook(dir string) *witnessBook {
	w := &witnessBook{path: filepath.Join(dir, "cosigned.json"), held: map[string]Cosigned{}, mine: map[string]Cosigned{}}
	b, err := os.ReadFile(w.path)
	if err == nil {
		err = json.Unmarshal(b, &w.held)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || w.held == nil {
		w.held = map[string]Cosigned{}
	}
	return w
}

// signed is what this node has cosigned of an origin already, at this size or a
// larger one.
func (w *witnessBook) signed(origin string, size uint64) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.mine[origin]
	return c.Note, ok && c.Size >= size
}

func (w *witnessBook) sign(origin string, c Cosigned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mine[origin] = c
}

// join adds cosignatures and writes the book.
func (w *witnessBook) join(cp Checkpoint, text string, own [][2]string, good map[string]string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, was := own, w.held[cp.Origin]
	if was.Size > cp.Size {
		return nil
	}
	if was.Size == cp.Size && was.Size > 0 {
		if _, before, err := noteLines(was.Note); err == nil {
			lines = before
		}
	}
	w.held[cp.Origin] = Cosigned{Size: cp.Size, Note: joinLines(text, lines, good)}
	b, err := json.Marshal(w.held)
	if err != nil {
		return fmt.Errorf("write the cosigned checkpoints: %w", err)
	}
	if err := writeFile(w.path, b); err != nil {
		return fmt.Errorf("write the cosigned checkpoints: %w", err)
	}
	return nil
}
