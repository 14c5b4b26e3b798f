package shop

import (
	"crypto/ed25519"
	"crypto/hpke"
	"errors"

	"pitlane/edge/journal"
)

// The roles of a node.
const (
	RoleBay       = "bay"
	RoleReception = "reception"
	RoleCentral   = "central"
)

// AddResult says what Add made.
type AddResult struct {
	Shop string `json:"shop"`
	Node string `json:"node"` // the full name, <shop>-<node>
	Role string `json:"role"`
	Dir  string `json:"dir"`
}

// Init makes the folder of a new shop: CA, shop key, empty roster, broker files.
func Init(dir, name string) error { return errors.ErrUnsupported }

// Add adds a node to the shop in dir and makes its folder. The node may be given
// with or without the shop's name before it. Config is a text/template of the
// node's configuration file (fields Shop, Node, Role, Dir), written as edge.toml,
// or central.toml for a central; "" writes none.
func Add(dir, node, role, config string) (AddResult, error) {
	return AddResult{}, errors.ErrUnsupported
}

// Member is what a node's folder says of the node.
type Member struct {
	Dir    string
	Shop   string
	Node   string // the full name
	Role   string
	Key    ed25519.PrivateKey // signs checkpoints
	HPKE   hpke.PrivateKey
	Roster *journal.Roster
	Secret string // the password for MQTT links; the user is Node

	// Paths of PEM files for TLS.
	CAFile, CertFile, KeyFile string
}

// Load reads a node's folder.
func Load(nodeDir string) (*Member, error) { return nil, errors.ErrUnsupported }

// CheckPassword checks a user's password against a passwd file in Mosquitto's
// form. A user who is not in the file has the wrong password.
func CheckPassword(passwdFile, user, password string) (bool, error) {
	return false, errors.ErrUnsupported
}
