package broker

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// door is the listener: it lets at most MaxConnections in, each with a deadline
// for its first packet and for every write, looks at that packet before the server
// parses it, and catches a panic of the server in the connection that caused it.
type door struct {
	net.Listener
	log     *slog.Logger
	tls     *tls.Config    // nil: in clear
	done    chan struct{}  // closed by Close
	handled sync.WaitGroup // one for each open connection

	mu     sync.Mutex
	open   map[*conn]struct{}
	closed bool
}

var _ listeners.Listener = (*door)(nil)

func newDoor(l net.Listener, log *slog.Logger) *door {
	return &door{Listener: l, log: log, done: make(chan struct{}), open: map[*conn]struct{}{}}
}

// ID implements listeners.Listener.
func (d *door) ID() string { return "door" }

// Address implements listeners.Listener.
func (d *door) Address() string { return d.Addr().String() }

// Protocol implements listeners.Listener.
func (d *door) Protocol() string { return "tcp" }

// Init implements listeners.Listener.
func (d *door) Init(*slog.Logger) error { return nil }

// Serve implements listeners.Listener: it blocks until Close.
func (d *door) Serve(establish listeners.EstablishFn) {
	for wait := time.Duration(0); ; {
		raw, err := d.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors, or a client gone before it was greeted
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			d.log.Warn("broker accepts nobody for a moment", "error", err)
			d.pause(wait)
			continue
		}
		wait = 0
		c := d.admit(raw)
		if c == nil {
			_ = raw.Close() // refused; nobody is told what the close says
			continue
		}
		go func() {
			defer d.leave(c)
			d.handle(c, establish)
		}()
	}
}

// pause waits, or ends with the door.
func (d *door) pause(wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-d.done:
	}
}

func (d *door) admit(raw net.Conn) *conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	if len(d.open) >= MaxConnections {
		d.log.Warn("broker is full", "connections", len(d.open))
		return nil
	}
	c := &conn{Conn: raw, raw: raw, gone: make(chan struct{})}
	if d.tls != nil {
		c.Conn = tls.Server(raw, d.tls)
	}
	c.in = bufio.NewReader(c.Conn)
	d.open[c] = struct{}{}
	d.handled.Add(1)
	return c
}

func (d *door) leave(c *conn) {
	_ = c.Close() // the server closed it already, or it never took it
	d.mu.Lock()
	delete(d.open, c)
	d.mu.Unlock()
	close(c.gone)
	d.handled.Done()
}

func (d *door) handle(c *conn, establish listeners.EstablishFn) {
	defer c.letGo()
	defer func() {
		if r := recover(); r != nil {
			d.log.Error("broker dropped a client whose packet broke the parser", "client", c.user)
		}
	}()
	err := c.shake()
	if err == nil {
		err = c.greet()
	}
	if err != nil {
		d.log.Warn("broker refuses a connection", "error", err)
		return
	}
	if err := establish(d.ID(), c); err != nil {
		d.log.Debug("client left", "client", c.user, "error", err)
	}
}

// Close implements listeners.Listener. The server waits for its clients without a
// deadline, so every connection is cut here first, also those it does not know yet.
func (d *door) Close(closeClients listeners.CloseFn) {
	_ = d.Listener.Close() // a second close is harmless
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.done)
	}
	open := make([]*conn, 0, len(d.open))
	for c := range d.open {
		open = append(open, c)
	}
	d.mu.Unlock()
	for _, c := range open {
		_ = c.Close() // it ends its goroutine, whatever it says
	}
	closeClients(d.ID())
	d.handled.Wait()
}

// takeOver ends the older connections of a user and waits for their end, so that
// the server never has two clients of one name: it would drop the newer one's
// subscriptions with the older one.
func (d *door) takeOver(c *conn, user string) bool {
	d.mu.Lock()
	var old []*conn
	for o := range d.open {
		if o != c && o.user == user {
			old = append(old, o)
		}
	}
	c.user = user
	d.mu.Unlock()
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	for _, o := range old {
		_ = o.Close() // it ends its goroutine, whatever it says
		select {
		case <-o.gone:
		case <-timer.C:
			return false
		}
	}
	return true
}

// conn is one client's connection.
type conn struct {
	net.Conn
	raw  net.Conn // below TLS
	name string   // of its certificate; "" without TLS
	in   *bufio.Reader
	gone chan struct{}
	user string // set once authenticated, under the door's lock
	held func() // see kept.go
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) { return c.in.Read(b) }

// Write implements net.Conn. A client that does not read is cut off: the server
// holds locks while it writes.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn: below TLS, whose own goodbye would wait for a client that
// does not read.
func (c *conn) Close() error { return c.raw.Close() }

// SetDeadline implements net.Conn: the server sets it for the next packet to come
// in, or to none when the client promises no keep-alive.
func (c *conn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		t = time.Now().Add(silence)
	}
	return c.SetReadDeadline(t)
}

// What greet refuses.
var (
	errNotMQTT = errors.New("the first bytes are not a CONNECT packet")
	errVersion = errors.New("only MQTT 3.1.1 is spoken here")
)

// greet looks at the head of the first packet without taking it: a CONNECT
// [MQTT-3.1.0-1] of protocol level 4 [MQTT-3.1.2-2]. Level 5 must not reach the
// server: one truncated SUBSCRIBE of that level makes it panic.
func (c *conn) greet() error {
	if err := c.SetReadDeadline(time.Now().Add(helloTime)); err != nil {
		return err
	}
	size := 2
	head, err := c.in.Peek(size)
	if err != nil {
		return err
	}
	if head[0] != 0x10 {
		return errNotMQTT
	}
	for head[size-1]&0x80 != 0 { // the length has one to four bytes
		if size++; size > 5 {
			return errNotMQTT
		}
		if head, err = c.in.Peek(size); err != nil {
			return err
		}
	}
	head, err = c.in.Peek(size + 7)
	if err != nil {
		return err
	}
	switch name := head[size:]; {
	case string(name) == "\x00\x04MQTT\x04":
		return nil
	case string(name[:6]) == "\x00\x04MQTT" && name[6] >= 5:
		_, err = c.Write([]byte{0x20, 3, 0, 0x84, 0}) // CONNACK 5.0: unsupported protocol version
	default:
		_, err = c.Write([]byte{0x20, 2, 0, 1}) // CONNACK: unacceptable protocol level
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return errVersion
}
