package sim_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/sim"
)

// rated is a line in memory whose other end has a speed.
type rated struct {
	net.Conn
	baud *atomic.Int64
}

func (r rated) Baud() int { return int(r.baud.Load()) }

// host is the other end.
type host struct {
	t    *testing.T
	conn net.Conn
	baud *atomic.Int64
}

// hosted serves an adapter on a line with a speed, in the time of the test.
func hosted(t *testing.T, a *sim.Adapter, baud int) *host {
	t.Helper()
	near, far := net.Pipe()
	h := &host{t: t, conn: near, baud: new(atomic.Int64)}
	h.baud.Store(int64(baud))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, rated{far, h.baud}) }()
	t.Cleanup(func() {
		cancel()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	return h
}

// hears is all that comes within a time.
func (h *host) hears(within time.Duration) string {
	h.t.Helper()
	if err := h.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		h.t.Fatal(err)
	}
	var got strings.Builder
	buf := make([]byte, 256)
	for {
		n, err := h.conn.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			return got.String()
		}
	}
}

func (h *host) says(text string) {
	h.t.Helper()
	go func() { _, _ = h.conn.Write([]byte(text)) }() // echo needs a reader meanwhile
}

func (h *host) ask(text string) string {
	h.says(text + "\r")
	return h.hears(50 * time.Millisecond)
}

func TestANewSpeedIsAgreedUponAsTheDataSheetSays(t *testing.T) {
	for name, x := range map[string]struct {
		word, id string
		to       int
		cfg      sim.AdapterConfig
	}{
		"ELM":     {"ATBRD23", "ELM327 v2.1", 115200, sim.AdapterConfig{}},
		"ELM 500": {"ATBRD08", "ELM327 v2.1", 500000, sim.AdapterConfig{}},
		"STN":     {"STBR500000", "STN2120 v5.8.1", 500000, sim.AdapterConfig{STN: "STN2120 v5.8.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x.cfg.Identity, x.cfg.Baud = "ELM327 v2.1", 38400
				h := hosted(t, sim.NewAdapter(x.cfg), 38400)
				h.ask("ATE0")
				if got := h.ask(x.word); got != "OK\r" {
					t.Fatalf("%s = %q, want OK and no prompt", x.word, got)
				}
				h.baud.Store(int64(x.to))
				if got := h.hears(50 * time.Millisecond); got != x.id+"\r" {
					t.Fatalf("at the new speed it said %q", got)
				}
				if got := h.ask(""); got != "OK\r\r>" {
					t.Fatalf("after CR it said %q", got)
				}
				if got := h.ask("ATI"); got != "ELM327 v2.1\r\r>" {
					t.Errorf("ATI at the new speed = %q", got)
				}
				h.says("ATZ\r") // puts the speed back, a warm start does not
				h.hears(10 * time.Millisecond)
				h.baud.Store(38400)
				if got := h.hears(time.Second); !strings.Contains(got, "ELM327 v2.1") {
					t.Errorf("after ATZ at the old speed it said %q", got)
				}
			})
		})
	}
}

func TestASpeedThatNobodyConfirmsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hosted(t, sim.NewAdapter(sim.AdapterConfig{Baud: 38400}), 38400)
		h.ask("ATE0")
		h.says("ATBRD23\r")
		got := h.hears(300 * time.Millisecond)
		if !strings.HasPrefix(got, "OK\r") || strings.Contains(got, "ELM") {
			t.Errorf("at the old speed it said %q, want OK and garbage", got)
		}
		if got := h.ask("ATI"); got != "ELM327 v1.5\r\r>" {
			t.Errorf("ATI at the old speed = %q", got)
		}
	})
}

func TestAdaptersThatLieAboutTheSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sim.NewAdapter(sim.AdapterConfig{Baud: 38400})
		h := hosted(t, a, 38400)
		h.ask("ATE0")
		a.SetFaults(sim.Faults{Only: "ATBRD", BaudLie: true})
		if got := h.ask("ATBRD23"); got != "OK\r" {
			t.Fatalf("ATBRD23 = %q", got)
		}
		h.baud.Store(115200)
		if got := h.hears(300 * time.Millisecond); strings.Contains(got, "ELM") || got == "" {
			t.Errorf("at the new speed it said %q, want garbage", got)
		}
		h.baud.Store(38400)
		if got := h.ask("ATI"); got != "ELM327 v1.5\r\r>" {
			t.Errorf("at the old speed ATI = %q", got)
		}
		a.SetFaults(sim.Faults{Only: "ATBRD", BaudHang: true})
		h.ask("ATBRD23")
		if got := h.ask("ATI"); got != "" {
			t.Errorf("a hung adapter says %q", got)
		}
	})
}

func TestALineThatIsTooSlowForTheAnswersOverflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sim.NewAdapter(sim.AdapterConfig{Baud: 9600, Buffer: 256})
		a.Plug(sim.DemoSix(1))
		h := hosted(t, a, 9600)
		for _, word := range []string{"ATE0", "ATSP7", "ATH1"} {
			h.ask(word)
		}
		h.says("0904\r")
		if got := h.hears(3 * time.Second); !strings.HasSuffix(got, "BUFFER FULL\r\r>") {
			t.Errorf("0904 at 9600 baud = %q", got)
		}
	})
}

func TestSTPXSaysHowManyAnswersToWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sim.NewAdapter(sim.AdapterConfig{STN: "STN1110 v4.2.0"})
		a.Plug(oneECU("6", "7E8"))
		k := serveAdapter(t, a)
		k.setUp("ATSP6", "ATH1", "ATS0")
		start := time.Now()
		if got, want := k.ask("STPX d:010C, r:1"), "7E804410C1AF8\r\r>"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("took %v: it waited for more", took)
		}
		if got, want := k.ask("STPX h:7E1, d:010C, t:50"), "NO DATA\r\r>"; got != want {
			t.Errorf("to another unit: %q, want %q", got, want)
		}
		if got := k.ask("STPX r:1"); got != "?\r\r>" {
			t.Errorf("without data: %q", got)
		}
	})
}
