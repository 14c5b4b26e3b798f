package obd_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// dark is the adapter's end of a cable whose supply can be cut: nothing gets through
// meanwhile.
type dark struct {
	device
	off *atomic.Bool
}

func (d dark) Read(b []byte) (int, error) {
	for {
		n, err := d.device.Read(b)
		if err != nil || !d.off.Load() {
			return n, err
		}
	}
}

func (d dark) Write(b []byte) (int, error) {
	if d.off.Load() {
		return len(b), nil
	}
	return d.device.Write(b)
}

// cuttable is a workshop whose adapter can be cut from its supply.
func cuttable(t *testing.T, a *sim.Adapter, opts obd.Options) (w *workshop, cut, mend func()) {
	t.Helper()
	c := &cable{}
	c.near, c.far = net.Pipe()
	off := &atomic.Bool{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, dark{device{c.far, c}, off}) }()
	w = &workshop{t: t, cable: c}
	w.run(opts)
	t.Cleanup(func() {
		w.leave()
		cancel()
		if err := errors.Join(<-ended, c.near.Close(), c.far.Close()); err != nil {
			t.Error(err)
		}
	})
	return w, func() { off.Store(true) }, func() { c.cuts.Add(1); off.Store(false) }
}

func TestTheScannerIsBackWithinThreeSecondsOfTheAdapter(t *testing.T) {
	for _, raise := range []bool{true, false} {
		for _, gone := range []time.Duration{
			100 * time.Millisecond, 900 * time.Millisecond, 2100 * time.Millisecond, 2900 * time.Millisecond,
			3700 * time.Millisecond, 4500 * time.Millisecond, 5300 * time.Millisecond, 6900 * time.Millisecond, 30500 * time.Millisecond,
		} {
			synctest.Test(t, func(t *testing.T) {
				w, cut, mend := cuttable(t, fresh(sim.AdapterConfig{Baud: 38400}), obd.Options{NoRaise: !raise})
				failed := make(chan error, 1)
				reached := make(chan struct{})
				told := sync.OnceFunc(func() { close(reached) })
				go func() {
					_, err := w.scanner.Scan(t.Context(), func(p obd.Progress) {
						if p.Step == obd.StepReadings {
							told()
						}
					})
					failed <- err
				}()
				<-reached
				cut()
				<-time.After(gone) // the time of the bubble
				mend()
				back := time.Now()
				err := <-failed
				f, ok := errors.AsType[*devices.Fault](err)
				if !ok || f.Kind != "adapter_fault" && f.Kind != "low_voltage" {
					t.Fatalf("gone for %v: %v", gone, err)
				}
				w.forget()
				_, met := w.online(20 * time.Second)
				if took := time.Since(back); !met || took > 3*time.Second {
					t.Errorf("gone for %v, raised %t: online %t, %v after its return", gone, raise, met, took)
				}
				if report, err := w.scanner.Scan(t.Context(), nil); err != nil || len(report.ECUs) != 2 {
					t.Errorf("gone for %v: the next scan: %v", gone, err)
				}
			})
		}
	}
}

func TestALinePluggedInAgainIsUsedWithinThreeSeconds(t *testing.T) {
	for _, gone := range []time.Duration{200 * time.Millisecond, 3 * time.Second, 47 * time.Second, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := &cable{}
			c.near, c.far = net.Pipe()
			a := fresh(sim.AdapterConfig{Baud: 38400})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- a.Serve(ctx, device{c.far, c}) }()
			var out atomic.Bool
			online := make(chan bool, 100)
			s := obd.New(func(context.Context) (devices.Port, error) {
				if out.Load() {
					return nil, devices.ErrMissing
				}
				c.baud.Store(38400)
				return &pulled{plugged{pipe{Conn: c.near}, c}, &out}, nil
			}, obd.Options{Baud: 38400})
			scanning, stop := context.WithCancel(ctx)
			ran := make(chan error, 1)
			go func() {
				ran <- s.Run(scanning, func(r devices.Reading) {
					select {
					case online <- r.Value.(obd.Status).Online:
					default:
					}
				})
			}()
			for !<-online {
			}
			out.Store(true)
			for <-online {
			}
			<-time.After(gone) // the time of the test
			for len(online) > 0 {
				<-online
			}
			c.cuts.Add(1) // it takes its supply from the port
			out.Store(false)
			back := time.Now()
			for !<-online {
			}
			if took := time.Since(back); took > 3*time.Second {
				t.Errorf("unplugged for %v: online %v after its return", gone, took)
			}
			stop()
			err := <-ran
			cancel()
			if err := errors.Join(err, <-ended, c.near.Close(), c.far.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// pulled is a port whose plug can be pulled.
type pulled struct {
	plugged
	out *atomic.Bool
}

func (p *pulled) Read(b []byte) (int, error) {
	if p.out.Load() {
		return 0, devices.ErrUnplugged
	}
	return p.plugged.Read(b)
}

func TestAnIgnitionSwitchedOffInAScanIsSaid(t *testing.T) {
	for name, back := range map[string]bool{"and left off": false, "and on again": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				car := still(sim.DemoOne(1))
				a := sim.NewAdapter(sim.AdapterConfig{Baud: 38400})
				a.Plug(car)
				w := opened(t, a, obd.Options{})
				var off time.Time
				report, err := w.scanner.Scan(t.Context(), func(p obd.Progress) {
					if p.Step != obd.StepReadings || !off.IsZero() {
						return
					}
					off = time.Now()
					a.Plug(nil)
					if back {
						time.AfterFunc(300*time.Millisecond, func() { a.Plug(car) })
					}
				})
				f, failed := errors.AsType[*devices.Fault](err)
				switch {
				case back && (err != nil || len(report.ECUs[0].Readings) == 0):
					t.Errorf("the ignition is on again, and the scan says %v", err)
				case !back && (!failed || f.Kind != obd.KindNoData || time.Since(off) > 8*time.Second):
					t.Errorf("the ignition is off, and after %v the scan says %v", time.Since(off), err)
				}
			})
		})
	}
}
