package devicetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pitlane/devices"
)

// Recorder writes down what a driver and a real line say to each other.
type Recorder struct {
	open devices.Opener

	mu  sync.Mutex
	log Transcript
}

// NewRecorder records the ports that open opens.
func NewRecorder(open devices.Opener) *Recorder { return &Recorder{open: open} }

// Opener is handed to the driver.
func (r *Recorder) Opener() devices.Opener {
	return func(ctx context.Context) (devices.Port, error) {
		p, err := r.open(ctx)
		if err != nil {
			return nil, err
		}
		return &recorded{Port: p, r: r}, nil
	}
}

// Transcript is what was said so far.
func (r *Recorder) Transcript() Transcript {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Transcript{Turns: slices.Clone(r.log.Turns)}
}

func (r *Recorder) add(kind byte, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.add(kind, text)
}

// recorded is a port with a Recorder beside it.
type recorded struct {
	devices.Port
	r    *Recorder
	once sync.Once
}

// Read implements devices.Port.
func (p *recorded) Read(b []byte) (int, error) {
	n, err := p.Port.Read(b)
	if n > 0 {
		p.r.add('<', string(b[:n]))
	}
	p.ended(err)
	return n, err
}

// Write implements devices.Port.
func (p *recorded) Write(b []byte) (int, error) {
	n, err := p.Port.Write(b)
	if n > 0 {
		p.r.add('>', string(b[:n]))
	}
	p.ended(err)
	return n, err
}

func (p *recorded) ended(err error) {
	if errors.Is(err, devices.ErrUnplugged) {
		p.once.Do(func() { p.r.add('!', err.Error()) })
	}
}

// SetBaud implements devices.BaudSetter where the port does.
func (p *recorded) SetBaud(baud int) error {
	if b, ok := p.Port.(devices.BaudSetter); ok {
		return b.SetBaud(baud)
	}
	return errors.New("this port keeps its speed")
}

// Playback is a line that says what a transcript says, once the driver has said
// its part. A driver that says something else gets an error, and so does Done.
type Playback struct {
	mu      sync.Mutex
	turns   []Turn
	failed  error
	changed chan struct{}
}

// NewPlayback plays a transcript.
func NewPlayback(t Transcript) *Playback {
	return &Playback{turns: slices.Clone(t.Turns), changed: make(chan struct{})}
}

// Opener is handed to the driver; each open goes on where the one before ended.
func (p *Playback) Opener() devices.Opener {
	return func(ctx context.Context) (devices.Port, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return &played{p: p, timeout: 10 * time.Millisecond}, nil
	}
}

// Done is nil when everything was said and heard.
func (p *Playback) Done() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed != nil:
		return p.failed
	case len(p.turns) > 0:
		return fmt.Errorf("%d turns of the transcript were not played, the next is %c %q", len(p.turns), p.turns[0].Kind, p.turns[0].Text)
	}
	return nil
}

// read takes bytes that are the line's turn.
func (p *Playback) read(b []byte) (n int, changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return 0, nil, p.failed
	}
	if len(p.turns) == 0 || p.turns[0].Kind == '>' {
		return 0, p.changed, nil
	}
	t := &p.turns[0]
	if t.Kind == '!' {
		p.turns = p.turns[1:]
		return 0, nil, fmt.Errorf("%w: %s", devices.ErrUnplugged, t.Text)
	}
	n = copy(b, t.Text)
	if t.Text = t.Text[n:]; t.Text == "" {
		p.turns = p.turns[1:]
	}
	return n, nil, nil
}

// write compares bytes with what the driver said when it was recorded. What the
// line still had to say then is dropped: the driver did not wait for it.
func (p *Playback) write(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.turns) > 0 && p.turns[0].Kind == '<' {
		p.turns = p.turns[1:]
	}
	for len(b) > 0 && p.failed == nil {
		if len(p.turns) == 0 || p.turns[0].Kind != '>' {
			p.failed = fmt.Errorf("the driver wrote %q, the transcript has nothing more to be written here", b)
			break
		}
		t := &p.turns[0]
		n := min(len(b), len(t.Text))
		if !bytes.Equal(b[:n], []byte(t.Text[:n])) {
			p.failed = fmt.Errorf("the driver wrote %q, the transcript has %q", b, t.Text)
			break
		}
		b, t.Text = b[n:], t.Text[n:]
		if t.Text == "" {
			p.turns = p.turns[1:]
		}
	}
	close(p.changed)
	p.changed = make(chan struct{})
	return p.failed
}

// played is an open Playback. One goroutine owns it, as every port.
type played struct {
	p       *Playback
	timeout time.Duration
	closed  bool
	mu      sync.Mutex
}

var _ devices.Port = (*played)(nil)

// SetReadTimeout implements devices.Port.
func (p *played) SetReadTimeout(d time.Duration) error {
	p.timeout = d
	return nil
}

func (p *played) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Read implements devices.Port.
func (p *played) Read(b []byte) (int, error) {
	if p.isClosed() {
		return 0, devices.ErrClosed
	}
	n, changed, err := p.p.read(b)
	if n > 0 || err != nil {
		return n, err
	}
	await(changed, time.Now().Add(p.timeout))
	return 0, nil
}

// Write implements devices.Port.
func (p *played) Write(b []byte) (int, error) {
	if p.isClosed() {
		return 0, devices.ErrClosed
	}
	if err := p.p.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements devices.Port.
func (p *played) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}
