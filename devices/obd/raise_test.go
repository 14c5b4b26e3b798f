package obd_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestTheLineIsRaisedAndPutBack(t *testing.T) {
	for name, cfg := range map[string]sim.AdapterConfig{
		"ELM": {Identity: "ELM327 v2.2"},
		"STN": {Identity: "ELM327 v1.4b", STN: "STN2120 v5.8.1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg.Baud = 38400
				a := sim.NewAdapter(cfg)
				a.Plug(still(sim.DemoCAN11(1)))
				w := opened(t, a, obd.Options{})
				report, err := w.scanner.Scan(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := w.cable.baud.Load(); got != 500000 {
					t.Errorf("the scan ran at %d baud, want 500000", got)
				}
				plain, _ := scanOver(t, fresh(cfg), obd.Options{Plain: true})
				if facts(t, report) != facts(t, plain) {
					t.Error("the raised line says something else")
				}
				w.leave()
				if got := w.cable.baud.Load(); got != 38400 {
					t.Errorf("the port is left at %d baud", got)
				}
				w.forget()
				w.run(obd.Options{NoRaise: true})
				if took, met := w.online(time.Second); !met || took > 200*time.Millisecond {
					t.Errorf("the adapter is not where it was: %t after %v", met, took)
				}
			})
		})
	}
}

func TestAnAdapterThatDoesNotFollowStaysAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		cfg   sim.AdapterConfig
		fault sim.Faults
		ends  int64 // speed of the scan
	}{
		"it does not know the word":         {cfg: sim.AdapterConfig{Refuses: []string{"ATBRD*"}}, ends: 38400},
		"a clone of an STN that knows none": {cfg: sim.AdapterConfig{STN: "STN1110 v1.0", Refuses: []string{"STBR*", "STPX*"}}, ends: 38400},
		"it agrees and stays":               {fault: sim.Faults{Only: "ATBRD", BaudLie: true}, ends: 38400},
		"its line does not go so far":       {cfg: sim.AdapterConfig{MaxBaud: 200000}, ends: 115200},
		"its line goes no further":          {cfg: sim.AdapterConfig{MaxBaud: 50000}, ends: 38400},
		"it says nothing to the word":       {fault: sim.Faults{Only: "ATBRD", Silent: true}, ends: 38400},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.cfg.Baud = 38400
				a := fresh(c.cfg)
				a.SetFaults(c.fault)
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				w := opened(t, a, opts)
				plain, _ := scanOver(t, fresh(c.cfg), obd.Options{Plain: true})
				for range 2 {
					report, err := w.scanner.Scan(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					if facts(t, report) != facts(t, plain) {
						t.Error("the facts differ")
					}
					if got := w.cable.baud.Load(); got != c.ends {
						t.Errorf("the scan ran at %d baud, want %d", got, c.ends)
					}
					w.leave()
					w.forget()
					w.run(opts)
				}
				if _, met := w.online(2 * time.Second); !met || c.ends == 38400 && (w.sent("ATBRD") || w.sent("STBR")) {
					t.Errorf("the third time: online %t, asked again", met)
				}
			})
		})
	}
}

// A line that can be made faster, and then loses a byte now and again. Also when that is
// the prompt, or a byte of the handshake.
func TestASpeedAtWhichBytesAreLostIsGivenUp(t *testing.T) {
	for bits, car := range map[string]func() *sim.Vehicle{
		"11 bit": func() *sim.Vehicle { return sim.DemoCAN11(1) }, "29 bit": func() *sim.Vehicle { return sim.DemoCAN29(1) },
	} {
		for _, every := range []int{13, 31, 97, 211} {
			t.Run(fmt.Sprintf("%s, one in %d", bits, every), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { losing(t, car, every) })
			})
		}
	}
}

func losing(t *testing.T, car func() *sim.Vehicle, every int) {
	a := sim.NewAdapter(sim.AdapterConfig{Baud: 38400, LossyBaud: 50000, LossEvery: every})
	a.Plug(still(car()))
	opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
	w := opened(t, a, opts)
	b := sim.NewAdapter(sim.AdapterConfig{Baud: 38400})
	b.Plug(still(car()))
	plain, _ := scanOver(t, b, obd.Options{NoRaise: true})
	for range 2 {
		report, err := w.scanner.Scan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := facts(t, report), facts(t, plain); got != want {
			t.Errorf("the facts differ: %s\nwant %s", got, want)
		}
		if got := w.cable.baud.Load(); got != 38400 {
			t.Errorf("the scan ended at %d baud", got)
		}
		w.leave()
		w.forget()
		w.run(opts)
	}
	if _, met := w.online(2 * time.Second); !met || w.sent("ATBRD") {
		t.Errorf("the third time: online %t, asked again %t", met, w.sent("ATBRD"))
	}
}

