package keycab

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// wire is an open line in the hands of one goroutine: one request is out at a time.
type wire struct {
	port interface {
		Read([]byte) (int, error)
		Write([]byte) (int, error)
		SetReadTimeout(time.Duration) error
	}
	gap   time.Duration // of silence before a request
	reply time.Duration // how long a reply may take; 0: replyWindow
	echo  echo
	spare []byte    // what came in since the last reply
	quiet time.Time // when the line was last looked at, all that came being read
	buf   [256]byte
}

// drain throws away what came since the last reply and returns it. Where something
// came it waits until the line rests: two wires carry one voice, and a reply that is
// still on its way would be taken for that of the next request. The silence before a
// request counts from the last look: when nothing is there now, nothing came since.
func (w *wire) drain() ([]byte, error) {
	since := w.quiet
	in, err := w.collect(0, nil)
	if left := w.gap - time.Since(since); len(in) == 0 && err == nil && left > 0 {
		in, err = w.collect(left, nil)
	}
	if len(in) == 0 || err != nil {
		return in, err
	}
	more, err := w.rests()
	return append(in, more...), err
}

// rests waits until the line has been quiet for burst, and returns what came before.
func (w *wire) rests() ([]byte, error) {
	var in []byte
	for end := time.Now().Add(babble); time.Now().Before(end); {
		more, err := w.collect(burst, nil)
		in = append(in, more...)
		if len(more) == 0 || len(in) > maxTalk || err != nil {
			return in, err
		}
	}
	return in, nil
}

// exchange sends a request and collects until enough says so or the reply window is
// over. An echo of the request is taken off.
func (w *wire) exchange(request []byte, enough func([]byte) bool) ([]byte, error) {
	return w.exchangeAt(nil, request, enough)
}

// exchangeAt is exchange that lets p learn how long the answer takes.
func (w *wire) exchangeAt(p *pace, request []byte, enough func([]byte) bool) ([]byte, error) {
	if len(request) == 0 {
		return nil, errNoLock
	}
	before, err := w.drain()
	if err != nil {
		return nil, err
	}
	w.spare = before
	if err := w.send(request); err != nil {
		return nil, err
	}
	window := w.reply
	if window == 0 {
		window = replyWindow
	}
	begun := time.Now()
	in, err := w.collect(window, func(in []byte) bool {
		done := enough(in)
		if done && p != nil {
			p.learn(time.Since(begun))
		}
		return done
	})
	return w.echo.strip(request, in), err
}

// pace is how long the answer to a request of one kind takes at most times: the speed,
// the make and its mood are all in it. The zero pace knows nothing. It is pure.
type pace struct{ usual time.Duration }

// learn takes how long an answer took: shorter ones count at once, longer ones little
// by little, since it may be this machine that was late.
func (p *pace) learn(took time.Duration) {
	if p.usual == 0 || took < p.usual {
		p.usual = took
		return
	}
	p.usual += (took - p.usual) / 64
}

// send writes one frame. That a line takes no bytes is the port's to find out.
func (w *wire) send(frame []byte) error {
	if len(frame) == 0 {
		return errNoLock
	}
	n, err := w.port.Write(frame)
	if err == nil && n < len(frame) {
		err = errors.New("the frame was cut short")
	}
	if err != nil {
		return fmt.Errorf("write to the cabinet: %w", err)
	}
	return nil
}

const (
	// maxTalk bounds what a babbling line can make us keep.
	maxTalk = 4096
	// burst is the silence after which a reply that came in pieces will not go on.
	burst = 50 * time.Millisecond
	// babble is how long a line that does not rest is waited for.
	babble = 500 * time.Millisecond
)

// collect reads for d, or until enough says so; with d 0 only what is there. A reply
// that is still coming in when the time is over is waited for, up to twice as long.
func (w *wire) collect(d time.Duration, enough func([]byte) bool) ([]byte, error) {
	var in []byte
	begun := time.Now()
	end, heard := begun.Add(d), begun
	for {
		left := max(time.Until(end), time.Microsecond)
		if err := w.port.SetReadTimeout(left); err != nil {
			return in, fmt.Errorf("set the read timeout: %w", err)
		}
		n, err := w.port.Read(w.buf[:])
		if err != nil {
			return in, fmt.Errorf("read from the cabinet: %w", err)
		}
		now := time.Now()
		w.quiet = now
		in = append(in, w.buf[:n]...)
		if n > 0 {
			heard = now
			if enough != nil && enough(in) {
				return in, nil
			}
		}
		if len(in) > maxTalk {
			return in, nil
		}
		if now.Before(end) || n > 0 && d == 0 {
			continue
		}
		late := enough != nil && len(in) > 0 && now.Sub(heard) < burst && now.Sub(begun) < 2*d
		if !late {
			return in, nil
		}
		end = heard.Add(burst)
	}
}

// What Options.Echo takes: what the adapter does with our own bytes. Auto learns it.
const (
	EchoAuto  = "auto"
	EchoNone  = "none"
	EchoStrip = "strip"
)

// echo knows whether our own bytes come back, as on two wires with the receiver
// left on. No request of ours can be taken for the reply to it; what an echo must
// not do is to pass for a board that says something. It is pure.
type echo struct {
	mode string
	seen gauge
	rose bool // has been told since
}

// strip takes the request off the front of what came in. In the mode none it is
// left, counted, and told of.
func (e *echo) strip(request, in []byte) []byte {
	e.seen.next()
	if !bytes.HasPrefix(in, request) {
		return in
	}
	if e.seen.mark(echoOn) {
		e.rose = true
	}
	if e.mode == EchoNone {
		return in
	}
	return in[len(request):]
}

// told says once that an echo has been found where there should be none.
func (e *echo) told() bool {
	tell := e.rose && e.mode == EchoNone
	e.rose = false
	return tell
}
