//go:build real

package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"pitlane/edge/board"
	"pitlane/edge/job"
)

// TestTrace follows one car with P0133 from the serial byte to the screens and to
// head office's SQL: undisturbed, with the broker cut in the middle, and with the
// bay's edge killed in the middle of the scan; on the embedded broker and on
// Mosquitto; where the broker is cut, all of it over TLS.
func TestTrace(t *testing.T) {
	brokers := map[string]func(*rig) mqtt{"embedded": newEmbedded, "mosquitto": newMosquitto}
	disturbances := map[string]disturbance{"undisturbed": {}, "broker cut": {cut: true}, "bay killed": {kill: true}}
	shops := freeAddresses(t, len(brokers)*len(disturbances))
	bin := buildPrograms(t)
	for name, broker := range brokers {
		for disturbed, disturb := range disturbances {
			at := shops[0]
			at.tls = disturb.cut
			shops = shops[1:]
			t.Run(name+"/"+disturbed, func(t *testing.T) {
				t.Parallel()
				trace(t, newRig(t, at, bin, broker), disturb)
			})
		}
	}
}

type disturbance struct{ cut, kill bool }

// theCar is the customer of the trace; his plate, name and phone must not be seen
// where they may not.
func theCar() customer {
	return customer{Lang: "en", Plate: "粤BTR345", Public: "masked", Name: "Trace Example", Phone: "13900009999",
		Taps: []string{"engine_light"}, Words: "hesitates uphill"}
}

// visit is the trace under way.
type visit struct {
	*rig
	reception, bay       *screen
	waiting, desk, bayUI *watcher
	id, ticket, code     string
}

// newVisit is a customer at reception whose car goes to bay-1, with all that look on.
func newVisit(r *rig) *visit {
	base, bay := "http://"+r.net.reception, "http://"+r.net.bays["bay-1"]
	return &visit{rig: r, reception: newScreen(base), bay: newScreen(bay),
		waiting: r.watch(base, "board"), desk: r.watch(base, "desk"), bayUI: r.watch(bay, "bay")}
}

func trace(t *testing.T, r *rig, d disturbance) {
	v := newVisit(r)
	ctx := t.Context()

	v.checkIn(ctx)
	v.assign(ctx)
	r.dev.plug("bay-1", 0, false)
	v.tapBay(ctx, "receive", nil)
	if d.cut {
		r.mqtt.stop()
	}
	if d.kill {
		v.killInScan(ctx)
	}
	v.scan(ctx)
	if d.cut {
		r.mqtt.start()
	}
	v.seenElsewhere()
	v.repair(ctx)
	v.handBack(ctx)
	v.nothingLost(d)
	v.nothingLeaked()
}

func (v *visit) checkIn(ctx context.Context) {
	v.t.Helper()
	sees(v.rig, v.desk, time.Minute, "a free slot", func(d board.DeskView) bool {
		return slices.ContainsFunc(d.Cabinet.Slots, func(s board.DeskSlot) bool { return s.Key == "absent" && s.Hook == "closed" })
	})
	c, err := v.reception.open(ctx, theCar())
	v.must(err)
	v.id, v.ticket = c.Job, c.Ticket
	v.must(v.reception.sign(ctx, c))
	v.atCabinet(ctx, "/api/v1/checkin/key", map[string]any{"job": c.Job})
	sees(v.rig, v.desk, time.Minute, "the key on its hook", func(d board.DeskView) bool { return deskJob(d, v.id).KeyIn })
	var end checkin
	v.must(v.reception.tap(ctx, "/api/v1/checkin/finish", map[string]any{"job": c.Job}, &end))
	v.code = end.Code
	v.word(job.WordWaiting)
}

func (v *visit) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// word waits until the waiting room shows the public word beside the ticket.
func (v *visit) word(w job.Word) {
	v.t.Helper()
	sees(v.rig, v.waiting, time.Minute, "the word "+string(w), func(b board.WaitingView) bool {
		return slices.ContainsFunc(b.Rows, func(r board.Row) bool { return r.Ticket == v.ticket && r.Word == w })
	})
}

// atCabinet opens a slot at the kiosk. On a loaded machine the simulated board answers
// late, and the edge rightly says that it is not reachable: then it is tapped again.
func (v *visit) atCabinet(ctx context.Context, path string, in map[string]any) {
	v.t.Helper()
	var err error
	v.within(time.Minute, "the cabinet reachable", func() bool {
		err = v.reception.tap(ctx, path, in, nil)
		no, ok := errors.AsType[*refusal](err)
		return !ok || no.Kind != "cabinet" || !strings.Contains(no.Message, "not reachable")
	})
	v.must(err)
}

