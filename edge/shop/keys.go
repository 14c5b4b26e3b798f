package shop

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Certificates are valid from a day in the past to the end of the century: a box
// whose clock says 1970 or whose shop has no person for renewals must connect. Who
// is out is off the roster, not out of date.
func validity() (from, to time.Time) {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
}

func serial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	return n, nil
}

// newCA makes the shop's certificate authority.
func newCA(shop string) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make the CA's key: %w", err)
	}
	n, err := serial()
	if err != nil {
		return nil, nil, err
	}
	from, to := validity()
	t := &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: shop + " CA"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, k.Public(), k)
	if err != nil {
		return nil, nil, fmt.Errorf("make the CA: %w", err)
	}
	key, err = pemKey(k)
	return pemCert(der), key, err
}

// newCert makes a node's certificate, for both ends of TLS. It names the node, and
// this machine, where a shop is tried out.
func (s *opened) newCert(node string) (cert, key []byte, err error) {
	ca, caKey, err := s.ca()
	if err != nil {
		return nil, nil, err
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a TLS key: %w", err)
	}
	n, err := serial()
	if err != nil {
		return nil, nil, err
	}
	from, to := validity()
	t := &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: node}, NotBefore: from, NotAfter: to,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{node, "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca, k.Public(), caKey)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate: %w", err)
	}
	key, err = pemKey(k)
	return pemCert(der), key, err
}

func (s *opened) ca() (*x509.Certificate, any, error) {
	certPEM, err := os.ReadFile(filepath.Join(s.dir, fileCA))
	if err != nil {
		return nil, nil, fmt.Errorf("read the CA: %w", err)
	}
	keyPEM, err := readSecret(filepath.Join(s.dir, fileCAKey))
	if err != nil {
		return nil, nil, fmt.Errorf("read the CA's key: %w", err)
	}
	certDER, _ := pem.Decode(certPEM)
	keyDER, _ := pem.Decode(keyPEM)
	if certDER == nil || keyDER == nil {
		return nil, nil, errors.New("read the CA: not PEM")
	}
	cert, err := x509.ParseCertificate(certDER.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("read the CA: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(keyDER.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("read the CA's key: %w", err)
	}
	return cert, key, nil
}

func pemCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemKey(k *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// nodeKeys are made on the box and outlive epochs.
type nodeKeys struct {
	node string
	key  ed25519.PrivateKey
	hpke hpke.PrivateKey
}

// nodeKeyFile is keys/node.key.
type nodeKeyFile struct {
	Node    string `json:"node"`
	Ed25519 []byte `json:"ed25519"` // seed
	X25519  []byte `json:"x25519"`
}

// kem is what wrapped keys are sent with: DHKEM(X25519).
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

func newNodeKeys(node string) (nodeKeys, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nodeKeys{}, fmt.Errorf("make the node's key: %w", err)
	}
	h, err := kem().GenerateKey()
	if err != nil {
		return nodeKeys{}, fmt.Errorf("make the node's HPKE key: %w", err)
	}
	return nodeKeys{node, key, h}, nil
}

func (k nodeKeys) encode() ([]byte, error) {
	x, err := k.hpke.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the node's HPKE key: %w", err)
	}
	b, err := json.Marshal(nodeKeyFile{k.node, k.key.Seed(), x})
	if err != nil {
		return nil, fmt.Errorf("write the node's keys: %w", err)
	}
	return append(b, '\n'), nil
}

func parseNodeKeys(b []byte) (nodeKeys, error) {
	var f nodeKeyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nodeKeys{}, fmt.Errorf("read the node's keys: %w", err)
	}
	if len(f.Ed25519) != ed25519.SeedSize {
		return nodeKeys{}, fmt.Errorf("read the node's keys: a seed of %d bytes", len(f.Ed25519))
	}
	h, err := kem().NewPrivateKey(f.X25519)
	if err != nil {
		return nodeKeys{}, fmt.Errorf("read the node's HPKE key: %w", err)
	}
	return nodeKeys{f.Node, ed25519.NewKeyFromSeed(f.Ed25519), h}, nil
}

// privateKeyText is the shop's key in the form of package note:
// PRIVATE+KEY+<name>+<hash>+<base64 of 1 ‖ seed>.
func privateKeyText(name string, key ed25519.PrivateKey) []byte {
	h := sha256.Sum256(append([]byte(name+"\n\x01"), key.Public().(ed25519.PublicKey)...))
	data := base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...))
	return fmt.Appendf(nil, "PRIVATE+KEY+%s+%x+%s\n", name, h[:4], data)
}

func publicKeyText(name string, key ed25519.PublicKey) (string, error) {
	s, err := note.NewEd25519VerifierKey(name, key)
	if err != nil {
		return "", fmt.Errorf("write the shop's key: %w", err)
	}
	return s, nil
}

func parsePrivateKey(b []byte) (ed25519.PrivateKey, error) {
	b = bytes.TrimSpace(b)
	if _, err := note.NewSigner(string(b)); err != nil {
		return nil, err
	}
	// PRIVATE, KEY, name, hash, data: the data may hold a plus itself.
	parts := bytes.SplitN(b, []byte("+"), 5)
	data, err := base64.StdEncoding.DecodeString(string(parts[4]))
	if err != nil || len(data) != 1+ed25519.SeedSize {
		return nil, errors.New("not an Ed25519 key")
	}
	return ed25519.NewKeyFromSeed(data[1:]), nil
}
