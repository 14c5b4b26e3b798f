//go:build real

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/sync/wire"
)

// wrongClock is a day on which some nodes' clocks are wrong until a time server is
// heard, and perhaps again later.
type wrongClock struct {
	name   string
	nodes  []string      // whose clocks are wrong
	wrong  time.Duration // by how much; 0: it is 1970
	inside bool          // the broker is reception's own, not Mosquitto
	again  bool          // it happens once more while they run
}

func wrongClocks() []wrongClock {
	edges := []string{"reception", "bay-1", "bay-2"}
	return []wrongClock{
		{name: "a bay wakes in 1970", nodes: []string{"bay-1"}, again: true},
		{name: "reception and its broker wake in 1970", nodes: []string{"reception"}, inside: true, again: true},
		{name: "head office wakes in 1970", nodes: []string{"central"}, again: true},
		{name: "everybody wakes in 1970", nodes: append(edges, "central"), inside: true},
		{name: "all edges are three days fast", nodes: edges, wrong: 72 * time.Hour},
		{name: "reception is 56 years fast", nodes: []string{"reception"}, wrong: 56 * 365 * 24 * time.Hour, again: true},
	}
}

// TestWrongClocks: whole programs on machines whose clocks are wrong join the shop's
// broker over TLS, sync both ways, serve their screens, say that times are not sure,
// give them within 2 s of the truth once a time server was heard, do nothing too early
// that a limit, a retention or an alarm would do, and what they have written verifies.
func TestWrongClocks(t *testing.T) {
	days := wrongClocks()
	shops, bin := freeAddresses(t, len(days)), buildPrograms(t)
	for i, day := range days {
		at := shops[i]
		at.tls = true
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			on := map[string]*machine{}
			for _, node := range nodeNames() {
				on[node] = &machine{boot: "00000000-0000-4000-8000-" + fmt.Sprintf("%012x", len(on))}
				on[node].set(time.Now(), true)
			}
			for _, node := range day.nodes {
				on[node].set(day.now(), false)
			}
			newMQTT := newMosquitto
			if day.inside {
				newMQTT = nil
			}
			newClockVisit(t, newRigOn(t, at, bin, newMQTT, on), day).run()
		})
	}
}

// now is what a wrong clock shows.
func (w wrongClock) now() time.Time {
	if w.wrong == 0 {
		return time.Unix(42, 0)
	}
	return time.Now().Add(w.wrong)
}

func (w wrongClock) edges() []string {
	return slices.DeleteFunc(slices.Clone(w.nodes), func(n string) bool { return n == "central" })
}

// clockVisit is one visit on such a day, with the true times at which things happened.
type clockVisit struct {
	*visit
	day  wrongClock
	base map[string]string // of the edges
	true map[string][2]time.Time
}

func newClockVisit(t *testing.T, r *rig, day wrongClock) *clockVisit {
	base := map[string]string{"reception": "http://" + r.net.reception, "bay-1": "http://" + r.net.bays["bay-1"], "bay-2": "http://" + r.net.bays["bay-2"]}
	return &clockVisit{day: day, true: map[string][2]time.Time{}, base: base, visit: newVisit(r)}
}

func (v *clockVisit) run() {
	ctx := v.t.Context()
	v.during(func() { v.checkIn(ctx) }, "job.opened", "order.signed", "key.hung")
	v.during(func() { v.assign(ctx) }, "bay.assigned")
	v.dev.plug("bay-1", 0, false)
	v.during(func() { v.tapBay(ctx, "receive", nil) }, "car.received")
	v.during(func() { v.scan(ctx) }, "scan.started", "scan.completed")
	v.seenElsewhere()
	v.unsure()
	v.timeServer(true)
	v.sure()
	v.during(func() { v.repair(ctx) }, "work.started", "work.finished")
	if v.day.again {
		v.timeServer(false)
	}
	v.during(func() { v.tapDesk(ctx, "inspect", map[string]any{"passed": true, "checks": []string{"test_drive"}}) }, "inspection.passed")
	v.atDesk(job.PhasePassed)
	if v.day.again {
		v.timeServer(true)
	}
	v.during(func() { v.afterInspection(ctx) }, "car.handed_back")
	v.sure()
	v.nothingLost(disturbance{})
	v.nothingTooEarly()
	v.verifiesThere()
}

