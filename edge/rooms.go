package edge

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/desk"
	"pitlane/edge/journal"
)

// devices makes the drivers that the configuration names. What cannot be made is a
// fault on the screens, not the end. A new driver is one line here.
func (h *house) devices() (*obd.Scanner, bay.Cabinet) {
	var scanner *obd.Scanner
	if s := h.cfg.Scanner; s != nil {
		baud := cmp.Or(s.Baud, 38400)
		line := serialport.Opener(serialport.Config{Path: s.Port, Baud: baud, Backend: s.Backend, Quiet: obd.Quiet, Log: h.log})
		scanner = obd.New(line, obd.Options{Name: "scanner", Port: s.Port, Protocol: s.Protocol,
			Baud: baud, NoRaise: s.BaudRaise != nil && !*s.BaudRaise,
			Cache: filepath.Join(h.cfg.Data, "protocols.json"), Log: h.log})
	}
	return scanner, h.cabinet()
}

func (h *house) boardConfig() board.Config {
	nodes := make([]board.Node, 0, len(h.member.Roster.Nodes))
	for _, n := range h.member.Roster.Nodes {
		nodes = append(nodes, board.Node{Node: n.Name, Role: n.Role, Bay: h.bayOf(n.Name)})
	}
	return board.Config{
		Journal: h.journal, Keys: h.vault, Memory: memory{h.journal, h.vault}, Node: h.member.Node, Role: h.member.Role, Bay: h.cfg.Bay.Name, Shop: h.cfg.Shop,
		Nodes: nodes, People: h.cfg.people(), Run: runID(), Now: time.Now, Rows: h.cfg.layout().Rows, Columns: h.cfg.layout().Columns, Plain: obd.Plain, Compare: compareScans, Log: h.log,
	}
}

// bayOf is the bay of a node as far as this configuration knows; a link tells more.
func (h *house) bayOf(node string) string {
	if node == h.member.Node {
		return h.cfg.Bay.Name
	}
	for _, p := range h.cfg.Peer {
		if p.Node == node {
			return p.Bay
		}
	}
	return ""
}

func (c *Config) people() []board.Person {
	people := make([]board.Person, 0, len(c.Person))
	for _, p := range c.Person {
		people = append(people, board.Person{ID: p.ID, Name: p.Name, Role: p.Role})
	}
	return people
}

func (h *house) deskConfig(secret []byte) desk.Config {
	return desk.Config{
		Node: h.member.Node, Shop: h.cfg.Shop, Bay: h.cfg.Bay.Name,
		Journal: h.watched, Board: h.board, Guesses: h.board, People: h.cfg.people(), Order: h.cfg.order(),
		Secret: secret, Random: rand.Reader, Now: time.Now, Plain: obd.Plain, Compare: h.board.Compare, Receipt: h.receipt, Log: h.log,
		Boot: h.rooms.boot(), Beat: h.board.Beat, Public: h.cfg.HTTP.publicBase(), Clocks: h.board.Clocks(), Witnessed: h.witnessed, Erasure: h.eraseState, Dropped: h.dropped,
	}
}

func (c *Config) order() desk.OrderConfig {
	prices := make([]desk.Price, 0, len(c.Price))
	for _, p := range c.Price {
		prices = append(prices, desk.Price{ID: p.ID, Amount: p.Amount, Purposes: p.For, Text: p.Text})
	}
	return desk.OrderConfig{Prices: prices, Currency: c.Order.Currency, Promise: c.Order.Promise.Duration,
		WarrantyDays: c.Order.WarrantyDays, Zone: c.zone()}
}

// zone is the configured zone; ParseConfig has held it against the table.
func (c *Config) zone() *time.Location {
	if c.Timezone == "" {
		return time.Local
	}
	z, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.Local
	}
	return z
}

// runID names this run of the process in the versions that screens hold.
func runID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return hex.EncodeToString(b[:])
}

// deskSecret is what the pick-up codes of this node are made from. It is made at
// the first start and kept beside the node's keys.
func deskSecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "keys", "desk.secret")
	text, err := os.ReadFile(path)
	if err == nil {
		secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(secret) != 32 {
			return nil, hint(fmt.Errorf("read %s: it is not 64 hex digits", path), "move the file away; codes given out so far can then not be shown again")
		}
		return secret, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, hint(fmt.Errorf("read the desk's secret: %w", err), "the program's user must own the node's folder")
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // crypto/rand does not fail
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, hint(fmt.Errorf("make the keys' folder: %w", err), "the program's user must own the node's folder")
	}
	if err := writeWhole(path, []byte(hex.EncodeToString(secret))); err != nil {
		return nil, hint(fmt.Errorf("keep the desk's secret: %w", err), "the program's user must own the node's folder")
	}
	return secret, nil
}

