package broker

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
)

// still is a connection that takes everything and gives what is in it.
type still struct {
	io.Reader
	deadline time.Time
}

func (s *still) Write(b []byte) (int, error)        { return len(b), nil }
func (s *still) Close() error                       { return nil }
func (s *still) LocalAddr() net.Addr                { return nil }
func (s *still) RemoteAddr() net.Addr               { return nil }
func (s *still) SetDeadline(time.Time) error        { return nil }
func (s *still) SetReadDeadline(t time.Time) error  { s.deadline = t; return nil }
func (s *still) SetWriteDeadline(t time.Time) error { s.deadline = t; return nil }

func over(b []byte) (*conn, *still) {
	s := &still{Reader: bytes.NewReader(b)}
	return &conn{Conn: s, in: bufio.NewReader(s), gone: make(chan struct{})}, s
}

func TestEveryWriteHasADeadline(t *testing.T) {
	c, s := over(nil)
	if _, err := c.Write([]byte{1}); err != nil || s.deadline.IsZero() {
		t.Errorf("deadline %v, error %v: a client that does not read holds the server's locks", s.deadline, err)
	}
}

func TestNoKeepAliveIsNotForEver(t *testing.T) {
	c, s := over(nil)
	if err := c.SetDeadline(time.Time{}); err != nil || s.deadline.IsZero() {
		t.Errorf("deadline %v, error %v", s.deadline, err)
	}
}

func TestPanicOfTheParserStaysInItsConnection(t *testing.T) {
	d := newDoor(nil, slog.New(slog.DiscardHandler))
	c, _ := over([]byte("\x10\x20\x00\x04MQTT\x04"))
	d.handle(c, func(string, net.Conn) error { panic("index out of range") })
}

func FuzzGreet(f *testing.F) {
	f.Add([]byte("\x10\x20\x00\x04MQTT\x04"))
	f.Add([]byte("\x10\x20\x00\x04MQTT\x05"))
	f.Add([]byte("\x10\xff\xff\xff\x7f\x00\x04MQTT\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := over(b)
		err := c.greet()
		left, _ := io.ReadAll(c)
		if !errors.Is(err, errVersion) && !bytes.Equal(left, b) {
			t.Error("greet took bytes that the server needs")
		}
		if err == nil && !bytes.Contains(b, []byte("\x00\x04MQTT\x04")) {
			t.Error("greet lets something else through")
		}
	})
}
