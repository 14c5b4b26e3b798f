package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// lingerTime is how long a client that was refused may take to read why.
const lingerTime = time.Second

// errHandshake says whom TLS has not let in, and what to do.
type errHandshake struct {
	why  string
	next string
	err  error
}

func (e *errHandshake) Error() string { return e.why + ": " + e.err.Error() + " — " + e.next }
func (e *errHandshake) Unwrap() error { return e.err }

// shake is the TLS handshake of a connection; after it the client's name is that of its
// certificate. Without TLS it does nothing.
func (c *conn) shake() error {
	t, ok := c.Conn.(*tls.Conn)
	if !ok {
		return nil
	}
	if err := c.raw.SetDeadline(time.Now().Add(helloTime)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloTime)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		c.linger()
		return explained(err)
	}
	peers := t.ConnectionState().PeerCertificates
	if len(peers) == 0 {
		return errors.New("the client shows no certificate")
	}
	c.name = peers[0].Subject.CommonName
	return c.raw.SetDeadline(time.Time{})
}

// linger lets a refused client read the alert: closing while bytes of its own wait here
// would reset the connection, and the alert with it.
func (c *conn) linger() {
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.raw.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(c.raw, MaxPacket)) // it ends in any case
}

func explained(err error) error {
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok && e.Conn != nil {
		return &errHandshake{"a client does not speak TLS", "its link needs tls:// in its url", err}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return &errHandshake{"a client's certificate is of another CA", "a node of another shop needs a folder of this one: pitlane shop add", err}
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return &errHandshake{"by this machine's clock a client's certificate is not valid", "set the clock", err}
	}
	var stepper interface {
		error
		NextStep() string
	}
	if errors.As(err, &stepper) {
		return &errHandshake{"a client is not let in", stepper.NextStep(), err}
	}
	if strings.Contains(err.Error(), "didn't provide a certificate") {
		return &errHandshake{"a client shows no certificate", "every link needs its node's own: node.pem and keys/tls.key", err}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return &errHandshake{"a client does not trust this broker", "its log says why", err}
	}
	return fmt.Errorf("shake hands in TLS: %w", err)
}
