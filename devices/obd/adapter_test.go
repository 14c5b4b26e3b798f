package obd_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

func TestClonesAreReadAndNamed(t *testing.T) {
	t.Parallel()
	pad := byte(0xAA)
	for name, c := range map[string]struct {
		cfg   sim.AdapterConfig
		fault sim.Faults
		hint  string
	}{
		"its echo stays on":         {sim.AdapterConfig{}, sim.Faults{EchoStuck: true}, "clone: its echo cannot be switched off"},
		"a stray byte after ATZ":    {sim.AdapterConfig{Banner: true}, sim.Faults{StrayFC: true}, "clone: there never was an ELM327 v1.5"},
		"ATWS is not known":         {sim.AdapterConfig{Refuses: []string{"ATWS", "ATAT1"}}, sim.Faults{}, "clone: it does not know ATAT1"},
		"frames padded to the full": {sim.AdapterConfig{Identity: "ELM327 v2.1"}, sim.Faults{Pad: &pad}, "perhaps a clone: most adapters that say v2.1 are copies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(c.cfg), sim.DemoCAN11(1), obd.Options{})
			r.adapter.SetFaults(c.fault)
			report, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(ecuOf(t, report, "7E8").Stored); !slices.Equal(got, []string{"ok", "P0133"}) {
				t.Errorf("codes %q", got)
			}
			if !slices.Contains(report.Adapter.Hints, c.hint) {
				t.Errorf("hints %q, want %q", report.Adapter.Hints, c.hint)
			}
		})
	}
}

func TestAnSTNAdapterIsNoClone(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{Identity: "ELM327 v1.5", STN: "STN2120 v5.8.1"}), sim.DemoCAN11(1), obd.Options{})
	report, err := r.scan(nil)
	if err != nil || len(report.Adapter.Hints) != 0 || !strings.Contains(report.Adapter.Description, "STN2120") {
		t.Errorf("%v %+v", err, report.Adapter)
	}
}

