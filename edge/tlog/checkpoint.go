package tlog

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is what an origin's node signs of its tree (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// text is the body of the signed note: origin, size, root, one a line.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" +
		base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// SignCheckpoint makes the signed note. The key's name is the node's name.
func SignCheckpoint(c Checkpoint, s note.Signer) ([]byte, error) {
	b, err := note.Sign(&note.Note{Text: c.text()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return b, nil
}

// ParseCheckpoint reads the body of a checkpoint without its signatures, strictly.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return Checkpoint{}, fmt.Errorf("a checkpoint of %d lines", len(lines))
	}
	size, err := strconv.ParseUint(lines[1], 10, 53)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read a checkpoint's size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return Checkpoint{}, fmt.Errorf("a checkpoint without a root hash")
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root)}
	if c.text() != text {
		return Checkpoint{}, fmt.Errorf("a checkpoint with more or other text than it should have")
	}
	return c, nil
}

// CheckCheckpoint verifies a checkpoint of an origin against the key of the
// origin's node. Further signatures are allowed and not looked at.
func (r *Roster) CheckCheckpoint(origin string, signed []byte) (Checkpoint, error) {
	node, ok := r.Node(NodeOf(origin))
	if !ok {
		return Checkpoint{}, fmt.Errorf("%w: %s", ErrUnknownOrigin, origin)
	}
	v, err := verifier(node.Name, node.Key)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint of %s: %w", ErrForged, origin, err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint of %s: %w", ErrForged, origin, err)
	}
	if c.Origin != origin {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint of %s in place of one of %s", ErrForged, c.Origin, origin)
	}
	return c, nil
}

// signer is an Ed25519 key with a name, as signed notes want it.
type signer struct {
	name string
	key  ed25519.PrivateKey
}

var _ note.Signer = signer{}

// NewSigner signs with a node's or a shop's key under its name.
func NewSigner(name string, key ed25519.PrivateKey) note.Signer { return signer{name, key} }

func (s signer) Name() string { return s.name }

// KeyHash is that of algorithm 1 in package note.
func (s signer) KeyHash() uint32 {
	return keyHash(s.name, s.key.Public().(ed25519.PublicKey))
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func keyHash(name string, key ed25519.PublicKey) uint32 {
	h := sha256.Sum256(append([]byte(name+"\n\x01"), key...))
	return binary.BigEndian.Uint32(h[:4])
}

func verifier(name string, key ed25519.PublicKey) (note.Verifier, error) {
	vkey, err := note.NewEd25519VerifierKey(name, key)
	if err != nil {
		return nil, fmt.Errorf("read the key of %s: %w", name, err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("read the key of %s: %w", name, err)
	}
	return v, nil
}
