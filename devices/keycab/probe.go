package keycab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitlane/devices"
)

// probe asks boards without believing anything of them: raw bits, no polarity.
type probe struct {
	wire
	port devices.Port
	talk talk
	opts Options // as far as they are known
}

// probeWindow is how long an address that may have no board is listened to.
const probeWindow = 120 * time.Millisecond

// probeBauds are the speeds that boards are found at, the commonest first.
func probeBauds(driver string) []int {
	if driver == DriverCU16 {
		return []int{19200, 9600, 38400, 115200, 57600}
	}
	return []int{9600, 19200, 38400, 115200, 57600, 4800}
}

// probeBoards are the addresses that are tried where none is named.
func probeBoards(driver string) []int {
	first, last := 0, cuBoards
	switch driver {
	case Driver8A:
		first, last = 1, 32
	case DriverModbus:
		first, last = 1, 16
	}
	var out []int
	for a := first; a <= last; a++ {
		out = append(out, a)
	}
	return out
}

func openProbe(ctx context.Context, open devices.Opener, o Options) (*probe, error) {
	t, err := talkOf(o)
	if err != nil {
		return nil, err
	}
	port, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return &probe{wire: wire{port: port, gap: t.Limits().Gap, reply: probeWindow, echo: echo{mode: EchoAuto}}, port: port, talk: t, opts: o}, nil
}

func (p *probe) close() error { return p.port.Close() }

// raw asks one board for its state, up to tries times. twice says that more than
// one reply came.
func (p *probe) raw(addr, tries int) (s sample, ok, twice bool, err error) {
	for range tries {
		var a answer
		_, err := p.exchange(p.talk.Ask(addr), func(in []byte) bool {
			a = p.talk.Answer(addr, in)
			return a.OK || a.Refused != nil
		})
		switch {
		case err != nil:
			return s, false, false, err
		case a.Refused != nil:
			return s, false, false, faultOf(WhyRefused, a.Refused)
		case a.OK:
			late, err := p.collect(burst, nil) // a second reply to the same request
			others := append(a.Strays, p.talk.Answer(-1, late).Strays...)
			return a.Sample, true, slices.Contains(others, addr), err
		}
	}
	return s, false, false, nil
}

// find asks every address and returns those that answered twice. Where one did, those
// that said nothing are asked once more: an answer that was late must not hide a board.
// errors.Is ErrRefused when two boards answer to one address.
func (p *probe) find(ctx context.Context, addrs []int) (found []int, err error) {
	for range 2 {
		var silent []int
		for _, addr := range addrs {
			ok, err := p.there(ctx, addr)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, addr)
			} else {
				silent = append(silent, addr)
			}
		}
		if len(found) == 0 {
			return nil, nil
		}
		addrs = silent
	}
	slices.Sort(found)
	return found, nil
}

// there reports whether one board answers to an address.
func (p *probe) there(ctx context.Context, addr int) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if _, ok, _, err := p.raw(addr, 1); !ok || err != nil {
		return false, err
	}
	_, ok, twice, err := p.raw(addr, 3)
	if twice && err == nil {
		twice, err = p.double(addr)
	}
	if twice && err == nil {
		err = fault("cabinet", fmt.Sprintf("two boards answer to address %d", addr), "give each board its own address with its DIP switches", ErrRefused)
	}
	return ok && err == nil, err
}

// double asks again on a line that rests whether two boards answer to an address: a
// second reply may have been a late one to the request before.
func (p *probe) double(addr int) (bool, error) {
	for range 2 {
		if _, err := p.collect(2*probeWindow, nil); err != nil {
			return false, err
		}
		if _, _, twice, err := p.raw(addr, 1); !twice || err != nil {
			return false, err
		}
	}
	return true, nil
}

// pulse opens one lock, once, and sees that it is not left driven.
func (p *probe) pulse(ctx context.Context, addr, lock int) error {
	frame := p.talk.Open(addr, lock)
	if frame == nil {
		return errNoLock
	}
	var refused error
	r, hears := p.talk.(refuser)
	echoed := p.echo.seen.polls != 0
	_, err := p.exchange(frame, func(in []byte) bool {
		if echoed && len(in) >= len(frame) {
			in = in[len(frame):]
		}
		done := false
		if hears {
			done, refused = r.Opened(addr, lock, in)
		}
		return done
	})
	h, holds := p.talk.(holder)
	if !holds {
		return errors.Join(err, refusedOr(refused))
	}
	if err == nil && refused == nil {
		_, err = p.collect(drivenTime, nil)
	}
	for range offTries {
		if offErr := p.off(ctx, h, addr, lock); offErr == nil {
			return errors.Join(err, refusedOr(refused))
		}
	}
	return errors.Join(err, fault("cabinet", fmt.Sprintf("lock %d of board %d could not be seen to be switched off", lock+1, addr),
		"cut the power of the module now", errDriven))
}

func refusedOr(err error) error {
	if err == nil {
		return nil
	}
	return refusedFault(err)
}

// off switches one lock off and looks whether it is.
func (p *probe) off(_ context.Context, h holder, addr, lock int) error {
	frame := h.Off(addr, lock)
	done := false
	if _, err := p.exchange(frame, func(in []byte) bool { done, _ = mbWritten(frame, in); return done }); err != nil {
		return err
	}
	driven, ok := uint64(0), false
	if _, err := p.exchange(h.AskDriven(addr), func(in []byte) bool { driven, ok = h.Driven(addr, in); return ok }); err != nil {
		return err
	}
	if !ok || !done || driven>>lock&1 == 1 {
		_, err := p.collect(mbRest, nil)
		return errors.Join(err, errDriven)
	}
	return nil
}
