package tlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const rosterHead = "pl-roster/v1\n"

// Roster says who belongs to a shop. It is signed by the shop's key.
type Roster struct {
	Shop  string       `json:"shop"`
	Nodes []RosterNode `json:"nodes"`
}

// RosterNode is one node of a shop.
type RosterNode struct {
	Name string            `json:"name"` // <shop>-<node>
	Role string            `json:"role"` // bay, reception, central
	Key  ed25519.PublicKey `json:"key"`  // signs its checkpoints
	HPKE []byte            `json:"hpke"` // X25519 public key, for wrapped keys
}

// Node finds a node by name.
func (r *Roster) Node(name string) (RosterNode, bool) {
	if r == nil {
		return RosterNode{}, false
	}
	for _, n := range r.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return RosterNode{}, false
}

// check says what is wrong with a roster.
func (r *Roster) check() error {
	if r.Shop == "" {
		return errors.New("a roster without a shop")
	}
	seen := map[string]bool{}
	for _, n := range r.Nodes {
		switch {
		case !ValidNode(n.Name):
			return fmt.Errorf("a node's name is 3 to 48 of a-z, 0-9 and -: %q", n.Name)
		case seen[n.Name]:
			return fmt.Errorf("the node %s is on the roster twice", n.Name)
		case len(n.Key) != ed25519.PublicKeySize:
			return fmt.Errorf("the key of %s has %d bytes, not %d", n.Name, len(n.Key), ed25519.PublicKeySize)
		}
		seen[n.Name] = true
	}
	return nil
}

func (r *Roster) text() (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("write a roster: %w", err)
	}
	return rosterHead + string(b) + "\n", nil
}

// SignRoster makes the signed note of a roster with the shop's key, whose name is
// the shop's name.
func SignRoster(r *Roster, key ed25519.PrivateKey) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("sign a roster: %w", err)
	}
	text, err := r.text()
	if err != nil {
		return nil, err
	}
	b, err := note.Sign(&note.Note{Text: text}, signer{r.Shop, key})
	if err != nil {
		return nil, fmt.Errorf("sign a roster: %w", err)
	}
	return b, nil
}

// ParseRoster checks a signed roster against the shop's public key and reads it,
// strictly: rebuilt from what was read it must be the same text.
func ParseRoster(signed []byte, key ed25519.PublicKey) (*Roster, error) {
	if len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("a shop key of %d bytes, not %d", len(key), ed25519.PublicKeySize)
	}
	n, err := note.Open(signed, anyName{key})
	if err != nil {
		return nil, fmt.Errorf("check the roster's signature: %w", err)
	}
	body, ok := strings.CutPrefix(n.Text, rosterHead)
	if !ok {
		return nil, fmt.Errorf("a roster does not begin with %q", rosterHead)
	}
	r := new(Roster)
	if err := json.Unmarshal([]byte(body), r); err != nil {
		return nil, fmt.Errorf("read a roster: %w", err)
	}
	again, err := r.text()
	if err != nil {
		return nil, err
	}
	if again != n.Text {
		return nil, errors.New("a roster that differs when rebuilt from its fields")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if n.Sigs[0].Name != r.Shop {
		return nil, fmt.Errorf("a roster of %s signed in the name of %s", r.Shop, n.Sigs[0].Name)
	}
	return r, nil
}

// anyName verifies with one key, whatever name the signature line gives it: the
// shop's name is inside the text that the signature is to prove.
type anyName struct{ key ed25519.PublicKey }

func (a anyName) Verifier(name string, hash uint32) (note.Verifier, error) {
	v, err := verifier(name, a.key)
	if err != nil || v.KeyHash() != hash {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	return v, nil
}

// NodeOf is the node of an origin: the part before the slash.
func NodeOf(origin string) string {
	node, _, _ := strings.Cut(origin, "/")
	return node
}

// ParseVerifierKey reads <name>+<hash>+<base64 of 1 ‖ key>.
func ParseVerifierKey(vkey string) (ed25519.PublicKey, error) {
	if _, err := note.NewVerifier(vkey); err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(vkey, "+")
	_, data, _ := strings.Cut(rest, "+")
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		return nil, errors.New("not an Ed25519 key")
	}
	return b[1:], nil
}