// writeWhole gives a file its name only when its bytes are on disk: half a secret
// would keep the edge from opening ever after.
func writeWhole(path string, body []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// keys is the bay's cabinet as the desk asks for it.
type keys struct{ *bay.Bay }

var _ desk.Keys = keys{}

// Unlock implements desk.Keys.
func (k keys) Unlock(ctx context.Context, u desk.Unlock) (keycab.Outcome, error) {
	return k.Bay.Unlock(ctx, bay.UnlockOrder{Job: u.Job, Slot: u.Slot, Purpose: u.Purpose, By: u.By, Reason: u.Reason, Wish: u.Wish, Request: u.Request})
}

// Acknowledge implements desk.Keys.
func (k keys) Acknowledge(ctx context.Context, a desk.Acknowledge) error {
	return k.Bay.Acknowledge(ctx, bay.Ack{Alarm: a.Alarm, By: a.By, Note: a.Note, Request: a.Request})
}

// scans is the bay's scanner as the desk asks for it.
type scans struct{ *bay.Bay }

var _ desk.Scans = scans{}

// Scan implements desk.Scans.
func (s scans) Scan(ctx context.Context, o desk.Scan) (string, error) {
	return s.Bay.Scan(ctx, bay.ScanOrder{Job: o.Job, By: o.By, Request: o.Request, Seen: o.Seen})
}

// liveUnseen is how long an open screen may be silent: it asks every two seconds.
const liveUnseen = 6 * time.Second

// lives is the bay's scanner as the desk asks it for live values.
type lives struct{ *bay.Bay }

var _ desk.Lives = lives{}

// Live implements desk.Lives.
func (l lives) Live(o desk.Live) error {
	return l.Bay.Live(bay.LiveOrder{Job: o.Job, On: o.On, ECU: o.ECU, PIDs: o.PIDs})
}

// clears is the bay's scanner as the desk asks it to clear codes.
type clears struct{ *bay.Bay }

var _ desk.Clears = clears{}

// Clear implements desk.Clears.
func (c clears) Clear(ctx context.Context, o desk.Clear) (desk.ClearOut, error) {
	r, err := c.Bay.Clear(ctx, bay.ClearOrder{Job: o.Job, By: o.By, Reason: o.Reason, Words: o.Words, Request: o.Request, Seen: o.Seen})
	out := desk.ClearOut{Clear: r.ID, Outcome: r.Outcome, Why: r.Why, Units: []desk.ClearOutUnit{}}
	for _, u := range r.Units {
		out.Units = append(out.Units, desk.ClearOutUnit{ECU: u.ECU, Outcome: u.Outcome, Why: u.Why, NRC: u.NRC})
	}
	return out, err
}

// watched is the journal with an eye on the disk: what is refused for want of room
// is said on every screen until there is room again.
type watched struct {
	*journal.Journal
	tell func(board.Now)
	full atomic.Bool
}

// Append implements the journals of bay and desk.
func (w *watched) Append(ctx context.Context, drafts ...journal.Draft) ([]journal.Entry, error) {
	entries, err := w.Journal.Append(ctx, drafts...)
	if err != nil || !allDevice(drafts) {
		w.note(err)
	}
	return entries, err
}

func (w *watched) note(err error) {
	switch {
	case errors.Is(err, journal.ErrFull) && !w.full.Swap(true):
		w.tell(board.Now{Fault: &board.Fault{Kind: "disk_full", Message: "the disk is full: nothing new can be taken in",
			Hint: "make room on the disk; it goes on by itself"}})
	case err == nil && w.full.Swap(false):
		w.tell(board.Now{ClearFault: &board.ClearFault{Kind: "disk_full"}})
	}
}

// figure is 1 while intake is refused.
func (w *watched) figure() float64 {
	if w.full.Load() {
		return 1
	}
	return 0
}

// watch looks for room until ctx ends: customers are told before they have typed,
// and a kiosk that was closed for want of room opens again though nobody writes.
func (w *watched) watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.note(w.Room(ctx))
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// allDevice: what devices did is written into the reserve, which says nothing of
// the room for others.
func allDevice(drafts []journal.Draft) bool {
	for _, d := range drafts {
		if !d.Device {
			return false
		}
	}
	return true
}
