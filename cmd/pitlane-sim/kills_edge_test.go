//go:build real

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"pitlane/edge/tlog"
)

// target is one edge that is killed: always the same folder and address, every life
// another process.
type target struct {
	name, folder, base, bin string
	book                    *ledger
	screen                  *screen
	aims                    []aim

	sent  bell   // rings when a request has been written to it
	news  bell   // rings when another edge has acknowledged something
	scans bell   // rings when a scan of its has begun
	slots bell   // rings when a key is about to be hung
	told  func() // it has answered: what it wrote is on its way to the others

	mu   sync.Mutex
	now  *life
	open chan struct{} // closed while the edge serves
}

// life is one process.
type life struct {
	cmd  *exec.Cmd
	said opening
	done chan struct{} // closed when it is gone; err is set
	err  error
}

// opening keeps what a program says and calls once when it serves.
type opening struct {
	mu     sync.Mutex
	b      bytes.Buffer
	serves func()
}

func (o *opening) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b.Write(p)
	if o.serves != nil && bytes.Contains(o.b.Bytes(), []byte("edge open")) {
		o.serves()
		o.serves = nil
	}
	return len(p), nil
}

func (o *opening) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// bell counts rings and wakes who waits for one.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

// after waits for n rings.
func (b *bell) after(ctx context.Context, n int) {
	for range n {
		select {
		case <-b.next():
		case <-ctx.Done():
			return
		}
	}
}

// aim is a moment to kill at; moment returns when it has come, or ctx is over.
type aim struct {
	name   string
	moment func(ctx context.Context, n *target, rnd *rand.Rand)
}

// upTo waits for a random part of d.
func upTo(ctx context.Context, rnd *rand.Rand, d time.Duration) {
	pause(ctx, time.Duration(rnd.Int64N(int64(d))))
}

// aims are the moments of a bay or of reception, which has the cabinet and may have the
// broker: to that the others connect again after a second.
func aims(reception, broker bool) []aim {
	all := []aim{
		{"start", func(ctx context.Context, _ *target, rnd *rand.Rand) { upTo(ctx, rnd, 40*time.Millisecond) }},
		{"any time", func(ctx context.Context, _ *target, rnd *rand.Rand) { upTo(ctx, rnd, 150*time.Millisecond) }},
		{"request", func(ctx context.Context, n *target, rnd *rand.Rand) {
			n.serving(ctx)
			n.sent.after(ctx, 1+rnd.IntN(6))
			upTo(ctx, rnd, 5*time.Millisecond)
		}},
		{"adoption", func(ctx context.Context, n *target, rnd *rand.Rand) {
			n.serving(ctx)
			n.news.after(ctx, 1+rnd.IntN(4))
			upTo(ctx, rnd, 20*time.Millisecond)
		}},
		{"work", func(ctx context.Context, n *target, rnd *rand.Rand) {
			n.serving(ctx)
			upTo(ctx, rnd, 400*time.Millisecond)
		}},
	}
	switch {
	case broker:
		return append(all, aim{"broker", func(ctx context.Context, n *target, rnd *rand.Rand) {
			n.serving(ctx)
			pause(ctx, time.Second)
			upTo(ctx, rnd, time.Second)
		}})
	case reception:
		return append(all, aim{"key", func(ctx context.Context, n *target, rnd *rand.Rand) {
			n.serving(ctx)
			n.slots.after(ctx, 1)
			upTo(ctx, rnd, 1200*time.Millisecond)
		}})
	}
	return append(all, aim{"scan", func(ctx context.Context, n *target, rnd *rand.Rand) {
		n.serving(ctx)
		n.scans.after(ctx, 1)
		upTo(ctx, rnd, 300*time.Millisecond)
	}})
}

// mostLife ends a life whose moment does not come.
const mostLife = 2500 * time.Millisecond

// live starts the edge, waits for a moment and kills it.
func (n *target) live(ctx context.Context, rnd *rand.Rand) (fate, error) {
	a := n.aims[rnd.IntN(len(n.aims))]
	end := fate{aim: a.name}
	l, err := n.start()
	if err != nil {
		return end, err
	}
	moment, stop := context.WithTimeout(ctx, mostLife)
	defer stop()
	go func() {
		select {
		case <-l.done: // by itself: it is told at once
			stop()
		case <-moment.Done():
		}
	}()
	a.moment(moment, n, rnd)
	end.served = n.down()
	end.asked = n.book.openAt(n.name)
	return end, l.kill()
}

// start begins a life.
func (n *target) start() (*life, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &life{done: make(chan struct{})}
	open := n.open
	l.said.serves = func() { close(open) }
	l.cmd = exec.Command(filepath.Join(n.bin, "pitlane-edge"), "--config", filepath.Join(n.folder, "edge.toml"))
	l.cmd.Stderr = &l.said
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	n.now = l
	go func() {
		l.err = l.cmd.Wait()
		close(l.done)
	}()
	return l, nil
}