func TestWhatIsNoAdapterIsSaid(t *testing.T) {
	for name, says := range map[string]string{
		"silence": "", "a router's console": "\r\nlogin: ", "a receiver that never stops": "$GPGGA,,,\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := obd.New(func(context.Context) (devices.Port, error) { return &stranger{says: says}, nil }, obd.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- s.Run(ctx, func(devices.Reading) {}) }()
				report, err := s.Scan(ctx, nil)
				if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "not_an_adapter" || f.Hint == "" {
					t.Errorf("got %v, want not_an_adapter with a hint", err)
				}
				if report.ECUs == nil || report.Errors == nil || report.Adapter.Hints == nil {
					t.Error("an array of the report is null")
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// stranger is a port with something else than an adapter behind it. Its time is
// that of the test.
type stranger struct {
	says    string
	timeout time.Duration
}

func (p *stranger) Read(b []byte) (int, error) {
	t := time.NewTimer(p.timeout)
	defer t.Stop()
	<-t.C
	return copy(b, p.says), nil
}

func (p *stranger) Write(b []byte) (int, error)          { return len(b), nil }
func (p *stranger) SetReadTimeout(d time.Duration) error { p.timeout = d; return nil }
func (p *stranger) Close() error                         { return nil }

func TestAMissingPortIsSaid(t *testing.T) {
	t.Parallel()
	s := obd.New(serialport.Opener(serialport.Config{Path: t.TempDir() + "/none"}), obd.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(devices.Reading) {}) }()
	report, err := s.Scan(ctx, nil)
	if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "port" || f.Hint == "" || report.Error == nil {
		t.Errorf("got %v, want port with a hint", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := s.Scan(context.Background(), nil); !errors.Is(err, obd.ErrNotRunning) {
		t.Errorf("after Run: %v", err)
	}
}

func TestABreakInAScanIsSaidAndMendsItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		hurt func(*rig)
		mend func(*rig)
	}{
		"unplugged": {"interrupted",
			func(r *rig) { _ = r.line.Unplug() }, func(r *rig) { _ = r.line.Replug() }},
		"brown-out": {"low_voltage",
			func(r *rig) { r.adapter.SetFaults(sim.Faults{BrownOut: true, Times: 1}) }, func(*rig) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
			hurt := false
			report, err := r.scan(func(p obd.Progress) {
				if p.Step == obd.StepReadings && !hurt {
					hurt = true
					c.hurt(r)
				}
			})
			f, ok := errors.AsType[*devices.Fault](err)
			if !ok || f.Kind != c.kind {
				t.Fatalf("got %v, want %s", err, c.kind)
			}
			if got := codes(ecuOf(t, report, "7E8").Stored); !slices.Equal(got, []string{"ok", "P0133"}) {
				t.Errorf("what was known is lost: %q", got)
			}
			c.mend(r)
			r.until("online again", func(s obd.Status) bool { return s.Online })
			if _, err := r.scan(nil); err != nil {
				t.Errorf("the next scan: %v", err)
			}
		})
	}
}

func TestACancelledScanLeavesTheAdapterUsable(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	report, err := r.scanner.Scan(ctx, func(p obd.Progress) {
		if p.Step == obd.StepReadings {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || report.Error == nil || report.Error.Kind != "interrupted" {
		t.Fatalf("got %v, %+v", err, report.Error)
	}
	if _, err := r.scan(nil); err != nil {
		t.Errorf("the next scan: %v", err)
	}
}

// slower is a car that only the adapter's own search finds.
func slower() *sim.Vehicle {
	car := sim.DemoCAN11(1)
	car.Protocol = "8"
	return car
}

func TestTheProtocolOfTheLastCarIsTriedFirst(t *testing.T) {
	t.Parallel()
	cache := t.TempDir() + "/protocols.json"
	opts := obd.Options{Port: "bay-1", Cache: cache}
	r := newRig(t, quick(sim.AdapterConfig{}), slower(), opts)
	sent := func(r *rig, word string) bool {
		return slices.ContainsFunc(r.exchanges(), func(e obd.Exchange) bool { return e.Request == word })
	}
	if _, err := r.scan(nil); err != nil || !sent(r, "ATSP0") {
		t.Fatalf("the first scan: %v, searched %t", err, sent(r, "ATSP0"))
	}
	warm := newRig(t, quick(sim.AdapterConfig{}), slower(), opts)
	if _, err := warm.scan(nil); err != nil || sent(warm, "ATSP0") || !sent(warm, "ATSP8") {
		t.Errorf("the second scan: %v, searched %t", err, sent(warm, "ATSP0"))
	}
	warm.adapter.Plug(sim.DemoKLine(1))
	if report, err := warm.scan(nil); err != nil || report.Protocol.Number != "3" {
		t.Errorf("another car: %v", err)
	}
	opts.Cold = true
	cold := newRig(t, quick(sim.AdapterConfig{}), slower(), opts)
	if _, err := cold.scan(nil); err != nil || !sent(cold, "ATSP0") || sent(cold, "ATSP3") {
		t.Errorf("a cold scan: %v, searched %t", err, sent(cold, "ATSP0"))
	}
}

func TestWhatMostCarsSpeakIsTriedBeforeTheSearch(t *testing.T) {
	for name, c := range map[string]struct {
		car      func() *sim.Vehicle
		refuses  []string
		searched bool
	}{
		"CAN 11 at 500":           {func() *sim.Vehicle { return sim.DemoCAN11(1) }, nil, false},
		"CAN 29 at 500":           {func() *sim.Vehicle { return sim.DemoCAN29(1) }, nil, false},
		"CAN 11 at 250":           {slower, nil, true},
		"a K-line":                {func() *sim.Vehicle { return sim.DemoKLine(1) }, nil, true},
		"a clone without ATSP6":   {func() *sim.Vehicle { return sim.DemoCAN11(1) }, []string{"ATSP6", "ATSP7"}, true},
		"a car that is not there": {nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := sim.NewAdapter(sim.AdapterConfig{Refuses: c.refuses})
				if c.car != nil {
					a.Plug(c.car())
				}
				report, said, err := tryOver(t, a, obd.Options{})
				if (err == nil) != (c.car != nil) || c.car != nil && len(report.ECUs) == 0 {
					t.Errorf("%v, %d units", err, len(report.ECUs))
				}
				searched := slices.ContainsFunc(said, func(e obd.Exchange) bool { return e.Request == "ATSP0" })
				if searched != c.searched {
					t.Errorf("searched: %t", searched)
				}
			})
		})
	}
}

func TestTheStatusIsToldWhileIdle(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{Volts: 12.4}), nil, obd.Options{Idle: time.Millisecond})
	s := r.until("online", func(s obd.Status) bool { return s.Online && s.Volts != nil })
	if s.Identity != "ELM327 v1.5" || *s.Volts != 12.4 {
		t.Errorf("status %+v", s)
	}
	if err := r.line.Unplug(); err != nil {
		t.Fatal(err)
	}
	s = r.until("offline", func(s obd.Status) bool { return !s.Online })
	if s.Fault == nil || s.Fault.Kind != "port" {
		t.Errorf("fault %+v", s.Fault)
	}
	if err := r.line.Replug(); err != nil {
		t.Fatal(err)
	}
	r.until("online again", func(s obd.Status) bool { return s.Online })
}

