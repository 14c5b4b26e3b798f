//go:build real

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"pitlane/edge/board"
)

// person is somebody who works at one edge while edges die.
type person struct {
	*fire
	at   *target
	rnd  *rand.Rand
	open context.Context //nolint:containedctx // until the shop closes: what is asked then is still answered
}

// people are all who work in the shop until open ends.
func (f *fire) people(open context.Context) []func(context.Context) error {
	at := func(n *target) *person {
		return &person{fire: f, at: n, rnd: rand.New(rand.NewPCG(f.rnd.Uint64(), f.rnd.Uint64())), open: open}
	}
	all := []func(context.Context) error{at(f.edges[0]).kiosk, at(f.edges[0]).kiosk, at(f.edges[0]).keys, at(f.edges[0]).dispatch, at(f.edges[0]).phone}
	for i, car := range f.cars {
		p := at(f.edges[1+i])
		all = append(all, func(ctx context.Context) error { return p.bay(ctx, car) })
	}
	return all
}

// rest is a moment between two tasks; false when the shop closes.
func (p *person) rest() bool {
	upTo(p.open, p.rnd, 60*time.Millisecond)
	return p.open.Err() == nil
}

// duel has two people decide on one view at the same moment: never both. It says
// whether one of them was granted it.
func (p *person) duel(ctx context.Context, path string, one, two map[string]any) (granted bool, err error) {
	one["request"], two["request"] = newRequest(), newRequest()
	a, err := requestOf(one)
	if err != nil {
		return false, err
	}
	b, err := requestOf(two)
	if err != nil {
		return false, err
	}
	p.book.duel(a, b)
	other := make(chan error, 1)
	go func() { other <- p.at.ask(ctx, path, two, nil) }()
	first := p.at.ask(ctx, path, one, nil)
	second := <-other
	if unanswered(first) || unanswered(second) {
		return false, errors.Join(first, second)
	}
	if first == nil && second == nil {
		return true, fmt.Errorf("%s: two decisions on one view were both granted", path)
	}
	return first == nil || second == nil, nil
}

