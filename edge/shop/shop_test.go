package shop_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/shop"
)

func newShop(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := shop.Init(dir, "demo"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func add(t *testing.T, dir, node, role string) shop.AddResult {
	t.Helper()
	r, err := shop.Add(dir, node, role, "node = \"{{.Node}}\"\n")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func load(t *testing.T, dir string) *shop.Member {
	t.Helper()
	m, err := shop.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryNodeOfAShopKnowsTheOthers(t *testing.T) {
	dir := newShop(t)
	bay := add(t, dir, "bay-1", shop.RoleBay)
	desk := add(t, dir, "demo-desk", shop.RoleReception)
	head := add(t, dir, "central", shop.RoleCentral)
	if got, want := bay.Node+" "+desk.Node+" "+head.Node, "demo-bay-1 demo-desk demo-central"; got != want {
		t.Errorf("names = %s, want %s", got, want)
	}
	for _, r := range []shop.AddResult{bay, desk, head} {
		m := load(t, r.Dir)
		if m.Node != r.Node || m.Role != r.Role || m.Shop != "demo" || len(m.Secret) < 32 {
			t.Errorf("member = %s %s %s", m.Node, m.Role, m.Shop)
		}
		if got, want := len(m.Roster.Nodes), 3; got != want {
			t.Errorf("%s knows %d nodes, want %d", m.Node, got, want)
		}
	}
	conf, err := os.ReadFile(filepath.Join(head.Dir, "central.toml"))
	if err != nil || string(conf) != "node = \"demo-central\"\n" {
		t.Errorf("central.toml = %q %v", conf, err)
	}
	j, err := journal.Open(t.Context(), optionsOf(load(t, bay.Dir)))
	if err != nil {
		t.Fatalf("a journal in the node's folder: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func optionsOf(m *shop.Member) journal.Options {
	return journal.Options{Dir: m.Dir, Node: m.Node, Key: m.Key, Roster: m.Roster}
}

func TestSecretsAreForTheirOwnerOnly(t *testing.T) {
	dir := newShop(t)
	r := add(t, dir, "bay-1", shop.RoleBay)
	for _, path := range []string{
		filepath.Join(dir, "ca.key"), filepath.Join(dir, "shop.key"), filepath.Join(dir, "broker.passwd"),
		filepath.Join(r.Dir, "keys", "node.key"), filepath.Join(r.Dir, "keys", "tls.key"), filepath.Join(r.Dir, "keys", "link.secret"),
	} {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := st.Mode().Perm(), os.FileMode(0o600); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
		}
	}
	if err := os.Chmod(filepath.Join(r.Dir, "keys", "node.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Load(r.Dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key others may read: %v, want a hint", err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	dir := newShop(t)
	add(t, dir, "bay-1", shop.RoleBay)
	say := func(name string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", name, err, want)
		}
	}
	_, err := shop.Add(dir, "bay-1", shop.RoleBay, "")
	say("twice", err, "already")
	_, err = shop.Add(dir, "Bay 2", shop.RoleBay, "")
	say("a bad name", err, "a-z")
	_, err = shop.Add(dir, "bay-", shop.RoleBay, "")
	say("a hyphen at the end", err, "letter or digit")
	_, err = shop.Add(dir, strings.Repeat("x", 48), shop.RoleBay, "")
	say("a long name", err, "48")
	_, err = shop.Add(dir, "bay-2", "boss", "")
	say("a bad role", err, "reception")
	_, err = shop.Add(dir, "bay-2", shop.RoleBay, "{{.Nothing}}")
	say("a bad template", err, "template")
	_, err = shop.Add(t.TempDir(), "bay-2", shop.RoleBay, "")
	say("no shop", err, "shop init")
	say("a shop twice", shop.Init(dir, "demo"), "already")
	say("a shop's bad name", shop.Init(t.TempDir(), "Démo"), "a-z")
	_, err = shop.Load(t.TempDir())
	say("no node", err, "shop add")
	if m := load(t, filepath.Join(dir, "demo-bay-1")); len(m.Roster.Nodes) != 1 {
		t.Errorf("what was refused is on the roster: %d nodes", len(m.Roster.Nodes))
	}
}

func TestARosterSignedByAnotherShopIsRefused(t *testing.T) {
	a, b := newShop(t), newShop(t)
	mine, theirs := add(t, a, "bay-1", shop.RoleBay), add(t, b, "bay-1", shop.RoleBay)
	other, err := os.ReadFile(filepath.Join(theirs.Dir, "roster"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mine.Dir, "roster"), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Load(mine.Dir); err == nil {
		t.Error("no error")
	}
}

func TestCertificatesOfAShopTrustEachOther(t *testing.T) {
	dir := newShop(t)
	m := load(t, add(t, dir, "bay-1", shop.RoleBay).Dir)
	pair, err := tls.LoadX509KeyPair(m.CertFile, m.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(m.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	for _, name := range []string{"demo-bay-1", "localhost", "127.0.0.1"} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasswordsOfTheBroker(t *testing.T) {
	dir := newShop(t)
	m := load(t, add(t, dir, "bay-1", shop.RoleBay).Dir)
	desk := load(t, add(t, dir, "desk", shop.RoleReception).Dir)
	passwd := filepath.Join(dir, "broker.passwd")
	for _, c := range []struct {
		user, password string
		want           bool
	}{
		{m.Node, m.Secret, true}, {desk.Node, desk.Secret, true}, {m.Node, desk.Secret, false},
		{m.Node, "", false}, {"nobody", m.Secret, false}, {"", "", false},
	} {
		if got, err := shop.CheckPassword(passwd, c.user, c.password); err != nil || got != c.want {
			t.Errorf("%s: %v %v, want %v", c.user, got, err, c.want)
		}
	}
	// Made by mosquitto_passwd 2.0 for the password "hunter2".
	if got, err := shop.CheckPassword(filepath.Join("testdata", "mosquitto.passwd"), "bob", "hunter2"); err != nil || !got {
		t.Errorf("a line of mosquitto_passwd: %v %v", got, err)
	}
}

func TestTheAccessList(t *testing.T) {
	dir := newShop(t)
	add(t, dir, "bay-1", shop.RoleBay)
	add(t, dir, "central", shop.RoleCentral)
	got, err := os.ReadFile(filepath.Join(dir, "broker.acl"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "broker.acl"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("broker.acl is\n%s", got)
	}
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("$7$101$AAAA$AAAA")
	f.Add("$6$a$b")
	f.Add("$7$99999999999$$")
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Count(line, "$") == 4 && len(strings.Split(line, "$")[2]) > 4 {
			return // many iterations only cost time
		}
		path := filepath.Join(t.TempDir(), "p")
		if err := os.WriteFile(path, []byte("u:"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if ok, _ := shop.CheckPassword(path, "u", "x"); ok {
			t.Errorf("%q lets x in", line)
		}
	})
}
