package shop

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

// The roles of a node.
const (
	RoleBay       = "bay"
	RoleReception = "reception"
	RoleCentral   = "central"
)

// The files of a shop's folder.
const (
	fileCA      = "ca.pem"
	fileCAKey   = "ca.key"
	fileShopKey = "shop.key"
	fileShopPub = "shop.pub"
	fileRoster  = "roster"
	filePasswd  = "broker.passwd"
	fileACL     = "broker.acl"
)

// Init makes the folder of a new shop: CA, shop key, a roster without nodes, and
// the broker's files. The name is 2 to 40 of a-z, 0-9 and -; it begins the names
// of all nodes. A folder that holds a shop already is left as it is.
func Init(dir, name string) error {
	if !validShop(name) {
		return fmt.Errorf("a shop's name is 2 to 40 of a-z, 0-9 and -, and begins and ends with a letter or digit: %q", name)
	}
	if _, err := os.Stat(filepath.Join(dir, fileShopKey)); err == nil {
		return fmt.Errorf("%s holds a shop already: choose another folder, or add nodes to it with `pitlane shop add`", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the shop's folder: %w", err)
	}
	ca, caKey, err := newCA(name)
	if err != nil {
		return err
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the shop's key: %w", err)
	}
	vkey, err := publicKeyText(name, pub)
	if err != nil {
		return err
	}
	roster, err := tlog.SignRoster(&tlog.Roster{Shop: name, Nodes: []tlog.RosterNode{}}, key)
	if err != nil {
		return err
	}
	return writeAll(dir, []file{
		{fileCA, ca, 0o644},
		{fileCAKey, caKey, 0o600},
		{fileRoster, roster, 0o644},
		{filePasswd, nil, 0o600},
		{fileACL, acl(nil), 0o644},
		{fileShopPub, []byte(vkey + "\n"), 0o644},
		{fileShopKey, privateKeyText(name, key), 0o600}, // last: it says that the shop is whole
	})
}

func validShop(name string) bool {
	return len(name) >= 2 && len(name) <= 40 && tlog.ValidNode(name+"-x") && strings.Trim(name, "-") == name
}

// AddResult says what Add made.
type AddResult struct {
	Shop  string   `json:"shop"`
	Node  string   `json:"node"` // the full name, <shop>-<node>
	Role  string   `json:"role"`
	Dir   string   `json:"dir"`
	Files []string `json:"files"` // written into Dir
}

// Add adds a node to the shop in dir and makes its folder, DIR/<shop>-<node>. The
// node may be given with or without the shop's name before it. Config is a
// text/template of the node's configuration file (fields Shop, Node, Role, Dir),
// written as edge.toml, or central.toml for a central; "" writes none. The new
// roster goes into the folders of all nodes that are still here; a node whose
// folder was carried to another machine needs it carried after.
func Add(dir, node, role, config string) (AddResult, error) {
	s, err := openShop(dir)
	if err != nil {
		return AddResult{}, err
	}
	full, err := s.name(node)
	if err != nil {
		return AddResult{}, err
	}
	if role != RoleBay && role != RoleReception && role != RoleCentral {
		return AddResult{}, fmt.Errorf("a node's role is bay, reception or central: %q", role)
	}
	if _, ok := s.roster.Node(full); ok {
		return AddResult{}, fmt.Errorf("%s is on the roster already", full)
	}
	r := AddResult{Shop: s.roster.Shop, Node: full, Role: role, Dir: filepath.Join(dir, full)}
	if _, err := os.Stat(r.Dir); err == nil {
		return AddResult{}, fmt.Errorf("%s is there but not on the roster, as after an addition that was broken off: remove it and add the node again", r.Dir)
	}
	n, files, err := s.newNode(r, config)
	if err != nil {
		return AddResult{}, fmt.Errorf("add %s: %w", full, err)
	}
	if err := s.enter(n, r, files); err != nil {
		return AddResult{}, fmt.Errorf("add %s: %w", full, err)
	}
	for _, f := range files {
		r.Files = append(r.Files, f.name)
	}
	return r, nil
}

// opened is a shop's folder.
type opened struct {
	dir    string
	roster *tlog.Roster
	key    ed25519.PrivateKey
}

func openShop(dir string) (*opened, error) {
	b, err := os.ReadFile(filepath.Join(dir, fileShopKey))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no shop: make one with `pitlane shop init %s --name NAME`", dir, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the shop's key: %w", err)
	}
	s := &opened{dir: dir}
	if s.key, err = parsePrivateKey(b); err != nil {
		return nil, fmt.Errorf("read the shop's key: %w", err)
	}
	if s.roster, err = journal.LoadRoster(dir); err != nil {
		return nil, err
	}
	return s, nil
}

