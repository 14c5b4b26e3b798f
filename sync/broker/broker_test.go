package broker_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pitlane/sync/broker"
)

// patience bounds waits that end at once when the code is right.
const patience = time.Minute

func start(t *testing.T) *broker.Broker {
	t.Helper()
	b, err := broker.Listen(t.Context(), broker.Config{
		Listen:  "127.0.0.1:0",
		Check:   func(user, password string) bool { return password == "secret of "+user },
		Central: func(user string) bool { return user == "demo-central" },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the broker did not end well: %v", err)
		}
	})
	return b
}

// hand is a client that sends bytes of its own making.
type hand struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, b *broker.Broker) *hand {
	t.Helper()
	c, err := net.Dial("tcp", b.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &hand{t: t, Conn: c, in: bufio.NewReader(c)}
}

func str(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

func packet(head byte, body ...[]byte) []byte {
	var all []byte
	for _, b := range body {
		all = append(all, b...)
	}
	return append(binary.AppendUvarint([]byte{head}, uint64(len(all))), all...)
}

type connect struct {
	id, user, password, will string
	flags, level             byte
}

func (h *hand) connect(c connect) {
	h.t.Helper()
	flags := c.flags | 0xC2 // user, password, clean session
	body := [][]byte{str("MQTT"), {c.level, flags, 0, 30}}
	if c.level == 5 {
		body = append(body, []byte{0})
	}
	body = append(body, str(c.id))
	if c.will != "" {
		body[1][1] |= 0x04
		body = append(body, str(c.will), str("gone"))
	}
	h.send(packet(0x10, append(body, str(c.user), str(c.password))...))
}

func (h *hand) login(node string) {
	h.t.Helper()
	h.connect(connect{id: node, user: node, password: "secret of " + node, level: 4})
	if head, body := h.read(); head != 0x20 || body[1] != 0 {
		h.t.Fatalf("CONNACK of %s: %x %x", node, head, body)
	}
}

func (h *hand) send(b []byte) {
	h.t.Helper()
	if _, err := h.Write(b); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hand) read() (byte, []byte) {
	h.t.Helper()
	head, body, err := h.next()
	if err != nil {
		h.t.Fatal(err)
	}
	return head, body
}

func (h *hand) next() (byte, []byte, error) {
	head, err := h.in.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	size, err := binary.ReadUvarint(h.in)
	if err != nil {
		return 0, nil, err
	}
	body := make([]byte, size)
	_, err = io.ReadFull(h.in, body)
	return head, body, err
}

// cut waits until the broker has closed the connection.
func (h *hand) cut() {
	h.t.Helper()
	for {
		if _, _, err := h.next(); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				h.t.Fatal("the broker keeps the connection open")
			}
			return
		}
	}
}

func (h *hand) subscribe(filter string) byte {
	h.t.Helper()
	h.send(packet(0x82, []byte{0, 1}, str(filter), []byte{0}))
	for {
		if head, body := h.read(); head == 0x90 {
			return body[2]
		}
	}
}

func (h *hand) publish(topic, payload string, retain bool) {
	h.t.Helper()
	head := byte(0x30)
	if retain {
		head |= 1
	}
	h.send(packet(head, str(topic), []byte(payload)))
}

// ping makes sure that everything sent before has been dealt with.
func (h *hand) ping() {
	h.t.Helper()
	h.send([]byte{0xC0, 0})
	for {
		if head, _ := h.read(); head == 0xD0 {
			return
		}
	}
}

// receives waits for a message and gives topic and payload.
func (h *hand) receives() (string, string) {
	h.t.Helper()
	for {
		head, body := h.read()
		if head&0xF0 == 0x30 {
			n := binary.BigEndian.Uint16(body)
			return string(body[2 : 2+n]), string(body[2+n:])
		}
	}
}

