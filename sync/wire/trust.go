package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// TrustError is a link whose two ends do not trust each other or do not both speak
// TLS: what a person has to set right, with the next step.
type TrustError struct {
	Message string
	Hint    string
	Err     error // nil where the message says all
}

func (e *TrustError) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *TrustError) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *TrustError) NextStep() string { return e.Hint }

// Secure says whether a broker address is one of TLS: tls:// or mqtts://.
func Secure(raw string) bool {
	return strings.HasPrefix(raw, "tls://") || strings.HasPrefix(raw, "mqtts://")
}

// ServerName is the name that a broker's certificate must hold: as configured, else
// the host of the address.
func ServerName(raw, configured string) string {
	if configured != "" {
		return configured
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// opener opens a connection to a broker and keeps why it ended.
type opener struct {
	dialer Dialer

	mu  sync.Mutex
	end error // the first error of the connection; nil so far
}

// open dials, and in TLS shakes hands, within patience.
func (o *opener) open(ctx context.Context, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil || !Secure(o.dialer.URL) {
		return o.watch(raw, err)
	}
	c := tls.Client(raw, o.dialer.TLS)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the one that matters
		return o.watch(nil, Distrust(err, true))
	}
	return o.watch(c, nil)
}

func (o *opener) watch(c net.Conn, err error) (net.Conn, error) {
	if err != nil {
		o.note(err)
		return nil, err
	}
	return &watched{c, o}, nil
}

func (o *opener) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil && err != nil {
		o.end = err
	}
}

// why explains a greeting that came to nothing.
func (o *opener) why(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		return err
	}
	return Distrust(o.end, Secure(o.dialer.URL))
}

// watched tells its opener why reading or writing has ended.
type watched struct {
	net.Conn
	opener *opener
}

// Read implements net.Conn.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.opener.note(err)
	return n, err
}

// Write implements net.Conn. In TLS 1.3 the client's side of the handshake is over
// before the broker has judged its certificate, so the refusal may meet the first
// write: what the broker said of it is then still there to be read, or lost with the
// connection.
func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	if err != nil {
		w.opener.note(w.lastWord(err))
	}
	return n, err
}

// lastWord is the alert that waits to be read after a write has failed, else the
// write's own error.
func (w *watched) lastWord(writing error) error {
	if err := w.SetReadDeadline(time.Now().Add(lastWords)); err != nil {
		return writing
	}
	_, err := w.Conn.Read(make([]byte, 1))
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return err
	}
	return writing
}

// lastWords is how long a broker that takes no more is listened to.
const lastWords = time.Second

const refusedHint = "the broker does not know this node: copy the shop's newest roster, ca.pem and broker.passwd to the broker's machine, and look at its log; a node of another shop needs a folder of this one (`pitlane shop add`)"

// Distrust makes a *TrustError of an error of a connection to a broker, where it is
// about trust; any other error is given back. Secure says whether TLS is spoken there.
func Distrust(err error, secure bool) error {
	if _, ok := errors.AsType[*TrustError](err); ok || err == nil {
		return err
	}
	if !secure {
		if cut(err) {
			return &TrustError{"the broker ends a connection in clear at once", "if that is its port for TLS, write tls:// in the link's url", err}
		}
		return err
	}
	if e := theirs(err); e != nil {
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return alerted(op.Err.Error(), err)
	}
	if cut(err) {
		return &TrustError{"the broker ends the connection in the middle of the greeting", "most often it does not take this node's certificate: " + refusedHint, err}
	}
	return err
}

// theirs is what this end holds against the broker's certificate.
func theirs(err error) error {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return &TrustError{"the broker's certificate is not of this shop's CA", "the broker must use node.pem and keys/tls.key of a node of this shop; if it does, ca.pem in this node's folder is another shop's", err}
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return &TrustError{"the broker is another one than the link asks for",
			fmt.Sprintf("its certificate is that of %.48q: if that is the right one, write server_name = %.48[1]q in the link", e.Certificate.Subject.CommonName), err}
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return &TrustError{"by the clock of this machine the broker's certificate is not valid", "set the clock: the shop's certificates are valid from 2020 to the end of 2099", err}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &TrustError{"what answers there does not speak TLS", "name the port on which the broker listens with TLS, often 8883; the embedded broker does so off 127.0.0.1 or with tls = true", err}
	}
	var stepper interface {
		error
		NextStep() string
	}
	if errors.As(err, &stepper) {
		return &TrustError{"the broker is not trusted", stepper.NextStep(), err}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &TrustError{"the broker's certificate does not fit", "the broker must use node.pem and keys/tls.key of a node of this shop", err}
	}
	return nil
}

// alerted is what the broker holds against this end, as its TLS alert says (RFC 8446,
// section 6.2).
func alerted(alert string, err error) error {
	switch {
	case strings.Contains(alert, "certificate required"):
		return &TrustError{"the broker asks for a certificate and this node showed none", "node.pem and keys/tls.key must be in this node's folder: copy it again", err}
	case strings.Contains(alert, "expired certificate"):
		return &TrustError{"by the broker's clock this node's certificate is not valid", "set the clock of the broker's machine: the shop's certificates are valid from 2020 to the end of 2099", err}
	case strings.Contains(alert, "unknown certificate authority"):
		return &TrustError{"the broker does not know the CA of this node's certificate", refusedHint, err}
	case strings.Contains(alert, "protocol version"):
		return &TrustError{"the broker does not speak TLS 1.3", "configure it for TLS 1.3, or use a newer one", err}
	}
	return &TrustError{"the broker refuses this node's certificate", refusedHint, err}
}

// cut: the other end is gone, without a word.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