// name gives a node its full name.
func (s *opened) name(node string) (string, error) {
	prefix := s.roster.Shop + "-"
	full := prefix + strings.TrimPrefix(node, prefix)
	if !tlog.ValidNode(full) || strings.Trim(full, "-") != full {
		return "", fmt.Errorf("a node's name, with the shop's before it, is 3 to 48 of a-z, 0-9 and -, and ends with a letter or digit: %q", full)
	}
	return full, nil
}

// newNode makes a node's keys and files.
func (s *opened) newNode(r AddResult, config string) (tlog.RosterNode, []file, error) {
	k, err := newNodeKeys(r.Node)
	if err != nil {
		return tlog.RosterNode{}, nil, err
	}
	keyFile, err := k.encode()
	if err != nil {
		return tlog.RosterNode{}, nil, err
	}
	cert, tlsKey, err := s.newCert(r.Node)
	if err != nil {
		return tlog.RosterNode{}, nil, err
	}
	var secret [24]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return tlog.RosterNode{}, nil, fmt.Errorf("draw the link's secret: %w", err)
	}
	files := []file{
		{"keys/node.key", keyFile, 0o600},
		{"keys/tls.key", tlsKey, 0o600},
		{"keys/link.secret", []byte(base64.RawURLEncoding.EncodeToString(secret[:]) + "\n"), 0o600},
		{"node.pem", cert, 0o644},
	}
	for _, name := range []string{fileCA, fileShopPub} {
		b, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return tlog.RosterNode{}, nil, fmt.Errorf("read the shop's folder: %w", err)
		}
		files = append(files, file{name, b, 0o644})
	}
	conf, err := configFile(r, config)
	if err != nil {
		return tlog.RosterNode{}, nil, err
	}
	node := tlog.RosterNode{Name: r.Node, Role: r.Role, Key: k.key.Public().(ed25519.PublicKey), HPKE: k.hpke.PublicKey().Bytes()}
	return node, append(files, conf...), nil
}

func configFile(r AddResult, config string) ([]file, error) {
	if config == "" {
		return nil, nil
	}
	t, err := template.New("config").Option("missingkey=error").Parse(config)
	if err != nil {
		return nil, fmt.Errorf("read the configuration's template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("fill the configuration's template: %w", err)
	}
	name := "edge.toml"
	if r.Role == RoleCentral {
		name = "central.toml"
	}
	return []file{{name, b.Bytes(), 0o600}}, nil
}

// enter writes the node's folder, then the roster that names it: a roster never
// names a node that nobody has the keys of.
func (s *opened) enter(n tlog.RosterNode, r AddResult, files []file) error {
	next := &tlog.Roster{Shop: s.roster.Shop, Nodes: append(s.roster.Nodes[:len(s.roster.Nodes):len(s.roster.Nodes)], n)}
	signed, err := tlog.SignRoster(next, s.key)
	if err != nil {
		return err
	}
	tmp := filepath.Join(s.dir, "."+r.Node+".tmp")
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("clear the way: %w", err)
	}
	if err := writeAll(tmp, append(files, file{fileRoster, signed, 0o644})); err != nil {
		return err
	}
	if err := os.Rename(tmp, r.Dir); err != nil {
		return fmt.Errorf("name the node's folder: %w", err)
	}
	line, err := passwdLine(r.Node, secretOf(files))
	if err != nil {
		return err
	}
	passwd, err := withLine(filepath.Join(s.dir, filePasswd), r.Node, line)
	if err != nil {
		return err
	}
	err = writeAll(s.dir, []file{{filePasswd, passwd, 0o600}, {fileACL, acl(next.Nodes), 0o644}, {fileRoster, signed, 0o644}})
	if err != nil {
		return err
	}
	return s.spread(signed)
}

// spread writes a new roster into the folders of the other nodes that are here.
func (s *opened) spread(signed []byte) error {
	for _, n := range s.roster.Nodes {
		dir := filepath.Join(s.dir, n.Name)
		if _, err := os.Stat(filepath.Join(dir, fileRoster)); err != nil {
			continue // carried away
		}
		if err := writeAll(dir, []file{{fileRoster, signed, 0o644}}); err != nil {
			return fmt.Errorf("give %s the new roster: %w", n.Name, err)
		}
	}
	return nil
}

func secretOf(files []file) string {
	for _, f := range files {
		if f.name == "keys/link.secret" {
			return strings.TrimSpace(string(f.data))
		}
	}
	return ""
}
