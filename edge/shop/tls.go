package shop

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"pitlane/edge/journal"
)

// CertificateError says what is wrong with a certificate of the shop, and what to do.
type CertificateError struct {
	Message string
	Hint    string
	Err     error // nil where the message says all
}

func (e *CertificateError) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *CertificateError) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *CertificateError) NextStep() string { return e.Hint }

const folderHint = "copy the node's whole folder again as `pitlane shop add` made it: node.pem, ca.pem and keys/tls.key belong together"

// DialTLS is how the node's links prove who they are and whom they talk to: the other
// end shows a certificate of the shop's CA that holds the name server (a node's name,
// or localhost) and whose node is on the roster. TLS 1.3 (RFC 8446) is the least. now
// is the machine's clock.
func (m *Member) DialTLS(server string, now func() time.Time) (*tls.Config, error) {
	c, ca, err := m.ownTLS(now)
	if err != nil {
		return nil, err
	}
	c.RootCAs, c.ServerName = ca, server
	return c, nil
}

// ListenTLS is how a broker of this node proves who it is; it lets in only who shows a
// certificate of the shop's CA and whose node is on the roster as it is on disk then.
func (m *Member) ListenTLS(now func() time.Time) (*tls.Config, error) {
	c, ca, err := m.ownTLS(now)
	if err != nil {
		return nil, err
	}
	c.ClientCAs, c.ClientAuth = ca, tls.RequireAndVerifyClientCert
	c.SessionTicketsDisabled = true // nobody comes back on what was true before
	return c, nil
}

// ownTLS is what both ends have in common. The chain is checked here without its
// times: those are judged in each handshake, by the clock of then.
func (m *Member) ownTLS(now func() time.Time) (*tls.Config, *x509.CertPool, error) {
	ca, err := readCertificate(m.CAFile)
	if err != nil {
		return nil, nil, &CertificateError{"the shop's CA cannot be read", folderHint, err}
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	certPEM, err := os.ReadFile(m.CertFile)
	if err != nil {
		return nil, nil, &CertificateError{"this node's certificate cannot be read", folderHint, err}
	}
	keyPEM, err := readSecret(m.KeyFile)
	if err != nil {
		return nil, nil, &CertificateError{"the key of this node's certificate cannot be read", "it must be there and its owner's alone: chmod 600 " + m.KeyFile, err}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, nil, &CertificateError{"this node's certificate and its key do not fit", folderHint, err}
	}
	if pair.Leaf == nil || pair.Leaf.Subject.CommonName != m.Node {
		return nil, nil, &CertificateError{"the certificate in this folder is another node's", folderHint, nil}
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: pair.Leaf.NotBefore.Add(time.Second), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return nil, nil, &CertificateError{"this node's certificate is not of the CA in its folder", folderHint, err}
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, Time: Clock(now),
		VerifyConnection: m.onRoster,
	}, pool, nil
}

// onRoster lets go on only with a node that the shop still has. Certificates do not
// end, so this is how one is taken back; the roster is read anew each time.
func (m *Member) onRoster(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return &CertificateError{"the other end shows no certificate", folderHint, nil}
	}
	name := s.PeerCertificates[0].Subject.CommonName
	r, err := journal.LoadRoster(m.Dir)
	if err != nil {
		return &CertificateError{"the roster cannot be read, so nobody is let in", "copy the shop's newest roster to " + m.Dir, err}
	}
	if _, ok := r.Node(name); !ok {
		return &CertificateError{fmt.Sprintf("%.48q is not on this node's roster", name), "if it is a new node, copy the shop's newest roster to " + m.Dir, nil}
	}
	return nil
}

// Clock is the time by which certificates are judged: that of now, but never before
// this program was built. A box without a battery wakes in 1970 and must connect.
func Clock(now func() time.Time) func() time.Time {
	least := built()
	return func() time.Time {
		if t := now(); t.After(least) {
			return t
		}
		return least
	}
}

// built is the time of the source that this program is built from, where it knows;
// else the year in which it was written.
func built() time.Time {
	least := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return least
	}
	_, until := validity()
	for _, s := range info.Settings {
		if s.Key != "vcs.time" {
			continue
		}
		if t, err := time.Parse(time.RFC3339, s.Value); err == nil && t.After(least) && t.Before(until) {
			return t
		}
	}
	return least
}

func readCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}
