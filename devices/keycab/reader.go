package keycab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"pitlane/devices"
)

// ReaderOptions say what a tag reader is.
type ReaderOptions struct {
	// Name names the reader in Readings.
	Name string
	// Driver is DriverRDM6300 or DriverID12LA. Both forms of frame are taken under
	// either name.
	Driver string
	// Slot is the slot the reader sits in; 0: one for the whole cabinet.
	Slot int
	// Clock and Log are as in Options.
	Clock func() time.Duration
	Log   *slog.Logger
}

// Reader is a 125 kHz tag reader on a line of its own. It emits a Snapshot with the
// tag that lies there, and then each Tag. Such tags are cloned in a minute: they say
// which key it is, never who somebody is.
type Reader struct {
	open  devices.Opener
	opts  ReaderOptions
	log   *slog.Logger
	clock func() time.Duration
}

var _ devices.Device = (*Reader)(nil)

// NewReader checks the options; nothing is opened before Run.
func NewReader(open devices.Opener, opts ReaderOptions) (*Reader, error) {
	if open == nil {
		return nil, errors.New("a reader needs an opener for its line")
	}
	if !IsReader(opts.Driver) {
		return nil, fmt.Errorf("driver %q reads no tags: %s and %s do", opts.Driver, DriverRDM6300, DriverID12LA)
	}
	if opts.Slot < 0 {
		return nil, fmt.Errorf("slot %d: slots count from 1", opts.Slot)
	}
	r := &Reader{open: open, opts: opts, log: opts.Log, clock: opts.Clock}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.log = r.log.With("reader", opts.Name)
	if r.clock == nil {
		r.clock = sinceNow()
	}
	return r, nil
}

// Name implements devices.Device.
func (r *Reader) Name() string { return r.opts.Name }

// TellsGone says that the reader notices when a tag is taken away.
func (r *Reader) TellsGone() bool { return r.opts.Driver == DriverRDM6300 }

const (
	readerTick   = 50 * time.Millisecond
	readerSettle = 200 * time.Millisecond // three repeats of a tag that lies there
)

// Run owns the line until ctx ends: it opens it, listens, and opens it again after
// each break. It runs once at a time and returns nil.
func (r *Reader) Run(ctx context.Context, emit func(devices.Reading)) error {
	again := devices.Backoff{Rand: rand.Float64}
	told := "" // newest reason not to be online
	tell := func(v any) { emit(devices.Reading{Device: r.opts.Name, At: r.clock(), Value: v}) }
	for ctx.Err() == nil {
		port, err := r.open(ctx)
		why := ""
		if err == nil {
			again.Reset()
			told, why = "", WhyUnplugged
			err = errors.Join(r.listen(ctx, port, tell), port.Close())
		} else {
			why = whyOf(err)
		}
		if ctx.Err() == nil && told != why {
			told = why
			r.log.Warn("reader offline", "why", why, "err", err)
			tell(Snapshot{Why: why, Fault: r.fault(why, err)})
		}
		_ = again.Wait(ctx) // an ended ctx ends the loop
	}
	return nil
}

func (r *Reader) fault(why string, err error) *devices.Fault {
	if f, ok := errors.AsType[*devices.Fault](err); ok {
		return f
	}
	return fault("cabinet", "the tag reader is not reachable ("+why+")", "check its cable; it is taken up again by itself", err)
}

// listen tells what the reader says until the line breaks or ctx ends.
func (r *Reader) listen(ctx context.Context, port devices.Port, tell func(any)) error {
	if err := port.SetReadTimeout(readerTick); err != nil {
		return fmt.Errorf("set the read timeout: %w", err)
	}
	var parser tagParser
	var here presence
	buf := make([]byte, 256)
	listened, online := listening{last: r.clock()}, false
	var news []Tag
	for ctx.Err() == nil {
		n, err := port.Read(buf)
		if err != nil {
			return fmt.Errorf("read from the tag reader: %w", err)
		}
		at := listened.till(r.clock())
		tags := here.tick(at)
		frames, other := parser.take(buf[:n])
		if other {
			here.noise(at)
		}
		for _, f := range frames {
			tags = append(tags, here.see(at, f)...)
		}
		news = append(news, r.named(tags)...)
		if !online && at < readerSettle {
			continue
		}
		if !online {
			online = true
			tell(Snapshot{Online: true, Tags: r.named(here.tags())})
			news = slices.DeleteFunc(news, func(t Tag) bool { return t.ID == here.here }) // the snapshot has it
		}
		for _, t := range news {
			tell(t)
		}
		news = nil
	}
	return ctx.Err()
}

// listening is how long a line has been listened to. A pause of this machine is not
// silence of the reader: what was said meanwhile is still to be read. It is pure.
type listening struct{ last, sum time.Duration }

// till counts the time since the last look, as far as the look may take.
func (l *listening) till(now time.Duration) time.Duration {
	l.sum += min(now-l.last, 2*readerTick)
	l.last = now
	return l.sum
}

func (r *Reader) named(tags []Tag) []Tag {
	for i := range tags {
		tags[i].Slot = r.opts.Slot
		if r.opts.Slot > 0 {
			tags[i].Reader = r.opts.Name
		}
	}
	return tags
}

// sinceNow is a clock that begins now.
func sinceNow() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
