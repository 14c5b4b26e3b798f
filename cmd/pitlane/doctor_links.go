package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"pitlane/edge"
	"pitlane/edge/web"
	"pitlane/sync/wire"
)

// alertTime is how long a broker may take to refuse a certificate: in TLS 1.3 it says
// so only after the handshake.
const alertTime = time.Second

func (d *doctor) brokers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if b := d.cfg.Broker; b != nil && d.status == nil {
		ln, err := web.Listen(ctx, b.Listen)
		if err != nil {
			d.bad("broker", err.Error(), "another program has the address: stop it, or choose another [broker] listen")
		} else {
			_ = ln.Close() // it was only a look
			d.good("broker", b.Listen+" is free for the embedded broker")
		}
	}
	for _, l := range d.cfg.Link {
		u, err := url.Parse(l.URL)
		if err != nil {
			d.bad("link", err.Error(), "correct link.url")
			continue
		}
		if d.status == nil && d.own(u) {
			d.good("link", l.URL+" is this node's own broker")
			continue
		}
		if wire.Secure(l.URL) {
			d.secureLink(ctx, l, u)
			continue
		}
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			d.bad("link", "no broker answers at "+u.Host, "start the broker or correct link.url; until then the edge works on its own and loses nothing")
			continue
		}
		_ = conn.Close() // it was only a look
		d.good("link", "a broker answers at "+u.Host)
	}
}

// own: the link leads to this node's own broker, which runs only with it.
func (d *doctor) own(u *url.URL) bool {
	if d.cfg.Broker == nil {
		return false
	}
	host, port, err := net.SplitHostPort(d.cfg.Broker.Listen)
	ip := net.ParseIP(host)
	everywhere := host == "" || ip != nil && ip.IsUnspecified()
	here := net.ParseIP(u.Hostname())
	return err == nil && port == u.Port() && (host == u.Hostname() || everywhere && (u.Hostname() == "localhost" || here != nil && here.IsLoopback()))
}

// secureLink shakes hands and says no more: a login would end the running node's own.
func (d *doctor) secureLink(ctx context.Context, l edge.LinkConfig, u *url.URL) {
	if d.member == nil {
		return // without the folder there is no certificate; that is said already
	}
	name := wire.ServerName(l.URL, l.ServerName)
	secure, err := d.member.DialTLS(name, time.Now)
	if err != nil {
		return // said by the check of the certificate
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		d.bad("link", "no broker answers at "+u.Host, "start the broker or correct link.url; until then the edge works on its own and loses nothing")
		return
	}
	defer func() { _ = raw.Close() }() // it was only a look
	conn := tls.Client(raw, secure)
	if err = conn.HandshakeContext(ctx); err == nil {
		if err = conn.SetReadDeadline(time.Now().Add(alertTime)); err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
	}
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() && conn.ConnectionState().HandshakeComplete {
		d.good("link", "the broker at "+u.Host+" shows the certificate of "+name+" and takes this node's")
		return
	}
	if err = wire.Distrust(err, true); edge.Hint(err) != "" {
		d.bad("link", l.URL+": "+err.Error(), edge.Hint(err))
		return
	}
	d.bad("link", l.URL+": "+err.Error(), "look at the broker's log")
}

func (d *doctor) certificate() {
	hint := "add the node again with `pitlane shop add`, or copy its certificate anew"
	cert, err := readCertificate(d.member.CertFile)
	if err != nil {
		d.bad("certificate", err.Error(), hint)
		return
	}
	ca, err := readCertificate(d.member.CAFile)
	if err != nil {
		d.bad("certificate", err.Error(), hint)
		return
	}
	now := time.Now()
	_, terr := d.member.ListenTLS(time.Now)
	switch {
	case cert.CheckSignatureFrom(ca) != nil:
		d.bad("certificate", "it is not signed by the shop's CA", hint)
	case cert.Subject.CommonName != d.member.Node:
		d.bad("certificate", "it is another node's", hint)
	case terr != nil:
		d.bad("certificate", terr.Error(), edge.Hint(terr))
	case now.After(cert.NotAfter):
		d.bad("certificate", "by this machine's clock it ended on "+cert.NotAfter.Format("2006-01-02"), "set the clock: it shows "+now.Format("2006-01-02"))
	default:
		d.good("certificate", "it fits its key, the shop's CA and this node, good until "+cert.NotAfter.Format("2006-01-02"))
	}
}

func readCertificate(path string) (*x509.Certificate, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return nil, fmt.Errorf("read the certificate: %s is not PEM", path)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s: %w", path, err)
	}
	return cert, nil
}
