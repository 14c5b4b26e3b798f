package link

import (
	"time"

	"pitlane/edge/board"
	"pitlane/sync/wire"
)

const tellEvery = 100 * time.Millisecond

// alive notes that something came from a node just now.
func (t *taker) alive(node string) {
	now := t.cfg.Now()
	t.wants.Back(node)
	if t.keys != nil {
		t.keys.Back(node)
	}
	t.mu.Lock()
	last, known := t.heard[node]
	fresh := known && now.Sub(last) < tellEvery && now.After(last)
	if !fresh {
		t.heard[node] = now
	}
	t.mu.Unlock()
	if !fresh {
		t.tell(board.Now{Heard: &board.Heard{Node: node, At: now, Online: true}})
	}
}

// beats notes a heartbeat. A kept one says which bay a node has, not that it lives.
func (t *taker) beats(from string, m wire.Message) {
	l, err := wire.DecodeLive(m.Payload)
	if err != nil {
		t.refuse(from, err)
		return
	}
	if l.Boot != "" {
		t.tell(board.Now{Beat: &board.Beat{Node: from, Boot: l.Boot, MS: l.MS}})
	}
	if l.Bay != "" {
		t.tell(board.Now{PeerBay: &board.PeerBay{Node: from, Bay: l.Bay}})
	}
}

// appears notes what the broker says of a node's connection.
func (t *taker) appears(from string, m wire.Message) {
	o, err := wire.DecodeOnline(m.Payload)
	if err != nil {
		t.refuse(from, err)
		return
	}
	if o.Online {
		if !m.Retained {
			t.alive(from)
		}
		return
	}
	t.wants.Gone(from)
	if t.keys != nil {
		t.keys.Gone(from)
	}
	t.tell(board.Now{Heard: &board.Heard{Node: from, At: t.lastHeard(from)}})
}

func (l *Link) lastHeard(node string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard[node]
}

// lose tells the board that nothing is known any more through this link.
func (s *session) lose() {
	for node := range s.peers {
		if at := s.lastHeard(node); !at.IsZero() {
			s.tell(board.Now{Heard: &board.Heard{Node: node, At: at}})
		}
	}
}

// refuse counts what cannot be used and says so now and then, without its content.
func (t *taker) refuse(from string, err error) {
	t.count(func(s *Stats) { s.Refused++ })
	t.refused++
	if now := t.cfg.Now(); now.Sub(t.said) >= sayEvery {
		t.cfg.Log.Warn("refused what a node sent", "node", from, "count", t.refused, "error", err)
		t.said, t.refused = now, 0
	}
}

// fork raises the alarm about an origin with two histories, once.
func (t *taker) fork(origin, from string) {
	t.count(func(s *Stats) { s.Refused++ })
	if t.forked[origin] {
		return
	}
	t.forked[origin] = true
	t.cfg.Log.Error("an origin has two histories", "origin", origin, "node", from)
	t.tell(board.Now{Fault: &board.Fault{
		Kind:    "forked",
		Message: "the log of " + wire.NodeOf(origin) + " exists in two versions",
		Hint:    "its disk was copied or restored: take that node out of service and call whoever runs pitlane; nothing was overwritten",
	}})
}
