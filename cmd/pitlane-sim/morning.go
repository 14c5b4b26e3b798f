package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// morning is the scripted part of the demo: customers arrive, staff moves their
// cars along, all through the screens' own calls. It touches only the jobs of its
// own customers, so that a person can do others by hand at the same time.
type morning struct {
	reception *screen
	bays      map[string]*screen // bay name → its edge
	plug      func(bay string, car int, repaired bool)
	customers []customer
	speed     float64
	rng       *rand.Rand
	log       *slog.Logger

	desk  *eyes[board.DeskView]
	kiosk *eyes[board.KioskView]

	memory *memory // whose ticket has which code

	due map[string]time.Time // job → when the next step may come
	in  map[string]string    // bay → job whose car is plugged there
}

func newMorning(reception *screen, bays map[string]*screen, plug func(string, int, bool), mem *memory, seed uint64, speed float64, log *slog.Logger) *morning {
	return &morning{
		reception: reception, bays: bays, plug: plug, customers: regulars(), speed: speed,
		rng: rand.New(rand.NewPCG(seed, 1)), log: log,
		desk: newEyes[board.DeskView](), kiosk: newEyes[board.KioskView](),
		memory: mem, due: map[string]time.Time{}, in: map[string]string{},
	}
}

// regulars are three made-up customers; the index is the car of simulated cars.
func regulars() []customer {
	return []customer{
		{Lang: "zh-Hans", Plate: "粤B12D45", Public: "masked", Name: "演示甲", Phone: "13800000001",
			Taps: []string{"故障灯亮"}, Words: "加速无力", Extra: "前氧传感器插头松动"},
		{Lang: "en", Plate: "粤BD12345", Public: "masked", Name: "Demo B", Phone: "13800000002",
			Taps: []string{"warning light", "noise"}, Words: "rattles when cold", Items: []string{"umbrella"}},
		{Lang: "zh-Hant", Plate: "粤Z1234港", Public: "ticket", Name: "示範丙", Phone: "13800000003",
			Taps: []string{"難以發動"}, Extra: "電池電壓偏低"},
	}
}

// run plays until ctx ends. Refusals are part of a shop's life: a step that is
// refused is tried again later, never forced.
func (m *morning) run(ctx context.Context) {
	done := make(chan struct{}, 2)
	go func() { m.desk.run(ctx, m.reception, "desk"); done <- struct{}{} }()
	go func() { m.kiosk.run(ctx, m.reception, "kiosk"); done <- struct{}{} }()
	defer func() { <-done; <-done }()
	tick := time.NewTicker(m.span(250 * time.Millisecond))
	defer tick.Stop()
	arrival := time.Now().Add(m.span(2 * time.Second))
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		view, ok, _ := m.desk.now()
		if !ok {
			continue
		}
		for _, j := range view.Jobs {
			m.advance(ctx, view, j)
		}
		if time.Now().After(arrival) && m.arrive(ctx, view) {
			arrival = time.Now().Add(m.span(time.Duration(12+m.rng.IntN(10)) * time.Second))
		}
	}
}

// span is a time of the script at its speed.
func (m *morning) span(d time.Duration) time.Duration {
	return max(time.Duration(float64(d)/m.speed), time.Millisecond)
}

// ours is the customer of a job of the script, -1 for anyone else's.
func (m *morning) ours(plate string) int {
	return slices.IndexFunc(m.customers, func(c customer) bool { return c.Plate == plate })
}

// arrive lets the next customer who has no open job check in, when the kiosk is free.
func (m *morning) arrive(ctx context.Context, view board.DeskView) bool {
	k, ok, _ := m.kiosk.now()
	if !ok || !k.Accepting || k.Session != nil {
		return false
	}
	i := slices.IndexFunc(m.customers, func(c customer) bool {
		return !slices.ContainsFunc(view.Jobs, func(j board.DeskJob) bool {
			return j.Plate == c.Plate && !gone(j)
		})
	})
	if i < 0 {
		return false
	}
	if err := m.checkIn(ctx, m.customers[i]); err != nil {
		m.say("check in", err)
		m.leaveKiosk(ctx)
	}
	return true
}

