package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
)

// Limits of the embedded broker.
const (
	MaxPacket      = 64 << 10
	MaxConnections = 128
	maxFilters     = 16  // subscriptions of one client
	maxPending     = 256 // messages waiting for one slow client; more are dropped
	helloTime      = 5 * time.Second
	writeTime      = 10 * time.Second
	silence        = 10 * time.Minute // for clients that promise no keep-alive
	closeTime      = 3 * time.Second
)

// Config is what a broker needs. The zero value of a field is its default.
type Config struct {
	// Listen is the address, for instance 127.0.0.1:1883; port 0 takes a free one.
	Listen string
	// Check says whether the password is the user's. It is called for each
	// connection, from its goroutine.
	Check func(user, password string) bool
	// Central says whether the user is a central server, which may write the down
	// branch of every node. Nil: nobody is.
	Central func(user string) bool
	// TLS, where it is set, is spoken with every client; it must demand certificates. A
	// client's user name must then be the common name of its certificate, beside the
	// password. Nil is in clear, for this machine alone.
	TLS *tls.Config
	Log *slog.Logger
}

// Broker is a broker that listens.
type Broker struct {
	server *mqtt.Server
	door   *door
	log    *slog.Logger
}

// ListenError says why the broker cannot listen, with the next step.
type ListenError struct {
	Address string
	Hint    string
	Err     error
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("listen for MQTT on %s: %v", e.Address, e.Err)
}

// Unwrap gives the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *ListenError) NextStep() string { return e.Hint }

// Listen opens the address; clients are served from now on until Run ends. The
// caller must call Run.
func Listen(ctx context.Context, c Config) (*Broker, error) {
	if c.Check == nil {
		return nil, errors.New("make a broker: nobody to check passwords")
	}
	if c.TLS != nil && c.TLS.ClientAuth != tls.RequireAndVerifyClientCert {
		return nil, errors.New("make a broker: its TLS asks nobody for a certificate")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Central == nil {
		c.Central = func(string) bool { return false }
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, &ListenError{Address: c.Listen, Hint: hint(err), Err: err}
	}
	d := newDoor(l, c.Log)
	d.tls = c.TLS
	s := mqtt.New(&mqtt.Options{
		Capabilities: capabilities(),
		// The server's own log quotes packets with their payloads; ours does not.
		Logger: slog.New(slog.DiscardHandler),
	})
	if err := errors.Join(s.AddHook(&guard{door: d, check: c.Check, central: c.Central, log: c.Log}, nil), s.AddListener(d)); err != nil {
		_ = l.Close() // the first error is the one that matters
		return nil, fmt.Errorf("make a broker: %w", err)
	}
	if err := s.Serve(); err != nil {
		_ = l.Close() // the first error is the one that matters
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	c.Log.Info("broker listens", "address", l.Addr().String(), "tls", c.TLS != nil)
	return &Broker{server: s, door: d, log: c.Log}, nil
}

// Address is where the broker listens.
func (b *Broker) Address() string { return b.door.Address() }

// URL is where the broker listens, in the form a link takes.
func (b *Broker) URL() string {
	if b.door.tls != nil {
		return "tls://" + b.door.Address()
	}
	return "tcp://" + b.door.Address()
}

// Run blocks until ctx ends, then closes the broker. It returns within the
// deadline also when a connection does not end; it says so then.
func (b *Broker) Run(ctx context.Context) error {
	<-ctx.Done()
	closed := make(chan error, 1)
	go func() { closed <- b.server.Close() }()
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("close the broker: %w", err)
		}
		return nil
	case <-timer.C:
		return errors.New("close the broker: a connection does not end")
	}
}

// capabilities bounds what one client can make the server hold. Zero expiry keeps
// retained messages: the server would otherwise forget them after a day.
func capabilities() *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumClients = MaxConnections
	c.MaximumPacketSize = MaxPacket
	c.MaximumClientWritesPending = maxPending
	c.MaximumInflight = maxPending
	c.ReceiveMaximum = maxPending
	c.MaximumMessageExpiryInterval = 0
	c.MaximumSessionExpiryInterval = 0
	c.SharedSubAvailable = 0
	c.SubIDAvailable = 0
	c.TopicAliasMaximum = 0
	c.MaximumQos = 1
	return c
}

func hint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there already: stop it, or choose another port for the broker and the links"
	case errors.Is(err, syscall.EACCES):
		return "ports below 1024 need the right to bind them: choose a higher one"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address: use 127.0.0.1"
	}
	return "the address has the form 127.0.0.1:1883"
}
