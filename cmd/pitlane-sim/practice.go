package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"pitlane/devices/sim"
)

// practice is what hangs on the serial lines: an adapter in each bay and a key
// cabinet at reception, each behind a real pty.
type practice struct {
	adapters map[string]*sim.Adapter // bay → adapter
	lines    map[string]*sim.Line    // bay, or "cabinet"
	cabinet  *sim.Board
	cars     []sim.Car
	repaired []sim.Car          // the same, without codes
	fixed    map[string]sim.Car // bays whose car was named on the command line
	hand     time.Duration
	memory   *memory
	// listen is put between adapter and line by benchmarks; nil: nothing.
	listen func(io.ReadWriter) io.ReadWriter
}

// newPractice lays the lines below dir. The vehicle files are the first bays' cars.
func newPractice(dir string, bays, files []string, seed uint64, speed float64) (*practice, error) {
	p := &practice{
		adapters: map[string]*sim.Adapter{}, lines: map[string]*sim.Line{}, fixed: map[string]sim.Car{},
		cabinet: sim.NewBoard(sim.BoardConfig{HookClosed: 1, Reply: 5 * time.Millisecond, Baud: 19200, Seed: seed}),
		// No hand is so quick that the board would not see the door open.
		hand: max(time.Duration(float64(1200*time.Millisecond)/speed), 700*time.Millisecond),
	}
	for i, car := range demoCars(seed) {
		p.cars = append(p.cars, car)
		p.repaired = append(p.repaired, mended(demoCars(seed)[i]))
	}
	if len(files) > len(bays) {
		return nil, fmt.Errorf("there are %d bays for %d vehicle files", len(bays), len(files))
	}
	for i, f := range files {
		car, err := sim.VehicleFile(f)
		if err != nil {
			return nil, fmt.Errorf("read the vehicle file: %w", err)
		}
		p.fixed[bays[i]] = car
	}
	for i, bay := range bays {
		p.adapters[bay] = sim.NewAdapter(sim.AdapterConfig{Seed: seed + uint64(i)})
	}
	if err := os.MkdirAll(filepath.Join(dir, "dev"), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the serial lines: %w", err)
	}
	for _, name := range append([]string{"cabinet"}, bays...) {
		l, err := sim.NewLine(filepath.Join(dir, "dev"), name)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("lay the serial line of %s: %w", name, err)
		}
		p.lines[name] = l
	}
	p.memory = remember(dir)
	for slot := range p.memory.Keys {
		p.cabinet.SetKey(slot, true)
	}
	return p, nil
}

// demoCars are three cars with different faults and buses, made anew at each call.
func demoCars(seed uint64) []*sim.Vehicle {
	cars := []*sim.Vehicle{sim.DemoCAN11(seed), sim.DemoCAN29(seed + 1), sim.DemoKLine(seed + 2)}
	for _, c := range cars {
		c.Parked = true // in a workshop an engine runs when somebody watches it
	}
	return cars
}

// mended is the car after a good repair: no stored and no pending codes; permanent
// ones stay until the car itself has seen that all is well.
func mended(v *sim.Vehicle) *sim.Vehicle {
	for _, e := range v.ECUs {
		e.Stored, e.Pending, e.Freeze = nil, nil, nil
	}
	return v
}

func (p *practice) close() {
	for _, l := range p.lines {
		_ = l.Close() // a pty of ours: nothing can be lost
	}
}

// run serves all devices until ctx ends.
func (p *practice) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for bay, a := range p.adapters {
		var rw io.ReadWriter = p.lines[bay]
		if p.listen != nil {
			rw = p.listen(rw)
		}
		g.Go(func() error { return ended(a.Serve(ctx, rw)) })
	}
	g.Go(func() error { return ended(p.cabinet.Serve(ctx, p.lines["cabinet"])) })
	g.Go(func() error { return ended(sim.Hand{Board: p.cabinet, Delay: p.hand, Moved: p.memory.moved}.Run(ctx)) })
	return g.Wait()
}

func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// plug puts a bay's adapter into the n-th car, before or after its repair, or
// pulls it out with n < 0.
func (p *practice) plug(bay string, n int, repaired bool) {
	a, ok := p.adapters[bay]
	if !ok {
		return
	}
	switch car := p.fixed[bay]; {
	case n < 0:
		a.Plug(nil)
	case car != nil:
		a.Plug(car)
	case repaired:
		a.Plug(p.repaired[n%len(p.repaired)])
	default:
		a.Plug(p.cars[n%len(p.cars)])
	}
}
