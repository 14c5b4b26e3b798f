package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pitlane/devices/sim"
	"pitlane/edge"
	"pitlane/edge/board"
	"pitlane/edge/web"
	"pitlane/sync/central"
	"pitlane/sync/node"
)

// usage is a wrong command line.
type usage struct{ message, hint string }

func (u *usage) Error() string    { return u.message }
func (u *usage) NextStep() string { return u.hint }

func check(ctx context.Context, o options, rest int) error {
	switch {
	case rest > 0:
		return &usage{"there is a word on the command line that is no flag", "see pitlane-sim -help"}
	case o.base < 1 || o.base+20 > 65535:
		return &usage{fmt.Sprintf("--port-base %d is out of range", o.base), "give a port from 1024 to 65515"}
	case !(o.speed > 0 && o.speed <= 1000): // so written, it refuses NaN too
		return &usage{"--speed must be above 0 and at most 1000", "1 is the pace of a demo, 10 is ten times as fast"}
	case o.jammed < 0 || o.jammed > 16:
		return &usage{"--jammed is no slot of the cabinet", "give a slot from 1 to 16, or 0 for none"}
	case o.span < 0:
		return &usage{"--for is negative", "give a time such as 90s or 10m; without --for it runs until it is ended"}
	case len(o.vehicles) > len(bayNames()):
		return &usage{fmt.Sprintf("there are %d bays for %d vehicle files", len(bayNames()), len(o.vehicles)), "give --vehicle at most twice"}
	}
	for off := range 21 {
		if err := free(ctx, o.base, off); err != nil {
			return err
		}
	}
	return nil
}

// free says early, and for all ports at once, what would stop one part later.
func free(ctx context.Context, base, off int) error {
	switch off {
	case 0, 1, 2, 10, 20:
	default:
		return nil
	}
	addr := fmt.Sprintf("127.0.0.1:%d", base+off)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return &usage{fmt.Sprintf("port %d cannot be used: %v", base+off, err), "choose others with --port-base"}
	}
	return l.Close()
}

func exitCode(err error) int {
	var u *usage
	var c *edge.ConfigError
	if errors.As(err, &u) || errors.As(err, &c) {
		return 2
	}
	return 1
}

func oneLine(err error) string {
	if h := edge.Hint(err); h != "" {
		return err.Error() + " (" + h + ")"
	}
	return err.Error()
}

// run is the whole shop until ctx ends or the time is over.
func run(ctx context.Context, o options, log *slog.Logger) error {
	h, err := openHome(o.data)
	if err != nil {
		return err
	}
	defer h.close()
	dir := h.dir
	dev, err := newPractice(dir, bayNames(), o.vehicles, o.seed, o.speed)
	if err != nil {
		return &usage{err.Error(), "see pitlane-sim -help"}
	}
	defer dev.close()
	dev.listen = o.listen
	if o.jammed > 0 {
		dev.cabinet.SetFaults(sim.BoardFaults{Stuck: []int{o.jammed}})
	}
	at := addressesFrom(o.base)
	at.tls = o.tls
	if err := foundShop(dir, at, dev, true); err != nil {
		return err
	}
	if o.span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.span)
		defer cancel()
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return dev.run(ctx) })
	started := make(chan struct{}, len(nodeNames()))
	// Reception has the broker: it ends last, so that the others' last words travel.
	var others sync.WaitGroup
	others.Add(len(nodeNames()) - 1)
	last, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, func() { others.Wait(); end() })
	defer stop()
	for _, n := range nodeNames() {
		g.Go(func() error {
			ctx := ctx
			if n == "reception" {
				ctx = last
			} else {
				defer others.Done()
			}
			if err := runNode(ctx, dir, n, func() { started <- struct{}{} }, log); err != nil {
				return fmt.Errorf("%s: %w", n, err)
			}
			return nil
		})
	}
	g.Go(func() error {
		for range nodeNames() {
			select {
			case <-started:
			case <-ctx.Done():
				return nil
			}
		}
		announce(o, at)
		play(ctx, o, at, dev, log)
		return nil
	})
	return g.Wait()
}