// during notes when the events of some kinds happen in truth.
func (v *clockVisit) during(do func(), kinds ...string) {
	from := time.Now()
	do()
	for _, k := range kinds {
		v.true[k] = [2]time.Time{from, time.Now()}
	}
}

// history is the visit's story as an edge tells it.
func (v *clockVisit) history(node string) []desk.HistoryEntry {
	v.t.Helper()
	res, err := http.Get(v.base[node] + "/api/v1/desk/history?job=" + v.id)
	v.must(err)
	defer func() { _ = res.Body.Close() }()
	var h desk.History
	v.must(json.NewDecoder(res.Body).Decode(&h))
	return h.Entries
}

func (v *clockVisit) isWrong(node string) bool {
	return slices.ContainsFunc(v.day.nodes, func(n string) bool { return shopName+"-"+n == node })
}

// unsure: of what a node with a wrong clock has written no edge says that its time is
// sure, and no screen shows a day of 1970; what others have written is sure and right.
func (v *clockVisit) unsure() {
	v.t.Helper()
	for node := range v.base {
		for _, e := range v.history(node) {
			at := e.When.At
			switch {
			case !v.isWrong(e.Node):
				v.right(node, e)
			case e.When.Sure == "sure":
				v.t.Errorf("%s calls the time of %s sure, by a clock that is wrong", node, e.Kind)
			case at != nil && at.Year() < 2026:
				v.t.Errorf("%s dates %s to %d", node, e.Kind, at.Year())
			}
		}
	}
	if v.day.wrong == 0 {
		v.saysSo(true)
	}
	v.onTime()
}

// right: an entry's time is sure, and the truth.
func (v *clockVisit) right(node string, e desk.HistoryEntry) {
	v.t.Helper()
	truth, known := v.true[e.Kind]
	if e.When.Sure != "sure" || e.When.At == nil {
		v.t.Errorf("%s: the time of %s (%s, of %s) is not sure", node, e.Kind, e.When.Sure, e.Node)
		return
	}
	if at := *e.When.At; known && (at.Before(truth[0].Add(-2*time.Second)) || at.After(truth[1].Add(2*time.Second))) {
		v.t.Errorf("%s: %s was at %v, it says %v", node, e.Kind, truth, at)
	}
}

// saysSo: the screens of an edge in 1970 say that times are uncertain.
func (v *clockVisit) saysSo(wanted bool) {
	v.t.Helper()
	isClock := func(f board.Fault) bool { return f.Kind == "clock" }
	for _, node := range v.day.edges() {
		switch node {
		case "reception":
			sees(v.rig, v.desk, time.Minute, "the clock on the desk's screen", func(d board.DeskView) bool { return slices.ContainsFunc(d.Faults, isClock) == wanted })
		case "bay-1":
			sees(v.rig, v.bayUI, time.Minute, "the clock on the bay's screen", func(b board.BayView) bool { return slices.ContainsFunc(b.Faults, isClock) == wanted })
		}
	}
}

// onTime: no screen says that the visit is late or that a limit of days has come, and
// none shows a promise of 1970.
func (v *clockVisit) onTime() {
	v.t.Helper()
	sees(v.rig, v.waiting, time.Minute, "a row that is not late", func(b board.WaitingView) bool {
		return slices.ContainsFunc(b.Rows, func(r board.Row) bool {
			return r.Ticket == v.ticket && !r.Late && (r.Promised == nil || r.Promised.Year() > 2025)
		})
	})
	d := sees(v.rig, v.desk, time.Minute, "the job", func(d board.DeskView) bool { return deskJob(d, v.id).ID == v.id })
	j := deskJob(d, v.id)
	if j.Promised != nil && j.Promised.Year() < 2026 {
		v.t.Errorf("the desk shows a promise of %d", j.Promised.Year())
	}
	for _, x := range j.Timers {
		if !slices.Contains(atOnce(), x.Timer) {
			v.t.Errorf("the limit %s has come", x.Timer)
		}
	}
}

