package link

import (
	"fmt"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
	"pitlane/sync/wire"
)

// witness has an origin cosigned whose entries promise something to a customer.
func (t *taker) witness(seg tlog.Segment) {
	for _, e := range seg.Entries {
		entry, err := tlog.DecodeLeaf(e.Leaf)
		if err != nil || !job.Promise(entry.Kind) {
			continue
		}
		select {
		case t.promise <- seg.Origin:
		default: // the next round takes it
		}
		return
	}
}

// cosigned takes what another node has cosigned of this node's log.
func (t *taker) cosigned(from string, payload []byte) {
	c, err := wire.DecodeCosigned(payload)
	if err == nil {
		err = t.j.TakeCosigned([]byte(c.Note))
	}
	if err != nil {
		t.refuse(from, err)
		return
	}
	t.count(func(s *Stats) { s.Cosigned++ })
}

func (p *pusher) cosignAll() error {
	for _, tip := range p.j.Tips() {
		if err := p.cosign(tip.Origin); err != nil {
			return err
		}
	}
	return nil
}

// cosign sends the node of a log what this node cosigns of it, once a connection:
// on another link it may be lost.
func (p *pusher) cosign(origin string) error {
	note, err := p.j.Cosign(origin, p.cfg.Now())
	if err != nil {
		p.cfg.Log.Warn("a log is not cosigned", "origin", origin, "error", err)
		return nil
	}
	if note == nil || p.cosigned[origin] == string(note) {
		return nil
	}
	p.cosigned[origin] = string(note)
	b, err := wire.Cosigned{Note: string(note)}.Encode()
	if err != nil {
		return fmt.Errorf("send a cosigned checkpoint: %w", err)
	}
	topic := wire.Topic{Node: p.cfg.Node, Kind: wire.To, To: wire.NodeOf(origin)}.String()
	if err := p.line.Publish(topic, false, b); err != nil {
		return fmt.Errorf("send a cosigned checkpoint: %w", err)
	}
	return nil
}