// tapDesk decides at the desk on what it shows; when the job has moved on since, it
// looks again, as a person is asked to.
func (v *visit) tapDesk(ctx context.Context, what string, more map[string]any) {
	v.t.Helper()
	in := map[string]any{"job": v.id, "by": "SA1", "request": newRequest()}
	for k, x := range more {
		in[k] = x
	}
	var seen []job.Hash
	for {
		sees(v.rig, v.desk, time.Minute, "the job at the desk", func(d board.DeskView) bool {
			now := deskJob(d, v.id).Tips
			fresh := len(now) > 0 && !slices.Equal(now, seen)
			seen = now
			return fresh
		})
		in["seen"] = seen
		err := v.reception.tap(ctx, "/api/v1/desk/"+what, in, nil)
		if no, ok := errors.AsType[*refusal](err); ok && no.Kind == "moved" {
			continue
		}
		v.must(err)
		return
	}
}

func (v *visit) tapBay(ctx context.Context, what string, more map[string]any) {
	v.t.Helper()
	in := map[string]any{"job": v.id, "by": "TE1"}
	for k, x := range more {
		in[k] = x
	}
	v.must(v.bay.tap(ctx, "/api/v1/bay/"+what, in, nil))
}

func (v *visit) assign(ctx context.Context) {
	v.t.Helper()
	v.tapDesk(ctx, "assign", map[string]any{"bay": "bay-1", "lead": "TE1", "helpers": []string{}})
	sees(v.rig, v.bayUI, time.Minute, "the job in the bay", func(b board.BayView) bool {
		return b.Job != nil && b.Job.ID == v.id && b.Scanner.State == "online"
	})
}

// scan starts a scan and waits until P0133 is on the bay screen's WebSocket.
func (v *visit) scan(ctx context.Context) {
	v.t.Helper()
	v.tapBay(ctx, "scan", nil)
	sees(v.rig, v.bayUI, time.Minute, "P0133 on the bay screen", func(b board.BayView) bool {
		return b.Scan != nil && slices.ContainsFunc(b.Scan.Codes, func(c board.CodeText) bool {
			return c.Code == "P0133" && c.Status == "stored" && c.Plain["en"] != ""
		})
	})
	sees(v.rig, v.bayUI, time.Minute, "the scan in the journal", func(b board.BayView) bool {
		return b.Job != nil && slices.ContainsFunc(b.Job.Scans, func(s board.ScanSummary) bool { return s.State == "completed" })
	})
}

// killInScan kills the bay's edge while a scan runs and starts it again.
func (v *visit) killInScan(ctx context.Context) {
	v.t.Helper()
	v.cars.slow.Store(true)
	v.tapBay(ctx, "scan", nil)
	sees(v.rig, v.bayUI, time.Minute, "a scan under way", func(b board.BayView) bool {
		return b.Scan != nil && b.Scan.Running && b.Scan.Done > 2
	})
	v.kill("bay-1")
	v.cars.slow.Store(false)
	v.start("bay-1")
	v.ready("http://" + v.net.bays["bay-1"])
	sees(v.rig, v.bayUI, time.Minute, "the broken scan told as interrupted", func(b board.BayView) bool {
		return b.Job != nil && b.Scanner.State == "online" && slices.ContainsFunc(b.Job.Scans, func(s board.ScanSummary) bool {
			return s.State == "failed" && s.Why == "interrupted"
		})
	})
}

// seenElsewhere: the state in the waiting room, and both in SQL at head office.
func (v *visit) seenElsewhere() {
	v.t.Helper()
	sees(v.rig, v.desk, time.Minute, "the code at the desk", func(d board.DeskView) bool {
		return slices.ContainsFunc(deskJob(d, v.id).Scans, func(s board.ScanSummary) bool {
			return slices.ContainsFunc(s.Codes, func(c board.CodeText) bool { return c.Code == "P0133" })
		})
	})
	v.within(time.Minute, "P0133 in SQL at central", func() bool {
		return v.count(`SELECT count(*) FROM codes WHERE job = ? AND code = 'P0133' AND status = 'stored'`, v.id) == 1
	})
}

func (v *visit) repair(ctx context.Context) {
	v.t.Helper()
	v.tapBay(ctx, "start", nil)
	v.word(job.WordRepair)
	v.tapBay(ctx, "extra", map[string]any{"text": "connector loose", "safety": false})
	var extra string
	sees(v.rig, v.desk, time.Minute, "the extra item at the desk", func(d board.DeskView) bool {
		for _, x := range deskJob(d, v.id).Extras {
			extra = x.ID
		}
		return extra != ""
	})
	v.tapDesk(ctx, "extra", map[string]any{"extra": extra, "answer": "offered", "price": 4200, "promised": time.Now().Add(3 * time.Hour).UnixMilli()})
	v.word(job.WordAnswer)
	v.tapDesk(ctx, "extra", map[string]any{"extra": extra, "answer": "approved", "channel": "phone"})
	sees(v.rig, v.bayUI, time.Minute, "the answer in the bay", func(b board.BayView) bool {
		return b.Job != nil && slices.ContainsFunc(b.Job.Extras, func(x board.BayExtra) bool { return x.State == "approved" })
	})
	v.tapBay(ctx, "finish", map[string]any{"cause": "connector of the front sensor"})
	v.word(job.WordInspection)
	v.dev.plug("bay-1", -1, false)
}

