package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"
)

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter:    time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &form, &form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// refusing is a broker that takes no certificate but its own, and ends the connection
// with a reset or with the words that TLS has for it.
func refusing(t *testing.T, reset bool) (address string, trust *x509.CertPool, gone <-chan struct{}) {
	t.Helper()
	own, pool := selfSigned(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	over := make(chan struct{})
	go func() {
		defer close(over)
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS13}).Handshake()
		if tcp, ok := c.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}()
	return l.Addr().String(), pool, over
}

func TestARefusalThatMeetsTheFirstWriteIsToldAsARefusal(t *testing.T) {
	t.Parallel()
	for name, reset := range map[string]bool{"with an alert": false, "with a reset": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, trust, gone := refusing(t, reset)
			stranger, _ := selfSigned(t)
			o := &opener{dialer: Dialer{URL: "tls://" + address, TLS: &tls.Config{
				RootCAs: trust, Certificates: []tls.Certificate{stranger}, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13,
			}}}
			c, err := o.open(t.Context(), &url.URL{Host: address})
			if err != nil {
				t.Fatal(err)
			}
			<-gone // the broker has judged and left before anything is written
			for err == nil {
				_, err = c.Write([]byte("CONNECT"))
			}
			if e, ok := errors.AsType[*TrustError](o.why(err)); !ok || e.Hint == "" {
				t.Errorf("told as %v", o.why(err))
			}
		})
	}
}