// Wherever a byte is lost while codes are cleared, the prompt behind the answer too: the
// request leaves once.
func TestClearingOverALineThatLosesBytesLeavesOnce(t *testing.T) {
	for every := 150; every < 600; every += 9 {
		synctest.Test(t, func(t *testing.T) {
			clearOnRaised(t, sim.AdapterConfig{Baud: 38400, LossyBaud: 50000, LossEvery: every}, sim.Faults{})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		out := clearOnRaised(t, sim.AdapterConfig{Baud: 38400}, sim.Faults{Only: "04", Silent: true, Times: 1})
		if out.Outcome != obd.ClearUnknown {
			t.Errorf("nobody saw what came of it: %s", out.Outcome)
		}
	})
}

func clearOnRaised(t *testing.T, cfg sim.AdapterConfig, fault sim.Faults) *obd.Cleared {
	a := sim.NewAdapter(cfg)
	a.Plug(still(parked()))
	w := opened(t, a, obd.Options{})
	out, err := w.scanner.Clear(t.Context(), obd.ClearOrder{Intend: func(context.Context, obd.Cleared) error {
		if cfg.LossEvery == 0 && w.cable.baud.Load() == 38400 {
			t.Error("the line was not raised")
		}
		a.SetFaults(fault)
		return nil
	}})
	if n := clears(a); n != 1 || !out.Sent {
		t.Errorf("one byte in %d lost: %d requests to clear (%s, %v)", cfg.LossEvery, n, out.Outcome, err)
	}
	return out
}

func TestARaisedLineReadsSixUnitsAsASlowOneDoes(t *testing.T) {
	for name, cfg := range map[string]sim.AdapterConfig{
		"ELM": {Identity: "ELM327 v2.2", Baud: 38400},
		"STN": {Identity: "ELM327 v1.4b", STN: "STN2120 v5.8.1", Baud: 38400},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := sim.NewAdapter(cfg)
				a.Plug(still(sim.DemoSix(1)))
				opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
				quicker := cfg // 38400 baud are too slow for the names of six units at once
				quicker.Timing, quicker.Baud = at(500000), 0
				b := sim.NewAdapter(quicker)
				b.Plug(still(sim.DemoSix(1)))
				plain, _ := scanOver(t, b, obd.Options{Plain: true})
				w := opened(t, a, opts)
				for range 3 {
					w.forget()
					report, err := w.scanner.Scan(t.Context(), nil)
					if err != nil || facts(t, report) != facts(t, plain) {
						t.Errorf("%v: the raised line says something else", err)
					}
				}
				if w.sent("STPX") != (cfg.STN != "") {
					t.Errorf("STPX was sent: %t", w.sent("STPX"))
				}
				var took time.Duration
				w.mu.Lock()
				for _, e := range w.said {
					took += e.Took
				}
				t.Logf("%s: %v at %d baud", name, took, w.cable.baud.Load())
				w.mu.Unlock()
			})
		})
	}
}

func TestAnAdapterThatHangsAtANewSpeedIsAskedNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := fresh(sim.AdapterConfig{Baud: 38400})
		a.SetFaults(sim.Faults{Only: "ATBRD", BaudHang: true})
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json")}
		w := opened(t, a, opts)
		if _, met := w.online(10 * time.Second); met {
			t.Fatal("a hung adapter is online")
		}
		w.cable.cuts.Add(1)
		took, met := w.online(10 * time.Second)
		if !met || took > 3*time.Second {
			t.Errorf("after its supply was cut it is online %t after %v", met, took)
		}
		if report, err := w.scanner.Scan(t.Context(), nil); err != nil || len(report.ECUs) != 2 {
			t.Errorf("the scan: %v", err)
		}
	})
}

func TestAnAdapterThatLostItsSupplyIsFoundAtItsOwnSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := fresh(sim.AdapterConfig{Baud: 38400})
		w := opened(t, a, obd.Options{})
		if _, err := w.scanner.Scan(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		w.cable.cuts.Add(1) // between two scans
		start := time.Now()
		report, err := w.scanner.Scan(t.Context(), nil)
		if err != nil || len(report.ECUs) != 2 || w.cable.baud.Load() != 500000 {
			t.Fatalf("the scan after it: %v at %d baud", err, w.cable.baud.Load())
		}
		t.Logf("found and scanned again in %v", time.Since(start))
	})
}

func TestABrownOutOnARaisedLineIsSaidAndMended(t *testing.T) {
	for name, fault := range map[string]sim.Faults{
		"with its name":  {BrownOut: true, Times: 1},
		"with LV RESET":  {Error: "LV RESET", Times: 1},
		"without a word": {Silent: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := fresh(sim.AdapterConfig{Baud: 38400})
				w := opened(t, a, obd.Options{})
				hurt := time.Time{}
				_, err := w.scanner.Scan(t.Context(), func(p obd.Progress) {
					if p.Step == obd.StepReadings && hurt.IsZero() {
						hurt = time.Now()
						if fault.Silent {
							w.cable.cuts.Add(1)
						}
						a.SetFaults(fault)
					}
				})
				f, ok := errors.AsType[*devices.Fault](err)
				if !ok || f.Kind != "low_voltage" && f.Kind != "adapter_fault" {
					t.Fatalf("got %v", err)
				}
				w.forget()
				_, met := w.online(10 * time.Second)
				if took := time.Since(hurt); !met || took > 3*time.Second {
					t.Errorf("online %t, %v after the break", met, took)
				}
				if report, err := w.scanner.Scan(t.Context(), nil); err != nil || len(report.ECUs) != 2 {
					t.Errorf("the next scan: %v", err)
				}
			})
		})
	}
}