// runNode is one node until ctx ends; started is called when it serves.
func runNode(ctx context.Context, dir, name string, started func(), log *slog.Logger) error {
	folder := filepath.Join(dir, shopName+"-"+name)
	if name == "central" {
		cfg, err := central.ReadConfig(filepath.Join(folder, "central.toml"))
		if err != nil {
			return err
		}
		cfg.Floor, cfg.Ceiling = 200*time.Millisecond, 2*time.Second
		if cfg.Listener, err = web.Listen(ctx, cfg.Listen); err != nil {
			return err
		}
		started() // whoever calls now waits in the listener's queue
		return central.Run(ctx, cfg, log)
	}
	cfg, err := edge.ReadConfig(filepath.Join(folder, "edge.toml"))
	if err != nil {
		return err
	}
	return node.Run(ctx, cfg, node.Options{Floor: 200 * time.Millisecond, Ceiling: 2 * time.Second, Started: started}, log)
}

func announce(o options, at addresses) {
	say := func(what, where string) { _, _ = fmt.Fprintf(o.out, "%-34s %s\n", what, where) }
	say("kiosk: check-in and pick-up", "http://"+at.reception+"/kiosk")
	say("waiting room", "http://"+at.reception+"/board")
	say("desk: advisor, cashier, inspector", "http://"+at.reception+"/desk")
	for _, b := range bayNames() {
		say(b+": technician", "http://"+at.bays[b]+"/bay")
	}
	say("head office", "http://"+at.central+"/")
	scheme := "tcp://"
	if at.tls {
		scheme = "tls://"
	}
	say("MQTT broker", scheme+at.broker)
	_, _ = fmt.Fprintln(o.out, "ready")
}

// play moves cars: by the script, or, by hand, only the plug into the car that was
// sent to a bay.
func play(ctx context.Context, o options, at addresses, dev *practice, log *slog.Logger) {
	reception := newScreen("http://" + at.reception)
	bays := map[string]*screen{}
	for bay, a := range at.bays {
		bays[bay] = newScreen("http://" + a)
	}
	m := newMorning(reception, bays, dev.plug, dev.memory, o.seed, o.speed, log)
	if o.byHand {
		m.customers = nil
	}
	done := make(chan struct{})
	go func() { defer close(done); drive(ctx, bays, m.ours, dev) }()
	m.run(ctx)
	<-done
}

// drive puts the adapter into the car of whatever job stands in a bay, for jobs
// done by hand; the script plugs its own.
func drive(ctx context.Context, bays map[string]*screen, ours func(string) int, dev *practice) {
	ended := make(chan struct{}, len(bays))
	n := 0
	for i, bay := range bayNames() {
		n++
		go func() {
			defer func() { ended <- struct{}{} }()
			last := ""
			for ctx.Err() == nil {
				_ = bays[bay].look(ctx, "bay", func(m message) bool { // opened again when it ends
					last = plugFor(m, last, ours, func(in bool) {
						if in {
							dev.plug(bay, i, false)
						} else {
							dev.plug(bay, -1, false)
						}
					})
					return true
				})
				pause(ctx, 200*time.Millisecond)
			}
		}()
	}
	for range n {
		<-ended
	}
}

// plugFor plugs when a job that is not the script's comes into the bay, and pulls
// out when it leaves. It returns the job it plugged for.
func plugFor(m message, last string, ours func(string) int, plug func(bool)) string {
	if m.View == nil {
		return last
	}
	e := newEyes[board.BayView]()
	e.put(m.View)
	v, ok, _ := e.now()
	switch {
	case !ok || v.Job != nil && v.Job.ID == last:
		return last
	case v.Job == nil:
		if last != "" {
			plug(false)
		}
		return ""
	case ours(v.Job.Plate) >= 0:
		return ""
	}
	plug(true)
	return v.Job.ID
}