// gone: the car has left; with a key released at the desk the visit stays open
// until somebody signs for it.
func gone(j board.DeskJob) bool {
	return j.Phase == job.PhaseLeft || j.Phase == job.PhaseKeyOut
}

func (m *morning) checkIn(ctx context.Context, c customer) error {
	got, err := m.reception.open(ctx, c)
	if err != nil {
		return err
	}
	pause(ctx, m.span(1500*time.Millisecond)) // he reads
	if err := m.reception.sign(ctx, got); err != nil {
		return err
	}
	if err := m.hang(ctx, got.Job); err != nil {
		return err
	}
	return m.takeTicket(ctx, got.Job)
}

// takeTicket ends a check-in; until the car is sent to a bay it can be asked again.
func (m *morning) takeTicket(ctx context.Context, id string) error {
	var end checkin
	if err := m.reception.tap(ctx, "/api/v1/checkin/finish", map[string]any{"job": id}, &end); err != nil {
		return err
	}
	m.memory.ticket(id, end.Code)
	return nil
}

// hang opens a slot and waits until the key is sensed.
func (m *morning) hang(ctx context.Context, id string) error {
	if err := m.reception.tap(ctx, "/api/v1/checkin/key", map[string]any{"job": id}, nil); err != nil {
		return err
	}
	return m.until(ctx, 15*time.Second, func(v board.DeskView) bool {
		j := find(v, id)
		return j != nil && j.KeyIn
	})
}