// atOnce are the limits that come with what begins them.
func atOnce() []string {
	return []string{job.TimerExtraToCustomer, job.TimerAnswerToBay, job.TimerInspectorCall}
}

// timeServer is heard by the nodes, or they lose it and their clocks; each of them
// notices.
func (v *clockVisit) timeServer(heard bool) {
	v.t.Helper()
	kind, before := map[bool]string{true: "time.anchor", false: "clock.stepped"}[heard], map[string]int{}
	for _, node := range v.day.edges() {
		before[node] = v.own(node, kind)
	}
	for _, node := range v.day.nodes {
		if heard {
			v.on[node].set(time.Now(), true)
		} else {
			v.on[node].set(v.day.now(), false)
		}
	}
	for _, node := range v.day.edges() {
		v.within(2*time.Minute, kind+" of "+node, func() bool { return v.own(node, kind) > before[node] })
	}
	if v.day.wrong == 0 {
		v.saysSo(!heard)
	}
}

// own counts a node's own entries of a kind.
func (v *clockVisit) own(node, kind string) int {
	n := 0
	for _, e := range v.tail(node) {
		if e.Kind == kind && wire.NodeOf(e.Origin) == shopName+"-"+node {
			n++
		}
	}
	return n
}

// sure: every time of the visit is sure and right, at every edge.
func (v *clockVisit) sure() {
	v.t.Helper()
	for node := range v.base {
		v.within(time.Minute, "sure times at "+node, func() bool {
			return !slices.ContainsFunc(v.history(node), func(e desk.HistoryEntry) bool { return e.When.Sure != "sure" })
		})
		for _, e := range v.history(node) {
			v.right(node, e)
		}
	}
	v.onTimeUnlessGone()
}

func (v *clockVisit) onTimeUnlessGone() {
	v.t.Helper()
	if _, gone := v.true["car.handed_back"]; !gone {
		v.onTime()
	}
}

// nothingTooEarly: nothing was erased, no key or door was out for too long, and only the
// limits have fired that come at once.
func (v *clockVisit) nothingTooEarly() {
	v.t.Helper()
	for _, e := range v.tail("reception") {
		if job.Erases(e.Kind) || e.Kind == (job.TimerOverdue{}).Kind() {
			v.t.Errorf("%s was written by %s", e.Kind, e.Origin)
		}
	}
	for _, what := range []string{job.AlarmDoorOpen, job.WarnOverdue} {
		if strings.Contains(v.desk.frames(), fmt.Sprintf(`"what":%q`, what)) {
			v.t.Errorf("the desk was told of %s", what)
		}
	}
	timers := 0
	for _, e := range v.history("reception") {
		if e.Kind == (job.TimerDue{}).Kind() {
			timers++
		}
	}
	if timers > len(atOnce()) {
		v.t.Errorf("%d limits have fired, at most %d have begun and come", timers, len(atOnce()))
	}
}

// verifiesThere: `pitlane verify` finds nothing either where it is 1970.
func (v *clockVisit) verifiesThere() {
	v.t.Helper()
	old := machine{}
	old.set(time.Unix(42, 0), false)
	cmd := exec.Command(filepath.Join(v.bin, "pitlane"), "verify", "--data", v.folder("bay-1"))
	var said lockedBuffer
	cmd.Stdout, cmd.Stderr = &said, &said
	v.must(old.start(cmd))
	if err := cmd.Wait(); err != nil {
		v.t.Errorf("pitlane verify in 1970: %v\n%s", err, said.String())
	}
}
