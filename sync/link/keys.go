package link

import (
	"fmt"

	"pitlane/sync/wire"
)

// aboutKeys deals with an ask, a parcel, or a page of erasures.
func (t *taker) aboutKeys(from string, payload []byte) error {
	if t.keys == nil {
		return nil
	}
	answer, reply, err := t.keys.Message(from, payload)
	if err != nil {
		t.refuse(from, err)
	}
	if !reply {
		return nil
	}
	return t.sendTo(answer)
}

// tellsOfKeys notes a node's receiving key, what it has erased, or up to where.
func (t *taker) tellsOfKeys(kind wire.Kind, from string, payload []byte) {
	if t.keys == nil {
		return
	}
	if kind == wire.KeyOf {
		if err := t.keys.Heard(from, payload); err != nil {
			t.refuse(from, err)
		}
		return
	}
	if kind == wire.Tombs {
		if err := t.keys.HeardTombs(from, payload); err != nil {
			t.refuse(from, err)
		}
		return
	}
	h, err := wire.DecodeHave(payload)
	if err != nil {
		t.refuse(from, err)
		return
	}
	done := make(map[string]uint64, len(h))
	for o, r := range h {
		done[o] = r.Size
	}
	if err := t.vault.Confirmed(from, done); err != nil {
		t.cfg.Log.Warn("cannot note what a peer has erased", "node", from, "error", err)
	}
}

// sendKeys sends what is due: this node's receiving key, new keys, asks for missing
// ones, and what it has erased.
func (t *taker) sendKeys() error {
	if t.keys == nil {
		return nil
	}
	told, err := t.keys.Announce()
	if err != nil {
		return fmt.Errorf("announce the receiving key: %w", err)
	}
	if told != nil {
		if err := t.line.Publish(t.own(wire.KeyOf), true, told); err != nil {
			return fmt.Errorf("announce the receiving key: %w", err)
		}
	}
	tombs, err := t.keys.AnnounceTombs()
	if err == nil && tombs != nil {
		err = t.line.Publish(t.own(wire.Tombs), true, tombs)
	}
	if err != nil {
		return fmt.Errorf("say what is erased: %w", err)
	}
	due, err := t.keys.Due(t.cfg.Now())
	if err != nil { // one node's announcement is wrong: the others get theirs
		t.refuse("", err)
	}
	for _, o := range due {
		if err := t.sendTo(o); err != nil {
			return err
		}
	}
	return t.confirm()
}

func (t *taker) sendTo(o wire.Outgoing) error {
	t.count(func(s *Stats) { s.Parcels++ })
	topic := wire.Topic{Node: t.cfg.Node, Kind: wire.To, To: o.To}.String()
	if err := t.line.Publish(topic, false, o.Payload); err != nil {
		return fmt.Errorf("send keys: %w", err)
	}
	return nil
}

// confirm says up to where this node has erased, when that has changed.
func (t *taker) confirm() error {
	h := wire.Have{}
	for origin, size := range t.vault.Confirmation() {
		h[origin] = wire.Range{Size: size}
	}
	b, err := h.Encode()
	if err != nil { // more origins than a message holds
		t.cfg.Log.Error("cannot say what is erased: the other nodes will not know it", "error", err)
		b = []byte(t.erased)
	}
	if string(b) == t.erased || t.erased == "" && len(h) == 0 {
		return nil
	}
	if err := t.line.Publish(t.own(wire.Erased), true, b); err != nil {
		return fmt.Errorf("say what is erased: %w", err)
	}
	t.erased = string(b)
	return nil
}