func TestAnAdapterInAnyStateIsGreeted(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]string{
		"half a command":     "010",
		"echo and headers":   "ATE1\rATH1\rATS1\r",
		"a search under way": "0100\r",
		"monitoring":         "ATMA\r",
		"line feeds":         "ATL1\r",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
			if _, err := r.scan(nil); err != nil { // it is ours, then somebody else has it
				t.Fatal(err)
			}
			r.stop()
			port, err := serialport.Opener(serialport.Config{Path: r.line.Path(), Quiet: time.Millisecond})(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := port.Write([]byte(left)); err != nil {
				t.Fatal(err)
			}
			if err := port.Close(); err != nil {
				t.Fatal(err)
			}
			r.start(obd.Options{})
			report, err := r.scan(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(ecuOf(t, report, "7E8").Stored); !slices.Equal(got, []string{"ok", "P0133"}) {
				t.Errorf("codes %q", got)
			}
		})
	}
}

func TestAStalePromptAnswersNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(sim.AdapterConfig{}), sim.DemoCAN11(1), obd.Options{})
	clean, err := r.scan(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	report, err := r.scan(func(obd.Progress) {
		if n++; n%3 == 0 { // the adapter waits for the next command meanwhile
			if _, err := r.line.Write([]byte("\r>\r\r>")); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || n == 0 {
		t.Fatal(err)
	}
	if len(report.Errors) != len(clean.Errors) || len(report.ECUs[0].Readings) != len(clean.ECUs[0].Readings) {
		t.Errorf("%d errors and %d readings, want %d and %d", len(report.Errors), len(report.ECUs[0].Readings),
			len(clean.Errors), len(clean.ECUs[0].Readings))
	}
}

func TestTheScannerIsADevice(t *testing.T) {
	devicetest.Run(t, func(t *testing.T) devicetest.Setup {
		line, err := sim.NewLine(t.TempDir(), "obd")
		if err != nil {
			t.Fatal(err)
		}
		a := sim.NewAdapter(quick(sim.AdapterConfig{}))
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- a.Serve(ctx, line) }()
		t.Cleanup(func() {
			cancel()
			if err := errors.Join(<-ended, line.Close()); err != nil {
				t.Error(err)
			}
		})
		answers(t, line.Path()) // all goroutines of the other end run before the suite counts them
		online := func(r devices.Reading) bool { return r.Value.(obd.Status).Online }
		return devicetest.Setup{
			Device: obd.New(serialport.Opener(serialport.Config{Path: line.Path(), Quiet: 5 * time.Millisecond}), obd.Options{}),
			Unplug: line.Unplug, Replug: line.Replug,
			Noise: func(b []byte) error { _, err := line.Write(b); return err },
			Whole: online,
			Lost:  func(r devices.Reading) bool { return !online(r) },
		}
	})
}

// answers waits until an adapter answers on the line.
func answers(t *testing.T, path string) {
	t.Helper()
	port, err := serialport.Opener(serialport.Config{Path: path, Quiet: time.Millisecond})(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := port.Write([]byte("ATI\r")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	for got := ""; !strings.Contains(got, ">"); {
		n, err := port.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += string(buf[:n])
	}
	if err := port.Close(); err != nil {
		t.Error(err)
	}
}
