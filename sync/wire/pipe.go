package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Pipe is one connection to a broker: it carries bytes, may lose any of them, and
// is replaced, never repaired. Both methods may be called from any goroutine and
// return within a few seconds.
type Pipe interface {
	// Publish hands a message to the connection. A nil error says nothing about
	// delivery: only a Have does.
	Publish(topic string, retained bool, payload []byte) error
	// Close says goodbye and ends the connection.
	Close()
}

// Message is what came through a pipe. Retained marks what the broker kept from
// before: news of unknown age.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
}

// Dialer says how a pipe is opened.
type Dialer struct {
	URL      string // tls://demo-reception:8883, or tcp://127.0.0.1:1883
	Node     string // user name and client id
	Password string
	TLS      *tls.Config // needed for tls://
	Filters  []string    // what to subscribe to
	Will     Message     // published by the broker when the connection breaks
	Queue    int         // messages that may wait; more are dropped and counted. 0: 1024
}

// Line is an open pipe seen from the side that reads it.
type Line struct {
	Pipe
	In   <-chan Message // never closed
	Lost <-chan struct{}
	// Dropped counts messages that found the queue full.
	Dropped func() uint64
}

// ErrRefused is a broker that knows us not: wrong name or password.
var ErrRefused = errors.New("the broker refuses this node")

const (
	patience  = 10 * time.Second // for a connection, a subscription
	writeTime = 5 * time.Second  // for a message to be handed over
	keepAlive = 10 * time.Second
)

// Return codes of CONNACK [MQTT-3.2.2.3].
const (
	refusedLogin = 4
	refusedRight = 5
)

// CheckURL refuses a broker address that a link's password must not travel to: in
// clear only this machine is near enough.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Port() == "" {
		return fmt.Errorf("broker address %q is not of the form tls://demo-reception:8883", clip(raw))
	}
	if u.Scheme != "tcp" && !Secure(raw) {
		return fmt.Errorf("broker address %q: the scheme is tls (mqtts) or, on this machine, tcp, not %q", clip(raw), clip(u.Scheme))
	}
	if ip := net.ParseIP(u.Hostname()); Secure(raw) || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return &TrustError{"broker " + u.Host + " is on another machine, and the link's password must not leave this one in clear",
		"write tls:// and the port of the broker's TLS listener: tls://" + u.Hostname() + ":8883", nil}
}

// Dial opens a new connection, subscribes, and gives back both ends. It returns
// within its time limit also when ctx never ends.
func Dial(ctx context.Context, d Dialer) (*Line, error) {
	if err := CheckURL(d.URL); err != nil {
		return nil, err
	}
	if Secure(d.URL) && d.TLS == nil {
		return nil, errors.New("connect with TLS: no certificate is given")
	}
	if d.Queue == 0 {
		d.Queue = 1024
	}
	in, lost := make(chan Message, d.Queue), make(chan struct{})
	var dropped atomic.Uint64
	var once sync.Once
	way := &opener{dialer: d}
	o := options(d).
		SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) { return way.open(ctx, u) }).
		SetConnectionLostHandler(func(mqtt.Client, error) { once.Do(func() { close(lost) }) }).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			select {
			case in <- Message{Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained()}:
			default:
				dropped.Add(1)
			}
		})
	p := &pipe{client: mqtt.NewClient(o), way: way}
	if err := p.open(ctx, d); err != nil {
		p.client.Disconnect(0)
		return nil, err
	}
	return &Line{Pipe: p, In: in, Lost: lost, Dropped: dropped.Load}, nil
}

func options(d Dialer) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().
		AddBroker(d.URL).
		SetProtocolVersion(4). // MQTT 3.1.1
		SetClientID(d.Node).SetUsername(d.Node).SetPassword(d.Password).
		SetCleanSession(true).SetStore(mqtt.NewMemoryStore()).SetResumeSubs(false).
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(false).
		SetConnectTimeout(patience).SetWriteTimeout(writeTime).
		SetKeepAlive(keepAlive).SetPingTimeout(keepAlive / 2)
	if d.Will.Topic != "" {
		o.SetBinaryWill(d.Will.Topic, d.Will.Payload, 0, d.Will.Retained)
	}
	return o
}

type pipe struct {
	client mqtt.Client
	way    *opener
	once   sync.Once
}

func (p *pipe) open(ctx context.Context, d Dialer) error {
	connect := p.client.Connect()
	if err := wait(ctx, connect, patience); err != nil {
		if refused(connect) {
			err = ErrRefused
		} else if ctx.Err() == nil {
			err = p.way.why(err)
		}
		return fmt.Errorf("connect to %s: %w", d.URL, err)
	}
	filters := map[string]byte{}
	for _, f := range d.Filters {
		filters[f] = 0
	}
	token := p.client.SubscribeMultiple(filters, nil)
	if err := wait(ctx, token, patience); err != nil {
		return fmt.Errorf("subscribe at %s: %w", d.URL, err)
	}
	if s, ok := token.(*mqtt.SubscribeToken); ok {
		for f, code := range s.Result() {
			if code > 2 {
				return fmt.Errorf("subscribe to %s at %s: %w", f, d.URL, ErrRefused)
			}
		}
	}
	return nil
}

// refused says whether the broker turned the node away. The client writes the
// return code until the token is done, so before that nobody may look.
func refused(connect mqtt.Token) bool {
	select {
	case <-connect.Done():
	default:
		return false
	}
	t, ok := connect.(*mqtt.ConnectToken)
	return ok && (t.ReturnCode() == refusedLogin || t.ReturnCode() == refusedRight)
}

// Publish implements Pipe. Quality of service is 0: an acknowledgement of the
// broker is not delivery, so none is asked for. A connection that cannot follow
// holds the caller back for at most writeTime.
func (p *pipe) Publish(topic string, retained bool, payload []byte) error {
	t := p.client.Publish(topic, 0, retained, payload)
	if !t.WaitTimeout(writeTime) {
		return errors.New("the connection takes no more")
	}
	return t.Error()
}

// Close implements Pipe.
func (p *pipe) Close() { p.once.Do(func() { p.client.Disconnect(100) }) }

func wait(ctx context.Context, t mqtt.Token, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-timer.C:
		return errors.New("no answer in time")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Backoff is how long to wait before attempt n (from 0) at a new connection: full
// jitter between floor and a bound that doubles up to ceiling.
func Backoff(n int, floor, ceiling time.Duration) time.Duration {
	bound := ceiling
	if n < 30 && floor<<n < ceiling {
		bound = floor << n
	}
	if bound <= floor {
		return floor
	}
	return floor + rand.N(bound-floor)
}
