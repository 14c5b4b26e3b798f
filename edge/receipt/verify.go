package receipt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	sumdb "golang.org/x/mod/sumdb/tlog"

	"pitlane/edge/tlog"
)

// ErrProof begins every complaint about what a receipt proves.
var ErrProof = errors.New("the receipt does not prove what it says")

// Kinds of leaf that a receipt can be about.
const (
	Sealed  = "job.sealed"
	Amended = "job.amended"
)

// Proven is what a verified receipt shows.
type Proven struct {
	Shop    string     // name in the shop's key
	Key     string     // the shop's verifier key: to be compared with one had from elsewhere
	Pinned  bool       // the key is one that the verifier was given
	Origin  string     // the log that holds the leaf
	Entry   tlog.Entry // the sealed leaf
	Payload []byte     // what it commits to
	Size    uint64     // of the tree that the checkpoint signs
	Witness []Witness  // who cosigned, by name
}

// Witness is a node that has cosigned the checkpoint.
type Witness struct {
	Name string
	Role string
	Time time.Time // what its clock said; zero where it gave no time
}

// Signature types of C2SP signed notes.
const (
	algEd25519  = 1
	algCosigned = 4
)

// Verify checks a receipt, strictly, against a policy; nil demands nothing beyond
// what the receipt says of itself.
func Verify(file []byte, policy *Policy) (*Proven, error) {
	r, err := Decode(file)
	if err != nil {
		return nil, err
	}
	name, key, err := parseKey(r.Shop)
	if err != nil {
		return nil, err
	}
	roster, err := rosterOf(r.Roster, name, key)
	if err != nil {
		return nil, err
	}
	entry, err := tlog.DecodeLeaf(r.Leaf)
	if err != nil {
		return nil, fmt.Errorf("%w: its leaf: %w", ErrForm, err)
	}
	out := &Proven{Shop: name, Key: r.Shop, Origin: entry.Origin, Entry: entry, Payload: r.Opening.Payload}
	if err := out.checkLeaf(r); err != nil {
		return nil, err
	}
	if err := out.checkHead(r, roster); err != nil {
		return nil, err
	}
	if err := policy.check(out, roster); err != nil {
		return nil, err
	}
	return out, nil
}

// rosterOf checks the roster. It bears one signature, the shop's.
func rosterOf(signed []byte, name string, key ed25519.PublicKey) (*tlog.Roster, error) {
	n, err := splitNote(signed)
	if err != nil || len(n.sigs) != 1 || n.sigs[0].name != name {
		return nil, fmt.Errorf("%w: its roster does not bear the shop's signature alone", ErrProof)
	}
	roster, err := tlog.ParseRoster(signed, key)
	if err != nil {
		return nil, fmt.Errorf("%w: its roster: %w", ErrProof, err)
	}
	return roster, nil
}

// checkLeaf holds the leaf against its place and its opening.
func (p *Proven) checkLeaf(r *Receipt) error {
	switch e := p.Entry; {
	case e.Kind != Sealed && e.Kind != Amended:
		return fmt.Errorf("%w: its leaf is of the kind %s, not %s or %s", ErrProof, e.Kind, Sealed, Amended)
	case e.Seq != r.Index:
		return fmt.Errorf("%w: its leaf says it is number %d, the proof is of number %d", ErrProof, e.Seq, r.Index)
	case len(r.Opening.Payload) > tlog.MaxPayload:
		return fmt.Errorf("%w: a payload of %d bytes, at most %d", ErrForm, len(r.Opening.Payload), tlog.MaxPayload)
	case r.Opening.Commit() != e.WorkCommit:
		return fmt.Errorf("%w: the leaf commits to another text", ErrProof)
	}
	return nil
}

// checkHead holds the checkpoint against its signatures and the leaf against the
// checkpoint.
func (p *Proven) checkHead(r *Receipt, roster *tlog.Roster) error {
	n, err := splitNote(r.Checkpoint)
	if err != nil {
		return err
	}
	size, root, err := headOf(n.text, p.Origin)
	if err != nil {
		return err
	}
	proof := make(sumdb.RecordProof, len(r.Proof))
	for i, h := range r.Proof {
		proof[i] = sumdb.Hash(h)
	}
	if r.Index >= size {
		return fmt.Errorf("%w: the leaf is number %d, the log has %d", ErrProof, r.Index, size)
	}
	if err := sumdb.CheckRecord(proof, int64(size), sumdb.Hash(root), int64(r.Index), sumdb.Hash(p.Entry.Hash)); err != nil {
		return fmt.Errorf("%w: the leaf is not in the log that was signed", ErrProof)
	}
	p.Size = size
	return p.checkSignatures(n, roster)
}

