package obd_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

func speedsOfAdapters() []int { return []int{38400, 115200, 9600, 500000, 230400, 57600, 19200} }

func TestAnAdapterAtAnySpeedIsFoundWithinThreeSeconds(t *testing.T) {
	for _, baud := range speedsOfAdapters() {
		for _, echo := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				a := sim.NewAdapter(sim.AdapterConfig{Baud: baud, Timing: at(baud)})
				a.SetFaults(sim.Faults{EchoStuck: echo})
				w := opened(t, a, obd.Options{NoRaise: true})
				took, met := w.online(10 * time.Second)
				t.Logf("%d baud: %v", baud, took)
				if !met || took > 3*time.Second {
					t.Errorf("%d baud, echo %t: found %t after %v", baud, echo, met, took)
				}
			})
		}
	}
}

func TestASpeedOnceFoundIsTriedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sim.NewAdapter(sim.AdapterConfig{Baud: 57600, Timing: at(57600)})
		opts := obd.Options{Port: "bay", Cache: filepath.Join(t.TempDir(), "learned.json"), NoRaise: true}
		w := opened(t, a, opts)
		if _, met := w.online(5 * time.Second); !met {
			t.Fatal("not found")
		}
		w.leave()
		w.forget()
		w.run(opts)
		if took, met := w.online(5 * time.Second); !met || took > 200*time.Millisecond {
			t.Errorf("the second time: %t after %v", met, took)
		}
	})
}

func TestAnAdapterLeftAtAnotherSpeedByACrashIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := fresh(sim.AdapterConfig{Baud: 38400})
		w := opened(t, a, obd.Options{})
		if _, met := w.online(time.Second); !met {
			t.Fatal("not online")
		}
		w.leave()
		agree(t, w.cable, "ATBRD08", 500000) // what a scanner that crashed has done
		w.forget()
		w.run(obd.Options{})
		took, met := w.online(10 * time.Second)
		if !met || took > 3*time.Second {
			t.Errorf("found %t after %v", met, took)
		}
		if report, err := w.scanner.Scan(t.Context(), nil); err != nil || len(report.ECUs) != 2 {
			t.Errorf("the scan: %v", err)
		}
	})
}

// agree raises the speed by hand.
func agree(t *testing.T, c *cable, word string, baud int) {
	t.Helper()
	ask := func(text, until string) {
		if _, err := c.near.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		got := ""
		for buf := make([]byte, 64); !strings.Contains(got, until); {
			n, err := c.near.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got += string(buf[:n])
		}
	}
	if err := c.near.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	ask(word+"\r", "OK")
	c.baud.Store(int64(baud))
	ask("", "ELM327 v1.5\r")
	ask("\r", ">")
}

// The same over real ports.
func TestAnAdapterAtAnySpeedIsFoundOverAPort(t *testing.T) {
	t.Parallel()
	for _, baud := range speedsOfAdapters() {
		t.Run(strconv.Itoa(baud), func(t *testing.T) {
			t.Parallel()
			line, err := sim.NewLine(t.TempDir(), "obd")
			if err != nil {
				t.Fatal(err)
			}
			a := sim.NewAdapter(sim.AdapterConfig{Baud: baud, Timing: sim.Instant()})
			a.Plug(sim.DemoCAN11(1))
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- a.Serve(ctx, line) }()
			opens := 0
			open := serialport.Opener(serialport.Config{Path: line.Path(), Baud: 38400, Quiet: time.Millisecond})
			s := obd.New(func(ctx context.Context) (devices.Port, error) { opens++; return open(ctx) }, obd.Options{Baud: 38400})
			ran := make(chan error, 1)
			scanning, stop := context.WithCancel(ctx)
			go func() { ran <- s.Run(scanning, func(devices.Reading) {}) }()
			report, err := s.Scan(ctx, nil)
			if err != nil || len(report.ECUs) != 2 {
				t.Errorf("%d baud: %v", baud, err)
			}
			stop()
			err = <-ran
			cancel()
			if err := errors.Join(err, <-ended, line.Close()); err != nil {
				t.Error(err)
			}
			if opens != 1 {
				t.Errorf("the port was opened %d times", opens)
			}
		})
	}
}
