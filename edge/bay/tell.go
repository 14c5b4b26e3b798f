package bay

import (
	"encoding/json"

	"pitlane/devices/keycab"
	"pitlane/devices/obd"
	"pitlane/edge/board"
)

// The states of board.ScannerState.
const (
	scannerNone       = "none"
	scannerConnecting = "connecting"
	scannerOnline     = "online"
	scannerFault      = "fault"
)

// tellStart says which devices there are, before the first word of theirs.
func (b *Bay) tellStart() {
	s, c := scannerNone, scannerNone
	if b.cfg.Scanner != nil {
		s = scannerConnecting
	}
	if b.cfg.Cabinet != nil {
		c = "offline"
	}
	b.tellScanner(board.ScannerState{State: s})
	b.tell(board.Now{Cabinet: &board.DeskCabinet{State: c, Slots: []board.DeskSlot{}}})
}

func (b *Bay) takeStatus(s obd.Status) {
	st := board.ScannerState{State: scannerOnline, Identity: s.Identity, Volts: s.Volts}
	if !s.Online {
		st.State, st.Volts = scannerFault, nil
		if s.Fault != nil {
			st.Fault = &board.Fault{Kind: s.Fault.Kind, Message: s.Fault.Message, Hint: s.Fault.Hint}
		}
	}
	b.tellScanner(st)
}

func (b *Bay) tellScanner(s board.ScannerState) {
	b.mu.Lock()
	b.adapt = s
	b.mu.Unlock()
	b.tell(board.Now{Scanner: &s})
}

// tellScan says how far a scan is. What was read goes along when a step has ended: a
// report at every request would be more bytes than a screen can use.
func (b *Bay) tellScan(s *scan, p obd.Progress) {
	if p.Step != s.step && p.Report != nil {
		s.step, s.read = p.Step, b.reportJSON(s, p.Report)
	}
	st := board.ScanState{
		ID: s.id, Running: true, Step: p.Step, Done: p.Done, Total: p.Total, Codes: codeTexts(p.Report), Report: s.read,
	}
	b.tell(board.Now{Scan: &board.ScanNow{Job: s.order.Job, State: st}})
}

func (b *Bay) tellScanEnd(s *scan, r *obd.Report, failure *obd.Failure) {
	st := board.ScanState{ID: s.id, Step: "done", Codes: codeTexts(r)}
	if failure != nil {
		st.Error = &board.Fault{Kind: failure.Kind, Message: failure.Message, Hint: failure.Hint}
	}
	if r != nil {
		st.Report = b.reportJSON(s, r)
	}
	b.tell(board.Now{Scan: &board.ScanNow{Job: s.order.Job, State: st}})
}

// reportJSON is a report as screens read it, nil where it cannot be written.
func (b *Bay) reportJSON(s *scan, r *obd.Report) json.RawMessage {
	whole, err := json.Marshal(r)
	if err != nil {
		b.log.Error("write the report of a scan for the screen", "scan", s.id, "err", err)
		return nil
	}
	return whole
}

func codeTexts(r *obd.Report) []board.CodeText {
	out := []board.CodeText{}
	if r == nil {
		return out
	}
	for _, c := range codesOf(r) {
		out = append(out, board.CodeText{ECU: c.ECU, Code: c.Code, Status: c.Status, Plain: obd.Plain(c.Code)})
	}
	return out
}

// tellCabinet says how the cabinet is after it came or went.
func (b *Bay) tellCabinet(s keycab.Snapshot) {
	if s.Fault != nil {
		b.tell(board.Now{Fault: &board.Fault{Kind: "cabinet", Message: s.Fault.Message, Hint: s.Fault.Hint}})
	} else if s.Online {
		b.tell(board.Now{ClearFault: &board.ClearFault{Kind: "cabinet"}})
	}
	b.tellCabinetNow()
}

func (b *Bay) cabinetName() string {
	if b.cfg.Cabinet == nil {
		return ""
	}
	return b.cfg.Cabinet.Name()
}

// tellCabinetNow says what hangs where. What was last seen of a cabinet that is
// gone is stale.
func (b *Bay) tellCabinetNow() {
	b.mu.Lock()
	c := board.DeskCabinet{State: "offline", Why: b.live.why, Slots: make([]board.DeskSlot, len(b.live.slots))}
	if b.live.online {
		c.State = "online"
	}
	owners := make([]string, len(b.live.slots))
	alarms := map[int]string{}
	for _, x := range b.book.alarms.Standing() {
		if x.Cabinet == b.cabinetName() && (alarms[x.Slot] == "" || !x.Warning) {
			alarms[x.Slot] = x.What // an alarm before a warning, the newest of each
		}
	}
	for i, s := range b.live.slots {
		c.Slots[i] = board.DeskSlot{
			Slot: s.Number, Hook: string(s.Hook), Key: string(s.Key),
			Stale: !b.live.online, Alarm: alarms[s.Number],
		}
		owners[i] = b.book.slot(s.Number).owner
	}
	b.mu.Unlock()
	for i, id := range owners {
		if st, ok := b.cfg.Jobs.Job(id); id != "" && ok {
			c.Slots[i].Ticket = st.Ticket
		}
	}
	b.tell(board.Now{Cabinet: &c})
}