// checkSignatures demands the node's own signature first, then cosignatures of other
// nodes by name, each once, and nothing else.
func (p *Proven) checkSignatures(n *signedNote, roster *tlog.Roster) error {
	own := tlog.NodeOf(p.Origin)
	last := ""
	for i, s := range n.sigs {
		node, ok := roster.Node(s.name)
		if !ok {
			return fmt.Errorf("%w: a signature of %q, who is not on the roster", ErrProof, s.name)
		}
		if i == 0 {
			if s.name != own || !s.verifies(node.Key, algEd25519, n.text) {
				return fmt.Errorf("%w: the log's node has not signed the checkpoint", ErrProof)
			}
			continue
		}
		if s.name == own || s.name <= last {
			return fmt.Errorf("%w: its cosignatures are not by name, each once", ErrForm)
		}
		last = s.name
		if !s.verifies(node.Key, algCosigned, n.text) {
			return fmt.Errorf("%w: the cosignature of %s does not verify", ErrProof, s.name)
		}
		w := Witness{Name: s.name, Role: node.Role}
		if sec := binary.BigEndian.Uint64(s.blob); sec > 0 {
			w.Time = time.Unix(int64(sec), 0).UTC()
		}
		p.Witness = append(p.Witness, w)
	}
	return nil
}

// headOf reads the body of a checkpoint, strictly.
func headOf(text, origin string) (size uint64, root tlog.Hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) == 4 {
		size, err = strconv.ParseUint(lines[1], 10, 53)
		var b []byte
		if err == nil {
			b, err = base64.StdEncoding.DecodeString(lines[2])
		}
		if err == nil && len(b) == len(root) {
			root = tlog.Hash(b)
		}
	}
	again := origin + "\n" + strconv.FormatUint(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
	if err != nil || again != text {
		return 0, root, fmt.Errorf("%w: its checkpoint is not one of the leaf's log", ErrProof)
	}
	return size, root, nil
}

// signedNote is a C2SP signed note taken apart.
type signedNote struct {
	text string
	sigs []signature
}

type signature struct {
	name string
	hash uint32
	blob []byte // what follows the key's hash
}

// splitNote takes a signed note apart, strictly: put together again it must be the
// same bytes.
func splitNote(b []byte) (*signedNote, error) {
	bad := fmt.Errorf("%w: a signed note in it is broken", ErrForm)
	at := bytes.LastIndex(b, []byte("\n\n"))
	if at < 0 || at+2 == len(b) {
		return nil, bad
	}
	n := &signedNote{text: string(b[:at+1])}
	again := append([]byte(nil), b[:at+2]...)
	for line := range strings.SplitAfterSeq(string(b[at+2:]), "\n") {
		if line == "" {
			continue
		}
		name, blob, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "— "), "\n"), " ")
		raw, err := base64.StdEncoding.DecodeString(blob)
		if err != nil || len(raw) < 5 || !tlog.ValidNode(name) && !validShop(name) {
			return nil, bad
		}
		n.sigs = append(n.sigs, signature{name, binary.BigEndian.Uint32(raw), raw[4:]})
		again = append(again, "— "+name+" "+base64.StdEncoding.EncodeToString(raw)+"\n"...)
	}
	if len(n.sigs) == 0 || !bytes.Equal(again, b) {
		return nil, bad
	}
	return n, nil
}

// verifies checks a signature of a text: plain Ed25519 (signed note), or a
// tlog-cosignature, which signs its time too.
func (s signature) verifies(key ed25519.PublicKey, alg byte, text string) bool {
	if len(key) != ed25519.PublicKeySize || s.hash != keyHash(s.name, alg, key) {
		return false
	}
	switch {
	case alg == algEd25519 && len(s.blob) == ed25519.SignatureSize:
		return ed25519.Verify(key, []byte(text), s.blob)
	case alg == algCosigned && len(s.blob) == 8+ed25519.SignatureSize:
		sec := binary.BigEndian.Uint64(s.blob)
		return sec <= 1<<53 && ed25519.Verify(key, cosigned(sec, text), s.blob[8:])
	}
	return false
}

// cosigned is the message of a cosignature (C2SP tlog-cosignature, Ed25519).
func cosigned(sec uint64, text string) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(sec, 10) + "\n" + text)
}

// keyHash tells keys apart in signature lines (C2SP signed-note).
func keyHash(name string, alg byte, key ed25519.PublicKey) uint32 {
	h := sha256.Sum256(slices.Concat([]byte(name+"\n"), []byte{alg}, key))
	return binary.BigEndian.Uint32(h[:4])
}

// parseKey reads a shop's verifier key, strictly.
func parseKey(vkey string) (name string, key ed25519.PublicKey, err error) {
	name, rest, _ := strings.Cut(vkey, "+")
	_, data, _ := strings.Cut(rest, "+")
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(b) != 1+ed25519.PublicKeySize || b[0] != algEd25519 || !validShop(name) {
		return "", nil, fmt.Errorf("%w: its shop's key is not an Ed25519 verifier key", ErrForm)
	}
	key = b[1:]
	if FormatKey(name, key) != vkey {
		return "", nil, fmt.Errorf("%w: its shop's key differs when written again", ErrForm)
	}
	return name, key, nil
}

// FormatKey is a verifier key in its text form.
func FormatKey(name string, key ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, algEd25519, key),
		base64.StdEncoding.EncodeToString(append([]byte{algEd25519}, key...)))
}

// validShop holds the names that a shop's key may have.
func validShop(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