func TestMQTT5IsRefusedAtConnect(t *testing.T) {
	b := start(t)
	h := dial(t, b)
	h.connect(connect{id: "demo-bay-1", user: "demo-bay-1", password: "secret of demo-bay-1", level: 5})
	// A truncated SUBSCRIBE of version 5 makes the server's parser panic.
	_, _ = h.Write([]byte{0x82, 3, 0, 1, 0x0b}) // it may be cut already
	if head, body := h.read(); head != 0x20 || body[1] != 0x84 {
		t.Errorf("got %x %x, want CONNACK with unsupported protocol version", head, body)
	}
	h.cut()
	dial(t, b).login("demo-bay-1")
}

func TestOtherProtocolsAreCut(t *testing.T) {
	b := start(t)
	for name, bytes := range map[string]string{
		"HTTP":               "GET / HTTP/1.1\r\n\r\n",
		"MQTT 3.1":           "\x10\x10\x00\x06MQIsdp\x03\x02\x00\x1e\x00\x02id",
		"a length that goes": "\x10\xff\xff\xff\xff\xff\xff\xff",
		"SUBSCRIBE first":    "\x82\x08\x00\x01\x00\x03a/b\x00",
	} {
		t.Run(name, func(t *testing.T) {
			h := dial(t, b)
			h.send([]byte(bytes))
			h.cut()
		})
	}
	dial(t, b).login("demo-bay-1")
}

func TestLoginIsRefused(t *testing.T) {
	ok := connect{id: "demo-bay-1", user: "demo-bay-1", password: "secret of demo-bay-1", level: 4}
	for name, spoil := range map[string]func(*connect){
		"with a wrong password":             func(c *connect) { c.password = "guess" },
		"with another client id":            func(c *connect) { c.id = "demo-bay-2" },
		"without a client id":               func(c *connect) { c.id = "" },
		"with a pattern for a name":         func(c *connect) { c.id, c.user, c.password = "+", "+", "secret of +" },
		"with a will for another node":      func(c *connect) { c.will = "pitlane/v1/demo-bay-2/up/online" },
		"with a will outside the tree":      func(c *connect) { c.will = "elsewhere" },
		"with a will that is a wildcard":    func(c *connect) { c.will = "pitlane/v1/demo-bay-1/up/#" },
		"with a will that central may send": func(c *connect) { c.will = "pitlane/v1/demo-bay-1/down/online" },
		"with a retained will of the log":   func(c *connect) { c.will, c.flags = "pitlane/v1/demo-bay-1/up/log", 0x20 },
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			c := ok
			spoil(&c)
			h := dial(t, b)
			h.connect(c)
			if head, body := h.read(); head != 0x20 || body[1] == 0 {
				t.Errorf("got %x %x, want a CONNACK that refuses", head, body)
			}
			h.cut()
		})
	}
}

func TestPersistentSessionIsRefused(t *testing.T) {
	b := start(t)
	h := dial(t, b)
	h.send(packet(0x10, str("MQTT"), []byte{4, 0xC0, 0, 30}, str("demo-bay-1"), str("demo-bay-1"), str("secret of demo-bay-1")))
	if head, body := h.read(); head != 0x20 || body[1] == 0 {
		t.Errorf("got %x %x, want a CONNACK that refuses", head, body)
	}
}

func TestWillIsSentWhenTheConnectionBreaks(t *testing.T) {
	b := start(t)
	eye := dial(t, b)
	eye.login("demo-reception")
	eye.subscribe("pitlane/v1/+/up/#")
	h := dial(t, b)
	h.connect(connect{id: "demo-bay-1", user: "demo-bay-1", password: "secret of demo-bay-1", level: 4, will: "pitlane/v1/demo-bay-1/up/online", flags: 0x20})
	h.read()
	h.Close()
	if topic, payload := eye.receives(); topic != "pitlane/v1/demo-bay-1/up/online" || payload != "gone" {
		t.Errorf("got %q %q", topic, payload)
	}
}

