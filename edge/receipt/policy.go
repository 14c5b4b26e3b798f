package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pitlane/edge/tlog"
)

// ErrPolicy begins every complaint about a policy's text.
var ErrPolicy = errors.New("the policy cannot be read")

// Policy is what a verifier demands of a receipt (C2SP tlog-policy, with one line
// more: the shop's key).
type Policy struct {
	shops  []string // verifier keys, one of which must be the receipt's
	logs   []string // verifier keys of nodes, one of which must have signed
	groups map[string]group
	quorum string // of groups; "" demands no cosignature
}

// group is satisfied when so many of its members are. A witness is a group of its
// own key.
type group struct {
	least   int
	members []string
	key     ed25519.PublicKey // of a witness
	name    string            // of a witness, as it signs
}

// None is the quorum that demands nothing.
const None = "none"

// ParsePolicy reads a policy:
//
//	shop VKEY                      a shop's key; several may be named
//	log VKEY [URL]                 a node's key; several may be named
//	witness NAME VKEY [URL]        a cosigner's key (type 4)
//	group NAME any|all|N MEMBER…   of witnesses and groups named before
//	quorum NAME|none               last; at most one
func ParsePolicy(text []byte) (*Policy, error) {
	p := &Policy{groups: map[string]group{}}
	n, quorums := 0, 0
	for line := range bytes.Lines(text) {
		n++
		body, _, _ := strings.Cut(string(line), "#")
		f := strings.Fields(body)
		if len(f) == 0 {
			continue
		}
		var err error
		switch {
		case f[0] == "shop" && len(f) == 2:
			_, _, err = parseKey(f[1])
			p.shops = append(p.shops, f[1])
		case f[0] == "log" && (len(f) == 2 || len(f) == 3):
			_, _, err = parseKey(f[1])
			p.logs = append(p.logs, f[1])
		case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
			err = p.addWitness(f[1], f[2])
		case f[0] == "group" && len(f) >= 4:
			err = p.addGroup(f[1], f[2], f[3:])
		case f[0] == "quorum" && len(f) == 2:
			quorums++
			err = p.setQuorum(f[1], quorums)
		default:
			err = errors.New("a line begins with shop, log, witness, group or quorum")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrPolicy, n, err)
		}
	}
	return p, nil
}

func (p *Policy) fresh(name string) error {
	if _, ok := p.groups[name]; ok || name == None {
		return fmt.Errorf("the name %q is taken", name)
	}
	return nil
}

func (p *Policy) addWitness(name, vkey string) error {
	who, rest, _ := strings.Cut(vkey, "+")
	hash, data, _ := strings.Cut(rest, "+")
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(b) != 1+ed25519.PublicKeySize || b[0] != algCosigned ||
		hash != fmt.Sprintf("%08x", keyHash(who, algCosigned, b[1:])) {
		return errors.New("a witness's key is a verifier key of type 4 (Ed25519 cosignature)")
	}
	if err := p.fresh(name); err != nil {
		return err
	}
	p.groups[name] = group{key: b[1:], name: who}
	return nil
}

func (p *Policy) addGroup(name, least string, members []string) error {
	n, err := strconv.Atoi(least)
	switch least {
	case "any":
		n, err = 1, nil
	case "all":
		n, err = len(members), nil
	}
	if err != nil || n < 1 || n > len(members) {
		return fmt.Errorf("a group demands any, all, or 1 to %d of its members", len(members))
	}
	for i, m := range members {
		if _, ok := p.groups[m]; !ok || slices.Contains(members[:i], m) {
			return fmt.Errorf("the member %q is not named before, or is named twice", m)
		}
	}
	if err := p.fresh(name); err != nil {
		return err
	}
	p.groups[name] = group{least: n, members: members}
	return nil
}

func (p *Policy) setQuorum(name string, n int) error {
	if n > 1 {
		return errors.New("there is more than one quorum")
	}
	if name == None {
		return nil
	}
	if _, ok := p.groups[name]; !ok {
		return fmt.Errorf("the quorum %q is not named before", name)
	}
	p.quorum = name
	return nil
}

// check holds what a receipt proves against the policy.
func (p *Policy) check(out *Proven, roster *tlog.Roster) error {
	if p == nil {
		return nil
	}
	if len(p.shops) > 0 && !slices.Contains(p.shops, out.Key) {
		return fmt.Errorf("%w: the policy names another shop's key", ErrProof)
	}
	node, _ := roster.Node(tlog.NodeOf(out.Origin))
	if len(p.logs) > 0 && !slices.Contains(p.logs, FormatKey(node.Name, node.Key)) {
		return fmt.Errorf("%w: the policy does not name the key of the log's node", ErrProof)
	}
	out.Pinned = len(p.shops)+len(p.logs) > 0
	if p.quorum != "" && !p.met(p.quorum, out, roster) {
		return fmt.Errorf("%w: the policy demands cosignatures that it does not bear", ErrProof)
	}
	return nil
}

// met reports whether a witness or group of the policy has cosigned.
func (p *Policy) met(name string, out *Proven, roster *tlog.Roster) bool {
	g := p.groups[name]
	if g.key != nil {
		node, _ := roster.Node(g.name)
		return node.Key.Equal(g.key) &&
			slices.ContainsFunc(out.Witness, func(w Witness) bool { return w.Name == g.name })
	}
	n := 0
	for _, m := range g.members {
		if p.met(m, out, roster) {
			n++
		}
	}
	return n >= g.least
}
