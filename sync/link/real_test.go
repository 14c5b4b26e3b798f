//go:build real

package link_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	shopdir "pitlane/edge/shop"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

// mosquitto is a real broker with the lists that `pitlane shop` writes.
type mosquitto struct {
	t       testing.TB
	conf    string
	address string
	cmd     *exec.Cmd
	log     page
}

// realShop makes a shop as `pitlane shop` does, and a Mosquitto for it.
func realShop(t testing.TB) (*shop, *mosquitto) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "shop")
	must(shopdir.Init(dir, "demo"))
	s := &shop{t: t, dir: dir, keys: map[string]ed25519.PrivateKey{}, passwords: map[string]string{}}
	nodes := []string{"demo-bay-1", "demo-bay-2", "demo-reception", "demo-central"}
	for i, role := range []string{"bay", "bay", "reception", "central"} {
		_, err := shopdir.Add(dir, nodes[i], role, "")
		must(err)
	}
	for _, n := range nodes { // the last roster names them all
		m, err := shopdir.Load(filepath.Join(dir, n))
		must(err)
		s.keys[n], s.passwords[n], s.roster = m.Key, m.Secret, m.Roster
	}
	address := housetest.OwnAddress(t)
	host, port, err := net.SplitHostPort(address)
	must(err)
	m := &mosquitto{t: t, address: address, conf: filepath.Join(t.TempDir(), "mosquitto.conf")}
	must(os.WriteFile(m.conf, fmt.Appendf(nil, "listener %s %s\nallow_anonymous false\npassword_file %s\nacl_file %s\npersistence false\nuser root\n",
		port, host, filepath.Join(dir, "broker.passwd"), filepath.Join(dir, "broker.acl")), 0o600))
	m.start()
	t.Cleanup(m.stop)
	return s, m
}

func (m *mosquitto) start() {
	m.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto" // not on the PATH of users
	}
	m.cmd = exec.Command(path, "-c", m.conf)
	m.cmd.Stdout, m.cmd.Stderr = &m.log, &m.log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatalf("start mosquitto: %v (make tools installs it)", err)
	}
	housetest.Until(m.t, "mosquitto listens", func() bool {
		c, err := net.Dial("tcp", m.address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

// stop ends it as a crash would.
func (m *mosquitto) stop() {
	if m.cmd == nil {
		return
	}
	if err := m.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		m.t.Errorf("stop mosquitto: %v\n%s", err, m.log.text())
	}
	_ = m.cmd.Wait() // it says that it was killed
	m.cmd = nil
}

func TestJournalsConvergeOverMosquitto(t *testing.T) {
	t.Parallel()
	s, m := realShop(t)
	converge(t, s, "tcp://"+m.address, nil)
}

func TestJournalsConvergeAfterMosquittoWasAway(t *testing.T) {
	t.Parallel()
	s, m := realShop(t)
	converge(t, s, "tcp://"+m.address, func() func() {
		m.stop()
		return m.start
	})
}

// secured is a Mosquitto with the shop's files as docs/guides/network.md says.
func secured(t *testing.T) (*shop, *mosquitto) {
	t.Helper()
	s, m := realShop(t)
	m.stop()
	conf, err := os.ReadFile(m.conf)
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(s.dir, "demo-reception")
	conf = fmt.Appendf(conf, "cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\ntls_version tlsv1.3\n",
		filepath.Join(own, "ca.pem"), filepath.Join(own, "node.pem"), filepath.Join(own, "keys", "tls.key"))
	if err := os.WriteFile(m.conf, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	return s, m
}

func TestJournalsConvergeOverMosquittoWithTLS(t *testing.T) {
	t.Parallel()
	s, m := secured(t)
	s.now = func() time.Time { return time.Unix(42, 0) } // every node wakes in 1970
	converge(t, s, "tls://"+m.address, nil)
}

func TestMosquittoLetsNobodyInWithoutTheShopsCertificate(t *testing.T) {
	t.Parallel()
	s, m := secured(t)
	other, _ := secured(t)
	right := s.tls("demo-bay-1")
	dial := func(url string, spoil func(*tls.Config)) error {
		c := right.Clone()
		spoil(c)
		line, err := wire.Dial(t.Context(), wire.Dialer{URL: url, Node: "demo-bay-1", Password: s.password("demo-bay-1"), TLS: c, Filters: []string{wire.AllUp}})
		if err == nil {
			line.Close()
		}
		return err
	}
	if err := dial("tls://"+m.address, func(*tls.Config) {}); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*tls.Config){
		"no certificate":      func(c *tls.Config) { c.Certificates = nil },
		"of another CA":       func(c *tls.Config) { c.Certificates = other.tls("demo-bay-1").Certificates },
		"another broker's CA": func(c *tls.Config) { c.RootCAs = other.tls("demo-bay-1").RootCAs },
		"another broker":      func(c *tls.Config) { c.ServerName = "demo-bay-2" },
	} {
		if e, ok := errors.AsType[*wire.TrustError](dial("tls://"+m.address, spoil)); !ok || e.Hint == "" {
			t.Errorf("%s: %v", name, e)
		}
	}
	err := dial("tcp://"+m.address, func(*tls.Config) {})
	if e, ok := errors.AsType[*wire.TrustError](err); !ok || !bytes.Contains([]byte(e.Hint), []byte("tls://")) {
		t.Errorf("in clear: %v", err)
	}
}

func TestMosquittoKeepsNodesToTheirOwnTopics(t *testing.T) {
	t.Parallel()
	s, m := realShop(t)
	open := func(node string) *wire.Line {
		line, err := wire.Dial(t.Context(), wire.Dialer{URL: "tcp://" + m.address, Node: node, Password: s.password(node), Filters: []string{wire.AllUp, wire.AllDown(node)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(line.Close)
		return line
	}
	bay, central, eye := open("demo-bay-1"), open("demo-central"), open("demo-reception")
	say := func(line *wire.Line, topic, payload string) {
		t.Helper()
		if err := line.Publish(topic, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	say(bay, "pitlane/v1/demo-bay-2/up/log", "forged")
	say(bay, "pitlane/v1/demo-reception/down/to", "forged")
	say(bay, "pitlane/v1/demo-bay-1/up/log", "own")
	say(central, "pitlane/v1/demo-bay-2/up/log", "forged")
	say(central, "pitlane/v1/demo-bay-1/down/to", "not for reception")
	say(central, "pitlane/v1/demo-reception/down/to", "from central")
	got := map[string]bool{}
	for len(got) < 2 {
		m := <-eye.In
		got[string(m.Payload)] = true
	}
	if !got["own"] || !got["from central"] {
		t.Errorf("reception reads %v", got)
	}
	if _, err := wire.Dial(t.Context(), wire.Dialer{URL: "tcp://" + m.address, Node: "demo-bay-1", Password: "guess", Filters: []string{wire.AllUp}}); err == nil || !bytes.Contains([]byte(err.Error()), []byte("refuses")) {
		t.Errorf("a wrong password: %v", err)
	}
}