func TestNodeReadsAndWritesOnlyItsOwn(t *testing.T) {
	b := start(t)
	bay, central, eye := dial(t, b), dial(t, b), dial(t, b)
	bay.login("demo-bay-1")
	central.login("demo-central")
	eye.login("demo-reception")
	for _, f := range []string{"pitlane/v1/+/up/#", "pitlane/v1/demo-reception/down/#"} {
		if code := eye.subscribe(f); code != 0 {
			t.Fatalf("subscribe to %s: %x", f, code)
		}
	}
	for _, f := range []string{"#", "+/#", "pitlane/#", "pitlane/v1/#", "pitlane/v1/+/#", "pitlane/v1/+/down/#", "pitlane/v1/demo-bay-1/down/#", "$SYS/#", "$share/a/pitlane/v1/+/up/#"} {
		if code := eye.subscribe(f); code < 0x80 {
			t.Errorf("subscribe to %s is granted", f)
		}
	}
	bay.publish("pitlane/v1/demo-bay-2/up/log", "forged", false)
	bay.publish("pitlane/v1/demo-reception/down/to", "forged", false)
	bay.publish("pitlane/v1/demo-bay-1/up/log", "own", false)
	bay.ping()
	if topic, payload := eye.receives(); payload != "own" {
		t.Errorf("got %q on %s, want only the node's own", payload, topic)
	}
	central.publish("pitlane/v1/demo-reception/up/log", "forged", false)
	central.publish("pitlane/v1/demo-bay-1/down/to", "not for you", false)
	central.publish("pitlane/v1/demo-reception/down/to", "for you", false)
	if topic, payload := eye.receives(); payload != "for you" {
		t.Errorf("got %q on %s, want only what is for this node", payload, topic)
	}
}

func TestBrokerKeepsOnlyStates(t *testing.T) {
	b := start(t)
	bay := dial(t, b)
	bay.login("demo-bay-1")
	bay.publish("pitlane/v1/demo-bay-1/up/log", "history", true)
	bay.publish("pitlane/v1/demo-bay-1/up/to/demo-bay-2", "history", true)
	bay.publish("pitlane/v1/demo-bay-1/up/have", "state", true)
	bay.ping()
	eye := dial(t, b)
	eye.login("demo-reception")
	eye.subscribe("pitlane/v1/+/up/#")
	if topic, payload := eye.receives(); payload != "state" {
		t.Errorf("got %q on %s from the broker's memory", payload, topic)
	}
}

func TestSubscriptionsOfOneClientAreBounded(t *testing.T) {
	b := start(t)
	h := dial(t, b)
	h.login("demo-bay-1")
	granted := 0
	for i := range 40 {
		if h.subscribe("pitlane/v1/demo-bay-1/up/"+strings.Repeat("x", i+1)) < 0x80 {
			granted++
		}
	}
	if granted != 16 {
		t.Errorf("%d filters granted, want 16", granted)
	}
}

func TestLargePacketEndsItsClientOnly(t *testing.T) {
	b := start(t)
	other := dial(t, b)
	other.login("demo-bay-2")
	h := dial(t, b)
	h.login("demo-bay-1")
	h.send(binary.AppendUvarint([]byte{0x30}, 64<<10))
	h.cut()
	other.ping()
	// A packet below the limit goes through.
	h = dial(t, b)
	h.login("demo-bay-1")
	h.publish("pitlane/v1/demo-bay-1/up/log", strings.Repeat("x", 60<<10), false)
	h.ping()
}

func TestConnectionsAreCapped(t *testing.T) {
	b := start(t)
	first := dial(t, b)
	first.login("demo-bay-1")
	for range broker.MaxConnections - 1 {
		dial(t, b)
	}
	// The cap counts those that have not said anything yet: they cost as much.
	over := dial(t, b)
	over.cut()
	first.ping()
}

func TestSecondConnectionOfANodeReplacesTheFirst(t *testing.T) {
	b := start(t)
	bay := dial(t, b)
	bay.login("demo-bay-1")
	for range 20 {
		old, new := dial(t, b), dial(t, b)
		old.login("demo-reception")
		old.subscribe("pitlane/v1/+/up/#")
		new.login("demo-reception")
		new.subscribe("pitlane/v1/+/up/#")
		old.cut()
		bay.publish("pitlane/v1/demo-bay-1/up/log", "news", false)
		if _, payload := new.receives(); payload != "news" {
			t.Fatalf("got %q", payload)
		}
	}
}
