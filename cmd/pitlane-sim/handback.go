package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// handBack is everything from the inspection to the key.
func (m *morning) handBack(ctx context.Context, j board.DeskJob) (time.Duration, error) {
	switch j.Phase {
	case job.PhaseDone:
		m.leaveBay(j)
		if m.rng.IntN(6) == 0 {
			return 3 * time.Second, m.desktop(ctx, "inspect", j, map[string]any{"passed": false, "reason": "test drive: still hesitates", "checks": []string{}})
		}
		return 3 * time.Second, m.desktop(ctx, "inspect", j, map[string]any{"passed": true,
			"checks": []string{"test_drive", "codes_after", "tools_counted"}})
	case job.PhasePassed:
		return 3 * time.Second, m.desktop(ctx, "prepare", j, nil)
	case job.PhasePrepared:
		if slices.Contains(j.Next, "notify") {
			return 2 * time.Second, m.desktop(ctx, "notify", j, map[string]any{"channel": "phone"})
		}
		return 2 * time.Second, m.desktop(ctx, "settle", j, map[string]any{"paid": j.Total, "method": "card"})
	case job.PhaseSettled, job.PhaseDeclined:
		return 4 * time.Second, m.desktop(ctx, "gatepass", j, nil)
	case job.PhaseGatepass:
		return 2 * time.Second, m.pickUp(ctx, j)
	}
	return 5 * time.Second, nil
}

func (m *morning) leaveBay(j board.DeskJob) {
	if m.in[j.Bay] == j.ID {
		m.plug(j.Bay, -1, false)
		delete(m.in, j.Bay)
	}
}

// pickUp is the customer at the kiosk again; one whose ticket is lost is handed his
// key at the desk.
func (m *morning) pickUp(ctx context.Context, j board.DeskJob) error {
	code, ok := m.memory.code(j.ID)
	if !ok {
		if j.Slot == 0 || !j.KeyIn {
			return nil
		}
		if err := m.desktop(ctx, "handback", j, map[string]any{"strokes": scribble()}); err != nil {
			return err
		}
		err := m.desktop(ctx, "release", j, map[string]any{"slot": j.Slot, "reason": "ticket lost, identity checked"})
		if err != nil {
			return err
		}
		return m.handedOut(ctx, j.ID) // a second tap would ask for the slot again
	}
	k, seen, _ := m.kiosk.now()
	if !seen || k.Session != nil {
		return errors.New("the kiosk is in use")
	}
	defer m.leaveKiosk(ctx) // whatever came of it: the next one waits
	if err := m.reception.tap(ctx, "/api/v1/pickup/open", map[string]any{"code": code}, nil); err != nil {
		return err
	}
	pause(ctx, m.span(1500*time.Millisecond))
	if err := m.reception.tap(ctx, "/api/v1/pickup/key", map[string]any{"code": code, "strokes": scribble()}, nil); err != nil {
		return err
	}
	if err := m.handedOut(ctx, j.ID); err != nil {
		return err
	}
	if err := m.reception.tap(ctx, "/api/v1/pickup/rate", map[string]any{"code": code, "stars": 4 + m.rng.IntN(2)}, nil); err != nil {
		m.say("rate", err) // skippable
	}
	m.memory.ticket(j.ID, "")
	return nil
}

func (m *morning) leaveKiosk(ctx context.Context) {
	if err := m.reception.tap(ctx, "/api/v1/kiosk/reset", map[string]any{}, nil); err != nil {
		m.say("leave the kiosk", err)
	}
}

// handedOut waits until the key of a job is out.
func (m *morning) handedOut(ctx context.Context, id string) error {
	return m.until(ctx, 15*time.Second, func(v board.DeskView) bool {
		j := find(v, id)
		return j == nil || gone(*j)
	})
}