func (v *visit) handBack(ctx context.Context) {
	v.t.Helper()
	v.tapDesk(ctx, "inspect", map[string]any{"passed": true, "checks": []string{"test_drive"}})
	v.atDesk(job.PhasePassed)
	v.afterInspection(ctx)
}

func (v *visit) afterInspection(ctx context.Context) {
	v.t.Helper()
	v.tapDesk(ctx, "prepare", nil)
	v.atDesk(job.PhasePrepared)
	v.tapDesk(ctx, "notify", map[string]any{"channel": "phone"})
	view := v.atDesk(job.PhasePrepared)
	v.tapDesk(ctx, "settle", map[string]any{"paid": deskJob(view, v.id).Total, "method": "card"})
	v.atDesk(job.PhaseSettled)
	v.tapDesk(ctx, "gatepass", nil)
	v.atDesk(job.PhaseGatepass)
	v.must(v.reception.tap(ctx, "/api/v1/pickup/open", map[string]any{"code": v.code}, nil))
	v.atCabinet(ctx, "/api/v1/pickup/key", map[string]any{"code": v.code, "strokes": scribble()})
	v.within(time.Minute, "the job left in SQL at central", func() bool {
		return v.count(`SELECT count(*) FROM jobs WHERE id = ? AND phase = 'left'`, v.id) == 1
	})
}

func (v *visit) atDesk(p job.Phase) board.DeskView {
	v.t.Helper()
	return sees(v.rig, v.desk, time.Minute, "phase "+string(p), inPhase(v.id, p))
}

func (v *visit) count(query string, args ...any) int {
	v.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(v.folder("central"), "central.db")+"?mode=ro")
	v.must(err)
	defer func() { _ = db.Close() }()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		if strings.Contains(err.Error(), "locked") || strings.Contains(err.Error(), "busy") {
			return -1
		}
		v.t.Fatalf("ask central's SQL: %v", err)
	}
	return n
}

// nothingLost: every edge holds the same entries, none missing, none twice; each
// thing that happens once in a visit happened once; central holds as many.
func (v *visit) nothingLost(d disturbance) {
	v.t.Helper()
	all := v.sameEverywhere()
	times := map[string]int{}
	for _, e := range all {
		if e.Job == v.id {
			times[e.Kind]++
		}
	}
	want := map[string]int{"job.opened": 1, "order.signed": 1, "key.hung": 1, "bay.assigned": 1, "car.received": 1, "scan.started": 1,
		"scan.completed": 1, "scan.failed": 0, "work.started": 1, "extra.raised": 1, "extra.approved": 1, "work.finished": 1,
		"inspection.passed": 1, "bill.settled": 1, "gatepass.issued": 1, "key.taken": 1, "car.handed_back": 1}
	if d.kill {
		want["scan.started"], want["scan.failed"] = 2, 1
	}
	for kind, n := range want {
		if times[kind] != n {
			v.t.Errorf("%s happened %d times, want %d", kind, times[kind], n)
		}
	}
	var rows, carried int
	defer func() {
		if v.t.Failed() {
			v.t.Logf("%d entries at every edge at first, %d at reception now; central has %d, in segments of %d", len(all), len(v.tail("reception")), rows, carried)
		}
	}()
	v.within(time.Minute, "all entries at central, each once", func() bool {
		rows, carried = v.count(`SELECT count(*) FROM entries`), v.count(`SELECT coalesce(sum(count), 0) FROM segments`)
		held := len(v.tail("reception")) // the visit's seal comes last, when it comes
		return rows == held && carried == held
	})
	for _, node := range []string{"reception", "bay-1", "bay-2"} {
		v.verifies(node)
	}
}

// nothingLeaked: no plate, name, phone, code or price was ever sent to the waiting
// room, and no name, phone or price to the bay.
func (v *visit) nothingLeaked() {
	v.t.Helper()
	c := theCar()
	public, bay := v.waiting.frames(), v.bayUI.frames()
	if !strings.Contains(public, v.ticket) {
		v.t.Error("the waiting room never showed the ticket: the check below proves nothing")
	}
	for what, secret := range map[string]string{"plate": c.Plate, "name": c.Name, "phone": c.Phone, "code": "P0133", "words": c.Words, "VIN": "LSVAA"} {
		if strings.Contains(public, secret) {
			v.t.Errorf("the waiting room was sent the %s", what)
		}
	}
	for what, secret := range map[string]string{"name": c.Name, "phone": c.Phone, "price": `"price"`} {
		if strings.Contains(bay, secret) {
			v.t.Errorf("the bay was sent the %s", what)
		}
	}
	for node, p := range v.procs {
		for what, secret := range map[string]string{"plate": c.Plate, "name": c.Name, "phone": c.Phone, "VIN": "LSVAA"} {
			if strings.Contains(p.log.String(), secret) {
				v.t.Errorf("the log of %s holds the %s", node, what)
			}
		}
	}
}
