package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

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
	_, lines, err := NoteLines(c.Note)
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
	text, lines, err := NoteLines(signed)
	if err != nil {
		return nil, err
	}
	c := cosigner{signer{node, key}, sec}
	sig, err := c.Sign([]byte(text))
	if err != nil {
		return nil, err
	}
	raw := append(binary.BigEndian.AppendUint32(nil, c.KeyHash()), sig...)
	return JoinLines(text, lines, map[string]string{node: base64.StdEncoding.EncodeToString(raw)}), nil
}

// NoteLines takes a signed note apart: its text and its signature lines by order.
func NoteLines(signed []byte) (text string, lines [][2]string, err error) {
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

// JoinLines puts a note together: the first signature stays first, the others follow
// by name, each name once; more replaces.
func JoinLines(text string, lines [][2]string, more map[string]string) []byte {
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
