package bay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// Streamer is an OBD adapter that reads values again and again (obd.Scanner). Live
// reads until ctx ends, with nil, or the talk with the car does; tell is called from
// one goroutine.
type Streamer interface {
	Live(ctx context.Context, order obd.LiveOrder, tell func(obd.LiveReading)) error
}

// How live values end by themselves.
const (
	liveLasts  = 10 * time.Minute // without being asked for anew
	liveAlone  = 10 * time.Second // until somebody must be seen watching
	liveLooks  = time.Second      // how often that is looked at
	liveBreath = time.Second      // before the car is asked again after a fault
)

// LiveOrder is one person's wish to see values of the job's car live, or no longer.
type LiveOrder struct {
	Job  string
	On   bool
	ECU  string   // one unit's; "" for all
	PIDs []string // none: what most look at
}

// stream is one reading of live values.
type stream struct {
	order LiveOrder
	since time.Time
	until time.Time // b.mu
	stop  context.CancelFunc
	done  chan struct{}

	state board.LiveState // of the goroutine that tells
}

// Live begins to tell the board the car's values, goes on with others, or ends it. It
// ends by itself after ten minutes without being asked for anew, when nobody watches,
// and when the job leaves the bay. Nothing of it is written down. An error that the
// person should read is a *devices.Fault.
func (b *Bay) Live(o LiveOrder) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.stream
	if !o.On {
		if old != nil {
			old.stop()
		}
		return nil
	}
	if b.spawn == nil {
		return starting()
	}
	if err := b.mayLook(o.Job); err != nil {
		return err
	}
	until := time.Now().Add(liveLasts)
	if old != nil && old.order.Job == o.Job && old.order.ECU == o.ECU && slices.Equal(old.order.PIDs, o.PIDs) {
		old.until = until
		return nil
	}
	s := &stream{order: o, since: time.Now(), until: until, done: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background()) // ended by the task below, whatever happens
	s.stop = stop
	b.stream = s
	b.spawn(func(run context.Context) {
		defer stop()
		defer context.AfterFunc(run, stop)()
		if old != nil {
			old.stop()
			<-old.done
		}
		b.runLive(ctx, s)
	})
	return nil
}

// mayLook refuses with the reason of a scan; a scan that runs does not stand in the
// way, it goes first. b.mu is held.
func (b *Bay) mayLook(id string) error {
	if b.cfg.Lives == nil {
		return refuse("no_scanner", "this bay has no scanner", "set [scanner] in the edge's configuration")
	}
	if _, err := b.mayScan(id); err != nil {
		if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != string(job.Running) {
			return err
		}
	}
	return nil
}

// runLive reads until somebody or something ends it, over faults of the adapter.
func (b *Bay) runLive(ctx context.Context, s *stream) {
	defer b.endLive(s)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan string, 1)
	go func() {
		over <- b.whyOver(ctx, s)
		stop()
	}()
	s.state = board.LiveState{On: true, Job: s.order.Job, Offered: []board.LivePID{}, Values: []board.LiveValue{}}
	b.tellLive(s)
	for ctx.Err() == nil {
		err := b.cfg.Lives.Live(ctx, obd.LiveOrder{ECU: s.order.ECU, PIDs: s.order.PIDs, Begun: func(p []obd.LivePID) { b.begun(s, p) }},
			func(r obd.LiveReading) { b.heard(s, r) })
		if err == nil || ctx.Err() != nil {
			break
		}
		s.state.Error = faultShown(err)
		b.tellLive(s)
		if f, ok := errors.AsType[*devices.Fault](err); ok && f.Kind == "unsupported" {
			break
		}
		pause(ctx, liveBreath)
	}
	stop()
	s.state.Why = <-over
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// whyOver waits for what ends live values: stopped, expired, nobody, left.
func (b *Bay) whyOver(ctx context.Context, s *stream) string {
	tick := time.NewTicker(liveLooks)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "stopped"
		case now := <-tick.C:
			b.mu.Lock()
			until := s.until
			b.mu.Unlock()
			st, ok := b.cfg.Jobs.Job(s.order.Job)
			why := job.CanScan(st)
			switch {
			case !ok || st.Bay != b.cfg.Bay || why != job.Free && why != job.Running:
				return "left"
			case now.After(until):
				return "expired"
			case b.cfg.Watched != nil && now.Sub(s.since) > liveAlone && !b.cfg.Watched():
				return "nobody"
			}
		}
	}
}

func (b *Bay) endLive(s *stream) {
	b.mu.Lock()
	if b.stream == s {
		b.stream = nil
	}
	b.mu.Unlock()
	s.state.On = false
	b.tellLive(s)
	close(s.done)
}

// begun takes what the car can tell.
func (b *Bay) begun(s *stream, pids []obd.LivePID) {
	s.state.Error, s.state.Offered = nil, []board.LivePID{}
	for _, p := range pids {
		s.state.Offered = append(s.state.Offered, board.LivePID{ECU: p.ECU, PID: p.PID, Name: strings.Join(p.Names, " "), Unit: p.Unit, Read: p.Read})
	}
	b.tellLive(s)
}

// heard takes one reading: the newest of each value is what is told.
func (b *Bay) heard(s *stream, r obd.LiveReading) {
	v := board.LiveValue{ECU: r.ECU, PID: r.PID, Value: r.Value, Unit: r.Unit, Raw: r.Raw, At: time.Now().UTC()}
	if r.Name != nil {
		v.Name = *r.Name
	}
	values := slices.Clone(s.state.Values) // views hold the old ones
	i := slices.IndexFunc(values, func(o board.LiveValue) bool { return o.ECU == v.ECU && o.PID == v.PID && o.Name == v.Name })
	if i < 0 {
		values = append(values, v)
	} else {
		values[i] = v
	}
	s.state.Values = values
	b.tellLive(s)
}

func (b *Bay) tellLive(s *stream) {
	b.mu.Lock()
	s.state.Until = s.until.UTC()
	b.mu.Unlock()
	state := s.state
	b.tell(board.Now{Live: &state})
}
