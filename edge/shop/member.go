package shop

import (
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// Member is what a node's folder says of the node.
type Member struct {
	Dir    string
	Shop   string
	Node   string // the full name, <shop>-<node>
	Role   string
	Key    ed25519.PrivateKey // signs checkpoints
	HPKE   hpke.PrivateKey
	Roster *tlog.Roster
	Secret string // the password for MQTT links; the user is Node

	// Paths of PEM files for TLS.
	CAFile, CertFile, KeyFile string
}

// Load reads a node's folder as Add made it. Keys that others may read are
// refused.
func Load(nodeDir string) (*Member, error) {
	b, err := readSecret(filepath.Join(nodeDir, "keys", "node.key"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no node's folder (no keys/node.key): make one with `pitlane shop add`", nodeDir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the node's keys: %w", err)
	}
	k, err := parseNodeKeys(b)
	if err != nil {
		return nil, err
	}
	roster, err := journal.LoadRoster(nodeDir)
	if err != nil {
		return nil, err
	}
	n, ok := roster.Node(k.node)
	if !ok || !n.Key.Equal(k.key.Public()) {
		return nil, fmt.Errorf("the roster in %s does not name %s with its key: copy the shop's newest roster there", nodeDir, k.node)
	}
	secret, err := readSecret(filepath.Join(nodeDir, "keys", "link.secret"))
	if err != nil {
		return nil, fmt.Errorf("read the link's secret: %w", err)
	}
	return &Member{
		Dir: nodeDir, Shop: roster.Shop, Node: k.node, Role: n.Role, Key: k.key, HPKE: k.hpke,
		Roster: roster, Secret: strings.TrimSpace(string(secret)),
		CAFile: filepath.Join(nodeDir, fileCA), CertFile: filepath.Join(nodeDir, "node.pem"),
		KeyFile: filepath.Join(nodeDir, "keys", "tls.key"),
	}, nil
}
