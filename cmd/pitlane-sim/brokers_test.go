//go:build real

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"pitlane/edge/shop"
	"pitlane/sync/broker"
)

// mqtt is a broker that can be cut and mended.
type mqtt interface {
	start()
	stop()
}

// ofReception is the broker that reception's own program has.
type ofReception struct{}

func (ofReception) start() {}
func (ofReception) stop()  {}

// embedded is the broker of sync/broker inside the test.
type embedded struct {
	r    *rig
	halt func()
}

func newEmbedded(r *rig) mqtt { return &embedded{r: r} }

func (e *embedded) start() {
	e.r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var b *broker.Broker
	var secure *tls.Config
	if e.r.net.tls {
		m, err := shop.Load(e.r.folder("reception"))
		if err == nil {
			secure, err = m.ListenTLS(time.Now)
		}
		if err != nil {
			e.r.t.Fatal(err)
		}
	}
	e.r.within(time.Minute, "the broker's port", func() bool {
		var err error
		b, err = broker.Listen(ctx, broker.Config{Listen: e.r.net.broker, TLS: secure, Check: func(u, p string) bool {
			ok, err := shop.CheckPassword(filepath.Join(e.r.dir, "broker.passwd"), u, p)
			return err == nil && ok
		}, Central: func(u string) bool { return u == shopName+"-central" }})
		return err == nil
	})
	if want := map[bool]string{false: "tcp://", true: "tls://"}[e.r.net.tls] + e.r.net.broker; b.URL() != want {
		e.r.t.Fatalf("the broker is at %s, want %s", b.URL(), want)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	e.halt = func() { cancel(); <-done }
}

func (e *embedded) stop() {
	if e.halt != nil {
		e.halt()
		e.halt = nil
	}
}

// mosquitto is Debian's, with the files that `pitlane shop` wrote.
type mosquitto struct {
	r   *rig
	cmd *exec.Cmd
}

func newMosquitto(r *rig) mqtt { return &mosquitto{r: r} }

func (m *mosquitto) start() {
	m.r.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	host, port, err := net.SplitHostPort(m.r.net.broker)
	if err != nil {
		m.r.t.Fatal(err)
	}
	conf := filepath.Join(m.r.dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %s %s\nallow_anonymous false\npassword_file %s\nacl_file %s\npersistence false\nuser root\n",
		port, host, filepath.Join(m.r.dir, "broker.passwd"), filepath.Join(m.r.dir, "broker.acl"))
	if own := m.r.folder("reception"); m.r.net.tls {
		text += fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\ntls_version tlsv1.3\n",
			filepath.Join(own, "ca.pem"), filepath.Join(own, "node.pem"), filepath.Join(own, "keys", "tls.key"))
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		m.r.t.Fatal(err)
	}
	m.cmd = exec.Command(path, "-c", conf)
	log := &lockedBuffer{}
	m.cmd.Stderr, m.cmd.Stdout = log, log
	if err := m.cmd.Start(); err != nil {
		m.r.t.Fatalf("start mosquitto: %v (make tools installs it)", err)
	}
	m.r.within(time.Minute, "mosquitto listening", func() bool {
		c, err := net.Dial("tcp", m.r.net.broker)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
}

func (m *mosquitto) stop() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
		m.cmd = nil
	}
}