// until asks or decides again, on a new look, until it is granted. A refusal is no
// fault: the board may be behind on a slow machine, an adapter not back yet.
func (p *person) until(ctx context.Context, try func() (bool, error)) error {
	for {
		granted, err := try()
		if err != nil || granted {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// tap is until for one call.
func (p *person) tap(ctx context.Context, path string, in map[string]any) error {
	return p.until(ctx, func() (bool, error) {
		in["request"] = newRequest()
		err := p.at.ask(ctx, path, in, nil)
		if unanswered(err) {
			return false, err
		}
		return err == nil, nil
	})
}

// unanswered reports whether an error is not an answer.
func unanswered(err error) bool {
	_, refused := errors.AsType[*refusal](err)
	return err != nil && !refused
}

// opens begins a check-in; two hands sign its order.
func (p *person) opens(ctx context.Context) (in map[string]any, got checkin, err error) {
	in = map[string]any{
		"lang": "en", "purpose": "repair", "plate": "", "plate_public": "ticket", "phone": "", "name": "",
		"complaint": map[string]any{"taps": []string{"engine_light"}}, "walkround": map[string]any{"none": true, "marks": []string{}},
		"belongings": map[string]any{"none": true, "items": []string{}}, "assistance": false,
	}
	if err := p.at.ask(ctx, "/api/v1/checkin/open", in, &got); err != nil {
		return in, got, err
	}
	p.rest()
	sign := func() map[string]any {
		return map[string]any{"job": got.Job, "text_hash": got.Order.TextHash, "consent_scan": true, "strokes": scribble()}
	}
	return in, got, p.until(ctx, func() (bool, error) { return p.duel(ctx, "/api/v1/checkin/sign", sign(), sign()) })
}

// kiosk begins check-ins; some customers decline the order they have signed.
func (p *person) kiosk(ctx context.Context) error {
	for p.rest() {
		in, got, err := p.opens(ctx)
		if err != nil {
			return err
		}
		if p.rnd.IntN(3) == 0 {
			var again checkin
			if err := p.at.ask(ctx, "/api/v1/checkin/open", maps.Clone(in), &again); err != nil {
				return err
			}
			if again != got {
				return errors.New("a check-in that was asked for again has another answer")
			}
		}
		if p.rnd.IntN(3) == 0 {
			if err := p.tap(ctx, "/api/v1/checkin/decline", map[string]any{"job": got.Job, "reason": "too long"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// keys checks customers in to the end, with a key in the cabinet, as long as it has room.
func (p *person) keys(ctx context.Context) error {
	for range 16 - prepared {
		if !p.rest() {
			return nil
		}
		_, got, err := p.opens(ctx)
		if err != nil {
			return err
		}
		in, err := p.hangs(ctx, got.Job)
		if err != nil || !in {
			return err
		}
		var first, again checkin
		for _, out := range []*checkin{&first, &again} {
			if err := p.at.ask(ctx, pathFinish, map[string]any{"job": got.Job}, out); unanswered(err) {
				return err
			}
		}
		if again != first {
			return errors.New("the last page of a check-in is another one when it is asked for again")
		}
	}
	return nil
}

// hangs asks for a slot until the key hangs; false when the shop closes before.
func (p *person) hangs(ctx context.Context, id string) (bool, error) {
	for p.rest() {
		wish := map[string]any{"job": id}
		var got, again struct {
			Slot    int
			Outcome string
		}
		p.at.slots.ring()
		err := p.at.ask(ctx, "/api/v1/checkin/key", wish, &got)
		if unanswered(err) {
			return false, err
		}
		if err == nil {
			if err := p.at.ask(ctx, "/api/v1/checkin/key", maps.Clone(wish), &again); err != nil || again != got {
				return false, errors.Join(err, fmt.Errorf("one request opened slot %d: %s, and again slot %d: %s", got.Slot, got.Outcome, again.Slot, again.Outcome))
			}
		}
		for range 20 {
			j, err := p.deskJobOf(ctx, id)
			if err != nil || j.KeyIn {
				return j.KeyIn, err
			}
			pause(ctx, 50*time.Millisecond)
		}
	}
	return false, nil
}

// deskJobOf is a job as the desk sees it now.
func (p *person) deskJobOf(ctx context.Context, id string) (board.DeskJob, error) {
	v, err := see[board.DeskView](ctx, p.at, "desk")
	return deskJob(v, id), err
}

// dispatch sends two cars to bays, again and again, two dispatchers at once.
func (p *person) dispatch(ctx context.Context) error {
	for p.rest() {
		id := p.calls[p.rnd.IntN(len(p.calls))]
		err := p.until(ctx, func() (bool, error) {
			j, err := p.deskJobOf(ctx, id)
			if err != nil {
				return false, err
			}
			to := func(by, lead string) map[string]any {
				return map[string]any{"job": id, "by": by, "seen": j.Tips, "bay": "yard", "lead": lead, "helpers": []string{}}
			}
			return p.duel(ctx, "/api/v1/desk/assign", to("DI1", "TE1"), to("SA1", "TE2"))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// phone asks the customers about extra items; one clerk notes a yes, another a no.
func (p *person) phone(ctx context.Context) error {
	for p.rest() {
		v, err := see[board.DeskView](ctx, p.at, "desk")
		if err != nil {
			return err
		}
		for _, id := range p.cars {
			j := deskJob(v, id)
			for _, x := range j.Extras {
				if err := p.extra(ctx, j, x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *person) extra(ctx context.Context, j board.DeskJob, x board.DeskExtra) error {
	say := func(by, what string) map[string]any {
		return map[string]any{"job": j.ID, "by": by, "seen": j.Tips, "extra": x.ID, "answer": what, "price": 4200,
			"promised": time.Now().Add(3 * time.Hour).UnixMilli(), "channel": "phone", "told": "TE1", "acknowledged": true}
	}
	switch x.State {
	case "raised":
		if err := p.at.ask(ctx, "/api/v1/desk/extra", say("SA1", "offered"), nil); unanswered(err) {
			return err
		}
	case "offered":
		_, err := p.duel(ctx, "/api/v1/desk/extra", say("SA1", "approved"), say("CA1", "declined"))
		return err // none of them where the bay has just found something more
	}
	return nil
}

// bay works on one car: scans, pauses, and finds more to do.
func (p *person) bay(ctx context.Context, car string) error {
	for _, step := range []string{"receive", "start"} {
		if err := p.tap(ctx, "/api/v1/bay/"+step, map[string]any{"job": car, "by": "TE1"}); err != nil {
			return err
		}
	}
	extras := 0
	for p.rest() {
		var err error
		switch do := p.rnd.IntN(10); {
		case do < 5:
			err = p.scan(ctx, car)
		case do < 9:
			err = p.pauses(ctx, car)
		case extras < 8:
			extras++
			err = p.at.ask(ctx, "/api/v1/bay/extra", map[string]any{"job": car, "by": "TE1", "text": "connector loose", "safety": false}, nil)
		}
		if unanswered(err) {
			return err
		}
	}
	return nil
}

// pauses: two technicians stop, or go on with, the same work at once.
func (p *person) pauses(ctx context.Context, car string) error {
	v, err := see[board.BayView](ctx, p.at, "bay")
	if err != nil {
		return err
	}
	if v.Job == nil || v.Job.ID != car {
		return fmt.Errorf("the car is not in its bay any more")
	}
	do := map[bool]string{true: "resume", false: "pause"}[v.Job.Phase == "paused"]
	by := func(who string) map[string]any {
		in := map[string]any{"job": car, "by": who, "seen": v.Job.Tips}
		if do == "pause" {
			in["reason"] = "lift is taken"
		}
		return in
	}
	_, err = p.duel(ctx, "/api/v1/bay/"+do, by("TE1"), by("TE2"))
	return err // none of them where the phase hid a pause
}

// scan scans the car and waits for the scan's end, however many lives it takes.
func (p *person) scan(ctx context.Context, car string) error {
	in := map[string]any{"job": car, "by": "TE1"}
	var got, again struct {
		Scan string `json:"scan"`
	}
	if err := p.at.ask(ctx, "/api/v1/bay/scan", in, &got); err != nil {
		return err // refused: the adapter is not back yet
	}
	p.at.scans.ring()
	for {
		v, err := see[board.BayView](ctx, p.at, "bay")
		if err != nil {
			return err
		}
		if v.Job != nil && slices.ContainsFunc(v.Job.Scans, func(s board.ScanSummary) bool { return s.ID == got.Scan && s.State != "running" }) {
			break
		}
		pause(ctx, 30*time.Millisecond)
	}
	if err := p.at.ask(ctx, "/api/v1/bay/scan", maps.Clone(in), &again); err != nil {
		return fmt.Errorf("ask for a scan again: %w", err)
	}
	id, err := requestOf(in)
	if err != nil {
		return err
	}
	if begun := p.book.scanOf(id); again != got || begun != "" && begun != got.Scan {
		return fmt.Errorf("one request has the scans %s and %s, on disk %s", got.Scan, again.Scan, begun)
	}
	return nil
}