// kill sends SIGKILL, unless the edge has ended by itself: then something is wrong.
func (l *life) kill() error {
	select {
	case <-l.done:
		return fmt.Errorf("it ended by itself: %w", errors.Join(l.err, errors.New("nobody had asked it to")))
	default:
	}
	_ = l.cmd.Process.Kill() // gone meanwhile: its state tells
	<-l.done
	if s, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGKILL {
		return fmt.Errorf("it ended by itself: %s", l.cmd.ProcessState)
	}
	for _, word := range []string{"panic:", "level=ERROR"} {
		if strings.Contains(l.said.String(), word) {
			return fmt.Errorf("it said %s", word)
		}
	}
	return nil
}

// serving waits until the edge serves.
func (n *target) serving(ctx context.Context) {
	n.mu.Lock()
	open := n.open
	n.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
	}
}

// down says to all who ask that the edge is going, and whether it had served.
func (n *target) down() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.said.mu.Lock()
	defer n.now.said.mu.Unlock()
	n.now.said.serves = nil // from now on it is too late
	select {
	case <-n.open:
		n.open = make(chan struct{})
		return true
	default:
		return false
	}
}

// stay starts the edge for good.
func (n *target) stay(ctx context.Context) error {
	l, err := n.start()
	if err != nil {
		return err
	}
	n.mu.Lock()
	open := n.open
	n.mu.Unlock()
	select {
	case <-open:
		return nil
	case <-l.done:
		return fmt.Errorf("%s ended by itself: %w\n%s", n.name, l.err, l.said.String())
	case <-ctx.Done():
		return fmt.Errorf("%s does not serve: %w\n%s", n.name, ctx.Err(), l.said.String())
	}
}

// end asks the edge to stop and waits for it.
func (n *target) end() error {
	n.mu.Lock()
	l := n.now
	n.mu.Unlock()
	_ = l.cmd.Process.Signal(syscall.SIGTERM) // one that is gone is told below
	select {
	case <-l.done:
		return l.err
	case <-time.After(time.Minute):
		_ = l.cmd.Process.Kill()
		<-l.done
		return errors.New("it did not end within a minute")
	}
}

func (n *target) lastWords() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now.said.String()
}

// pathFinish writes nothing under its own request id: a visit is handed over once,
// whoever asks, and by itself when the key hangs.
const pathFinish = "/api/v1/checkin/finish"

// ask sends one request until it is answered: with the same id in every life. A
// *refusal is an answer.
func (n *target) ask(ctx context.Context, path string, in map[string]any, out any) error {
	if in["request"] == nil {
		in["request"] = newRequest()
	}
	id, err := requestOf(in)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		n.serving(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("%s of %s has no answer: %w", path, n.name, ctx.Err())
		}
		n.book.asks(n.name, id)
		err := n.screen.tap(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { n.sent.ring() },
		}), path, in, out)
		no, refused := errors.AsType[*refusal](err)
		switch {
		case err == nil:
			job, _ := in["job"].(string)
			n.book.answered(n.name, id, job, try > 0, path != pathFinish)
			n.told()
			return nil
		case refused && (no.Kind == "unknown_outcome" || no.Kind == "closing"):
		case refused && no.Status >= 500 && no.Status != http.StatusServiceUnavailable:
			return fmt.Errorf("%s of %s: %w", path, n.name, err)
		case refused:
			n.book.refused(n.name, id)
			return err
		}
		pause(ctx, 2*time.Millisecond)
	}
}

func requestOf(in map[string]any) (id tlog.RequestID, err error) {
	s, _ := in["request"].(string)
	var b []byte
	if _, err = fmt.Sscanf(s, "%x", &b); err == nil && len(b) != len(id) {
		err = errors.New("too short")
	}
	if err != nil {
		return id, fmt.Errorf("read the request id: %w", err)
	}
	return tlog.RequestID(b), nil
}

// see gets one view of a screen, in whichever life there is one.
func see[V any](ctx context.Context, n *target, name string) (v V, err error) {
	for {
		n.serving(ctx)
		if ctx.Err() != nil {
			return v, fmt.Errorf("the %s screen of %s shows nothing: %w", name, n.name, ctx.Err())
		}
		e := newEyes[V]()
		_ = n.screen.look(ctx, name, func(m message) bool { // killed: in the next life
			if m.View != nil {
				e.put(m.View)
			}
			return m.View == nil
		})
		if v, seen, _ := e.now(); seen {
			return v, nil
		}
		pause(ctx, 2*time.Millisecond)
	}
}
