package central

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/sync/wire"
)

// follow folds again what became readable, and carries out erasures, until ctx ends.
// changed is called after either.
func (t *intake) follow(ctx context.Context, changed func()) error {
	turned, stop := t.keys.Wake()
	defer stop()
	again := time.NewTicker(patience)
	defer again.Stop()
	for {
		if err := t.turn(ctx, changed); err != nil && ctx.Err() == nil {
			t.log.Error("what became readable is not shown yet, or an erasure is not carried out yet", "error", err)
		}
		select {
		case <-turned:
		case <-t.took:
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// turn is one round of follow. An erasure's rows are blank already: the transaction
// that took its event in has seen to that.
func (t *intake) turn(ctx context.Context, changed func()) error {
	if err := t.keys.CatchUp(ctx, told{t.store}); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	jobs, next := t.keys.Turned(t.turned)
	if next == t.turned {
		return nil
	}
	slices.Sort(jobs)
	gone := false
	for _, id := range slices.Compact(jobs) {
		gone = gone || t.keys.Erased(id, tlog.Contact)
		if err := t.refresh(ctx, id); err != nil {
			return fmt.Errorf("fold a job again: %w", err)
		}
	}
	if gone {
		if err := t.store.Tidy(ctx); err != nil {
			return err
		}
	}
	t.turned = next
	changed()
	return nil
}

func (t *intake) refresh(ctx context.Context, id string) error {
	entries, err := t.store.JobEntries(ctx, id)
	if err != nil || len(entries) == 0 || id == "" {
		return err
	}
	var c Change
	if err := t.project(ctx, &c, []string{id}); err != nil {
		return err
	}
	return t.store.Refresh(ctx, c)
}

// told is the store as the vault looks for erasures in it.
type told struct{ store Store }

var _ vault.Log = told{}

// Tips implements vault.Log. Without an answer there is nothing new: the next round
// looks again.
func (l told) Tips() []tlog.Tip {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	marks, err := l.store.Marks(ctx)
	if err != nil {
		return nil
	}
	tips := make([]tlog.Tip, 0, len(marks))
	for _, m := range marks {
		tips = append(tips, tlog.Tip{Origin: m.Origin, Size: m.Size})
	}
	return tips
}

// Sealed implements vault.Log: only what orders an erasure.
func (l told) Sealed(ctx context.Context, origin string, from uint64) iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		es, err := l.store.Erasures(ctx, origin, from)
		if err != nil {
			yield(tlog.Entry{}, err)
			return
		}
		for _, e := range es {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Wake implements vault.Log; follow has its own.
func (l told) Wake() (<-chan struct{}, func()) { return nil, func() {} }

// aboutKeys deals with an ask, a parcel, or a page of erasures.
func (s *session) aboutKeys(from string, payload []byte) error {
	answer, reply, err := s.keys.Message(from, payload)
	if err != nil {
		s.refuse(from, err)
	}
	if !reply {
		return nil
	}
	return s.sendTo(answer)
}

// tellsOfKeys notes a node's receiving key, what it has erased, or up to where.
func (s *session) tellsOfKeys(kind wire.Kind, from string, payload []byte) {
	if kind == wire.KeyOf {
		if err := s.keys.Heard(from, payload); err != nil {
			s.refuse(from, err)
		}
		return
	}
	if kind == wire.Tombs {
		if err := s.keys.HeardTombs(from, payload); err != nil {
			s.refuse(from, err)
		}
		return
	}
	h, err := wire.DecodeHave(payload)
	if err != nil {
		s.refuse(from, err)
		return
	}
	done := make(map[string]uint64, len(h))
	for o, r := range h {
		done[o] = r.Size
	}
	if err := s.intake.keys.Confirmed(from, done); err != nil {
		s.log.Warn("cannot note what a node has erased", "node", from, "error", err)
	}
}

// sendKeys sends what is due: central's receiving key, its asks, and what it has
// erased.
func (s *session) sendKeys() error {
	told, err := s.keys.Announce()
	if err == nil && told != nil {
		err = s.down(wire.KeyOf, told)
	}
	if err != nil {
		return fmt.Errorf("announce the receiving key: %w", err)
	}
	tombs, err := s.keys.AnnounceTombs()
	if err == nil && tombs != nil {
		err = s.down(wire.Tombs, tombs)
	}
	if err != nil {
		return fmt.Errorf("say what is erased: %w", err)
	}
	due, err := s.keys.Due(time.Now())
	if err != nil { // one node's announcement is wrong: the others get theirs
		s.refuse("", err)
	}
	for _, o := range due {
		if err := s.sendTo(o); err != nil {
			return err
		}
	}
	return s.confirm()
}

func (s *session) sendTo(o wire.Outgoing) error {
	topic := wire.Topic{Node: o.To, Down: true, Kind: wire.To}.String()
	if err := s.line.Publish(topic, false, o.Payload); err != nil {
		return fmt.Errorf("send keys: %w", err)
	}
	return nil
}

// confirm says up to where central has erased, when that has changed.
func (s *session) confirm() error {
	h := wire.Have{}
	for origin, size := range s.intake.keys.Confirmation() {
		h[origin] = wire.Range{Size: size}
	}
	b, err := h.Encode()
	if err != nil {
		return errors.Join(errors.New("say what is erased"), err)
	}
	if string(b) == s.erased || s.erased == "" && len(h) == 0 {
		return nil
	}
	if err := s.down(wire.Erased, b); err != nil {
		return err
	}
	s.erased = string(b)
	return nil
}
