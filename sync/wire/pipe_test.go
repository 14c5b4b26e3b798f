package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"pitlane/sync/broker"
	"pitlane/sync/wire"
)

func brokerOf(t *testing.T) (*broker.Broker, func()) {
	t.Helper()
	b, err := broker.Listen(t.Context(), broker.Config{Listen: "127.0.0.1:0", Check: func(_, password string) bool { return password == "right" }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return b, stop
}

func dial(t *testing.T, url, node string, queue int) *wire.Line {
	t.Helper()
	line, err := wire.Dial(t.Context(), wire.Dialer{URL: url, Node: node, Password: "right", Filters: []string{wire.AllUp}, Queue: queue,
		Will: wire.Message{Topic: "pitlane/v1/" + node + "/up/online", Payload: wire.Online{}.Encode(), Retained: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	return line
}

func TestPipeCarriesBytes(t *testing.T) {
	b, _ := brokerOf(t)
	one, two := dial(t, b.URL(), "demo-bay-1", 0), dial(t, b.URL(), "demo-bay-2", 0)
	payload := strings.Repeat("\x00\xff", 24<<10)
	if err := one.Publish("pitlane/v1/demo-bay-1/up/log", false, []byte(payload)); err != nil {
		t.Fatal(err)
	}
	if m := <-two.In; m.Topic != "pitlane/v1/demo-bay-1/up/log" || string(m.Payload) != payload || m.Retained {
		t.Errorf("got %d bytes on %s", len(m.Payload), m.Topic)
	}
}

func TestWhatTheBrokerKeptIsMarked(t *testing.T) {
	b, _ := brokerOf(t)
	one := dial(t, b.URL(), "demo-bay-1", 0)
	if err := one.Publish("pitlane/v1/demo-bay-1/up/live", true, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if m := <-one.In; m.Retained {
		t.Error("live news are marked as old")
	}
	if m := <-dial(t, b.URL(), "demo-bay-2", 0).In; !m.Retained {
		t.Error("old news are not marked")
	}
}

func TestPipeNoticesItsEndAndItsWillIsRead(t *testing.T) {
	b, stop := brokerOf(t)
	eye := dial(t, b.URL(), "demo-bay-2", 0)
	one := dial(t, b.URL(), "demo-bay-1", 0)
	dial(t, b.URL(), "demo-bay-1", 0) // another connection of the same node ends the first
	<-one.Lost
	if m := <-eye.In; m.Topic != "pitlane/v1/demo-bay-1/up/online" {
		t.Errorf("got %s, want the will", m.Topic)
	}
	if err := one.Publish("pitlane/v1/demo-bay-1/up/log", false, nil); err == nil {
		t.Error("a broken pipe takes messages")
	}
	stop()
	<-eye.Lost
}

func TestFullQueueDropsAndCounts(t *testing.T) {
	b, _ := brokerOf(t)
	one, eye := dial(t, b.URL(), "demo-bay-1", 0), dial(t, b.URL(), "demo-bay-2", 1)
	for i := range 20 {
		if err := one.Publish("pitlane/v1/demo-bay-1/up/log", false, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for eye.Dropped() < 19 {
		<-tick.C
	}
	<-eye.In
}

func TestWrongPasswordIsTold(t *testing.T) {
	b, _ := brokerOf(t)
	_, err := wire.Dial(t.Context(), wire.Dialer{URL: b.URL(), Node: "demo-bay-1", Password: "guess", Filters: []string{wire.AllUp}})
	if !errors.Is(err, wire.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestRefusedSubscriptionIsTold(t *testing.T) {
	b, _ := brokerOf(t)
	_, err := wire.Dial(t.Context(), wire.Dialer{URL: b.URL(), Node: "demo-bay-1", Password: "right", Filters: []string{"#"}})
	if !errors.Is(err, wire.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := mute.Accept(); err == nil {
			defer c.Close()
		}
		cancel()
	}()
	if _, err := wire.Dial(ctx, wire.Dialer{URL: "tcp://" + mute.Addr().String(), Node: "demo-bay-1"}); err == nil {
		t.Error("connected to nobody")
	}
}

func TestBackoffGrowsAndStays(t *testing.T) {
	const floor, ceiling = time.Second, time.Minute
	for n := range 100 {
		bound := ceiling
		if n < 6 {
			bound = floor << n
		}
		for range 50 {
			if d := wire.Backoff(n, floor, ceiling); d < floor || d > bound {
				t.Fatalf("attempt %d waits %v, want %v to %v", n, d, floor, bound)
			}
		}
	}
}
