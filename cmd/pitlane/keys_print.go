package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"pitlane/devices"
	"pitlane/devices/keycab"
)

// keysPrinter puts out what a cabinet says, in the form of interfaces: slots are
// counted on each board.
type keysPrinter struct {
	w      io.Writer
	json   bool
	boards []int
	each   int // slots of a board
	slot   int // the one to open
}

func newKeysPrinter(w io.Writer, cab *keycab.Cabinet, f *keysFlags) *keysPrinter {
	if cab == nil {
		return &keysPrinter{w: w, json: f.format == "json"}
	}
	boards := cab.Boards()
	return &keysPrinter{w: w, json: f.format == "json", boards: boards, each: cab.Slots() / len(boards), slot: f.slot}
}

// slotLine is one slot; Board is there when there are several.
type slotLine struct {
	Board *int        `json:"board,omitempty"`
	Slot  int         `json:"slot"`
	Hook  keycab.Hook `json:"hook"`
	Key   keycab.Key  `json:"key"`
}

type faultLine struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func lineOf(f *devices.Fault) *faultLine {
	if f == nil {
		return nil
	}
	return &faultLine{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
}

func (p *keysPrinter) line(s keycab.Slot) slotLine {
	l := slotLine{Slot: (s.Number-1)%p.each + 1, Hook: s.Hook, Key: s.Key}
	if len(p.boards) > 1 {
		l.Board = &p.boards[(s.Number-1)/p.each]
	}
	return l
}

func (p *keysPrinter) lines(slots []keycab.Slot) []slotLine {
	out := make([]slotLine, len(slots))
	for i, s := range slots {
		out[i] = p.line(s)
	}
	return out
}

func (p *keysPrinter) put(v any, text string) error {
	if !p.json {
		_, err := io.WriteString(p.w, text)
		return err
	}
	return json.NewEncoder(p.w).Encode(v)
}

func (p *keysPrinter) table(s keycab.Snapshot) string {
	if !s.Online {
		return "offline\n"
	}
	var b strings.Builder
	for _, l := range p.lines(s.Slots) {
		b.WriteString(l.text())
	}
	if len(s.Slots) == 0 {
		b.WriteString("online\n") // a tag reader has no slots
	}
	return b.String()
}

func (l slotLine) text() string {
	board := ""
	if l.Board != nil {
		board = fmt.Sprintf("board %d  ", *l.Board)
	}
	return fmt.Sprintf("%sslot %2d  hook %-7s  key %s\n", board, l.Slot, l.Hook, l.Key)
}

func (p *keysPrinter) status(s keycab.Snapshot) error {
	slots := p.lines(s.Slots)
	if !s.Online {
		slots = []slotLine{} // what was never seen is not told
	}
	return p.put(struct {
		Online bool       `json:"online"`
		Slots  []slotLine `json:"slots"`
		Tags   []string   `json:"tags,omitempty"`
		Error  *faultLine `json:"error"`
	}{s.Online, slots, idsOf(s.Tags), lineOf(s.Fault)}, p.table(s))
}

func idsOf(tags []keycab.Tag) []string {
	var ids []string
	for _, t := range tags {
		ids = append(ids, t.ID)
	}
	return ids
}

// whole is the first line of watch, and each time the cabinet comes or goes.
func (p *keysPrinter) whole(s keycab.Snapshot) error {
	if !s.Online {
		return p.put(map[string]bool{"online": false}, p.table(s))
	}
	err := p.put(struct {
		Online bool       `json:"online"`
		Slots  []slotLine `json:"slots"`
	}{true, p.lines(s.Slots)}, p.table(s))
	for _, t := range s.Tags {
		err = errors.Join(err, p.tag(t))
	}
	return err
}

func (p *keysPrinter) tag(t keycab.Tag) error {
	return p.put(t, fmt.Sprintf("tag %s  %s\n", t.ID, t.Action))
}

func (p *keysPrinter) change(c keycab.Change, now time.Time) error {
	l := p.line(c.Slot)
	stamp := now.Format(time.RFC3339Nano)
	return p.put(struct {
		slotLine
		Time string `json:"time"`
	}{l, stamp}, stamp+"  "+l.text())
}

func (p *keysPrinter) outcome(o keycab.Outcome, f *devices.Fault) error {
	return p.put(struct {
		Slot    int            `json:"slot"`
		Outcome keycab.Outcome `json:"outcome"`
		Error   *faultLine     `json:"error,omitempty"`
	}{p.slot, o, lineOf(f)}, fmt.Sprintf("slot %d: %s\n", p.slot, o))
}