// until waits for the desk to show what is awaited.
func (m *morning) until(ctx context.Context, limit time.Duration, ok func(board.DeskView) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		v, seen, changed := m.desk.now()
		if seen && ok(v) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func find(v board.DeskView, id string) *board.DeskJob {
	if i := slices.IndexFunc(v.Jobs, func(j board.DeskJob) bool { return j.ID == id }); i >= 0 {
		return &v.Jobs[i]
	}
	return nil
}

// advance takes the next step of one job when its time has come.
func (m *morning) advance(ctx context.Context, v board.DeskView, j board.DeskJob) {
	car := m.ours(j.Plate)
	if car < 0 || j.Phase == job.PhaseLeft {
		return
	}
	at, known := m.due[j.ID]
	if !known {
		m.due[j.ID] = time.Now().Add(m.span(time.Duration(1500+m.rng.IntN(1500)) * time.Millisecond))
		return
	}
	if time.Now().Before(at) {
		return
	}
	wait, err := m.step(ctx, v, j, car)
	if err != nil {
		m.say(string(j.Phase), err)
		wait = 3 * time.Second
	}
	m.due[j.ID] = time.Now().Add(m.span(wait))
}

// step does what comes next for a job, and says how long the step after it waits.
func (m *morning) step(ctx context.Context, v board.DeskView, j board.DeskJob, car int) (time.Duration, error) {
	if slices.ContainsFunc(j.Extras, func(x board.DeskExtra) bool { return x.State == "raised" || x.State == "offered" }) {
		return m.answer(ctx, j)
	}
	switch j.Phase {
	case job.PhaseArrived, job.PhaseConsented:
		// A check-in that a power cut left half way: the customer has gone.
		return time.Second, m.reception.tap(ctx, "/api/v1/checkin/decline", map[string]any{"job": j.ID, "reason": "left"}, nil)
	case job.PhaseSigned:
		return time.Second, m.hang(ctx, j.ID)
	case job.PhaseHandedOver:
		if _, ok := m.memory.code(j.ID); !ok {
			return time.Second, m.takeTicket(ctx, j.ID)
		}
		return m.assign(ctx, v, j)
	case job.PhaseDispatched, job.PhaseReceived, job.PhaseDiagnosing, job.PhaseInRepair, job.PhaseRework, job.PhasePaused:
		return m.inBay(ctx, j, car)
	default:
		return m.handBack(ctx, j)
	}
}

func (m *morning) assign(ctx context.Context, v board.DeskView, j board.DeskJob) (time.Duration, error) {
	for _, b := range v.Bays {
		if b.Ticket != "" {
			continue
		}
		return 2 * time.Second, m.desktop(ctx, "assign", j, map[string]any{
			"bay": b.Bay, "lead": staff(v.People, "TE"), "helpers": []string{}})
	}
	return 2 * time.Second, nil // every bay is taken: he waits
}

// desktop is a call of the desk about one job, by the person of the role.
func (m *morning) desktop(ctx context.Context, what string, j board.DeskJob, more map[string]any) error {
	v, _, _ := m.desk.now()
	role := map[string]string{"assign": "DI", "inspect": "IN", "settle": "CA", "gatepass": "CA"}[what]
	in := map[string]any{"job": j.ID, "seen": j.Tips, "by": staff(v.People, role)}
	for k, x := range more {
		in[k] = x
	}
	return m.reception.tap(ctx, "/api/v1/desk/"+what, in, nil)
}

// staff is the first person of a role, or the first of all.
func staff(people []board.Person, role string) string {
	for _, p := range people {
		if p.Role == role {
			return p.ID
		}
	}
	if len(people) > 0 {
		return people[0].ID
	}
	return "SA1"
}

// inBay is the technician's part.
func (m *morning) inBay(ctx context.Context, j board.DeskJob, car int) (time.Duration, error) {
	s, ok := m.bays[j.Bay]
	if !ok {
		return 5 * time.Second, nil
	}
	if m.in[j.Bay] != j.ID {
		m.plug(j.Bay, car, false)
		m.in[j.Bay] = j.ID
	}
	v, _, _ := m.desk.now()
	do := func(what string, more map[string]any) error {
		in := map[string]any{"job": j.ID, "by": staff(v.People, "TE")}
		for k, x := range more {
			in[k] = x
		}
		return s.tap(ctx, "/api/v1/bay/"+what, in, nil)
	}
	scans, running := scansOf(j)
	if running {
		return time.Second, nil
	}
	switch {
	case j.Phase == job.PhaseDiagnosing:
		return time.Second, nil
	case j.Phase == job.PhaseDispatched:
		return 2 * time.Second, do("receive", nil)
	case j.Phase == job.PhasePaused:
		return 2 * time.Second, do("resume", nil)
	case scans == 0:
		return 3 * time.Second, do("scan", nil)
	case j.Phase == job.PhaseReceived || j.Phase == job.PhaseRework:
		return 4 * time.Second, do("start", nil)
	case m.customers[car].Extra != "" && len(j.Extras) == 0:
		return 3 * time.Second, do("extra", map[string]any{"text": m.customers[car].Extra, "safety": car == 2})
	case scans == 1: // after the repair, as proof (K-186)
		m.plug(j.Bay, car, true)
		return 3 * time.Second, do("scan", nil)
	default:
		return 3 * time.Second, do("finish", map[string]any{"cause": "found and put right"})
	}
}

// scansOf counts the scans that have come to their end. A car that has failed two
// is not asked again: it goes on without.
func scansOf(j board.DeskJob) (done int, running bool) {
	failed := 0
	for _, s := range j.Scans {
		switch {
		case s.State == "completed":
			done++
		case s.State == "failed" && s.Why != "interrupted":
			failed++
		case s.State == "running":
			running = true
		}
	}
	if failed >= 2 {
		done = 2
	}
	return done, running
}

// answer puts a raised item to the customer, and then records what he says.
func (m *morning) answer(ctx context.Context, j board.DeskJob) (time.Duration, error) {
	promised := time.Now().Add(2 * time.Hour).UnixMilli()
	for _, x := range j.Extras {
		switch x.State {
		case "raised":
			return 4 * time.Second, m.desktop(ctx, "extra", j, map[string]any{
				"extra": x.ID, "answer": "offered", "price": 18000, "promised": promised})
		case "offered":
			what := map[string]any{"extra": x.ID, "answer": "approved", "channel": "phone"}
			if !x.Safety && m.rng.IntN(2) == 0 {
				what = map[string]any{"extra": x.ID, "answer": "declined", "channel": "phone", "told": "TE1"}
			}
			return 3 * time.Second, m.desktop(ctx, "extra", j, what)
		}
	}
	return 3 * time.Second, nil
}

// say logs a step that did not go through; it comes again.
func (m *morning) say(what string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	m.log.Debug("a step of the morning waits", "step", strings.ToLower(what), "error", err)
}
