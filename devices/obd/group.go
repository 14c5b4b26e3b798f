package obd

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Several values go in one request on CAN, up to six (ISO 15031-5 §7.1.2.3, SAE J1979),
// and each unit answers those it has in one message. How long that message is follows
// from the widths of the values, so that the number of frames to wait for is known.
const (
	maxGroup = 6
	maxWidth = 5 // bytes of a value that goes with others
)

// group is the first of some PIDs and those that go in one request with it: first what
// the same units have, so that no unit answers for a value alone.
func (x *scan) group(pids []string) []string {
	if x.uds {
		return x.groupUDS(pids)
	}
	group := []string{pids[0]}
	if x.fast.off || !x.isCAN() || !x.groupable(pids[0]) {
		return group
	}
	owners := x.claiming(pids[0])
	for _, same := range []bool{true, false} {
		for _, pid := range pids[1:] {
			if same == slices.Equal(owners, x.claiming(pid)) && x.groupable(pid) && x.fits(append(slices.Clip(group), pid)) {
				group = append(group, pid)
			}
		}
	}
	return group
}

// groupable reports whether a PID may go with others: its width is known, it was not
// found to spoil them, and no unit that has it answers one PID a request only.
func (x *scan) groupable(pid string) bool {
	if w := widthOf(pidNumber(pid)); w == 0 || w > maxWidth || slices.Contains(x.fast.car.Alone, pid) {
		return false
	}
	return !slices.ContainsFunc(x.claiming(pid), func(id string) bool { return x.mostOf(id) < 2 })
}

// mostOf is how many PIDs of a request a unit looks at.
func (x *scan) mostOf(id string) int {
	switch most, known := x.fast.car.Most[id]; {
	case slices.Contains(x.fast.car.Single, id):
		return 1
	case known:
		return most
	}
	return maxGroup
}

// fits reports whether a group is not too much for any unit, and its answers not for
// the count or the adapter's buffer.
func (x *scan) fits(group []string) bool {
	want := x.wanted(group)
	for id := range want {
		if len(group) > x.mostOf(id) {
			return false
		}
	}
	return len(group) <= maxGroup && framesOf(want) <= x.maxCount()
}

// wanted are the PIDs of a group that each unit has.
func (x *scan) wanted(group []string) map[string][]string {
	want := map[string][]string{}
	for _, pid := range group {
		for _, id := range x.claiming(pid) {
			want[id] = append(want[id], pid)
		}
	}
	return want
}

// framesOf is how many CAN frames the answers of units need.
func framesOf(want map[string][]string) int {
	n := 0
	for _, pids := range want {
		size := 1
		for _, pid := range pids {
			size += 1 + widthOf(pidNumber(pid))
		}
		n += framesFor(size)
	}
	return n
}

// framesFor is how many CAN frames a message needs (ISO 15765-2).
func framesFor(size int) int {
	if size <= 7 {
		return 1
	}
	return 1 + (size-6+6)/7
}

func pidNumber(pid string) byte {
	r := parseRequest(pid)
	return r.data[0]
}

// doubts are what a group that failed may be the doing of: units, with how many PIDs
// each of them has looked at, and PIDs.
type doubts struct {
	units map[string]int
	pids  []string
}

// together asks for several PIDs at once and reports whether every unit gave all of
// them that it has. Nothing is taken from an answer that is not so.
func (x *scan) together(group []string) (done bool, d *doubts, err error) {
	text := "01" + strings.Join(group, "")
	want := x.wanted(group)
	frames := framesOf(want)
	counted := x.fast.counts == countsYes && frames <= x.maxCount()
	if counted {
		a, err := x.onceCounted(text, frames, limitRequest)
		if err != nil || x.takeGroup(a, want, frames) {
			return err == nil, nil, err
		}
	}
	a, err := x.once(text, limitRequest)
	if err != nil {
		return false, nil, err
	}
	if x.takeGroup(a, want, frames) {
		if counted && frames <= maxCount {
			x.strike(false)
		}
		return true, nil, nil
	}
	return false, doubtsOf(a, group, want), nil
}

// doubtsOf judges an answer that does not hold what was wanted. A disturbed line is
// nobody's doing.
func doubtsOf(a Answer, group []string, want map[string][]string) *doubts {
	d := &doubts{units: map[string]int{}}
	full := slices.Contains(a.Kinds, KindBufferFull)
	disturbed := slices.ContainsFunc(a.Kinds, func(k string) bool { return k != KindNoData })
	for id, pids := range want {
		e := a.ECUs[id]
		switch {
		case whole(e, pids):
		case full:
			d.units[id] = max(1, len(group)/2)
		case disturbed:
		case e.State == Incomplete:
			d.pids = append(d.pids, pids...)
		default:
			d.units[id] = max(1, answered(e, group))
		}
	}
	return d
}

// answered is how many PIDs of a request a unit has looked at, by its answer.
func answered(e ECUAnswer, group []string) int {
	n := 0
	for _, r := range e.Readings {
		n = max(n, 1+slices.Index(group, r.PID))
	}
	return n
}

// blame keeps what was learned from a group that failed: PIDs that fail alone too spoil
// every group. Where there are none, it is what was in doubt.
func (x *scan) blame(failed []string, d *doubts) {
	if d == nil {
		return
	}
	if len(failed) == 0 {
		failed = d.pids
		for id, n := range d.units {
			if x.fast.car.Most == nil {
				x.fast.car.Most = map[string]int{}
			}
			x.fast.car.Most[id] = max(1, min(x.mostOf(id)-1, n))
		}
	}
	x.fast.car.Alone = append(slices.Clip(x.fast.car.Alone), failed...)
	slices.Sort(x.fast.car.Alone)
	x.fast.car.Alone = slices.Compact(x.fast.car.Alone)
}

// takeGroup takes the readings of an answer that is exactly what was asked for.
func (x *scan) takeGroup(a Answer, want map[string][]string, frames int) bool {
	ids := make([]string, 0, len(want))
	for id, pids := range want {
		if !whole(a.ECUs[id], pids) {
			return false
		}
		ids = append(ids, id)
	}
	if !x.exactly(a, expectation{ids: ids, frames: frames}) {
		return false
	}
	for _, id := range ids {
		x.ecus[id].Readings = append(x.ecus[id].Readings, fitted(a.ECUs[id].Readings)...)
	}
	return true
}

// bitmapsAtOnce asks for the support bitmaps of a service in one request, where it is
// known from before which ones there are and in how many frames they come. It is false
// unless what came is whole: each unit's bitmaps say themselves which follow.
func (x *scan) bitmapsAtOnce(service string, has func(id, item string) bool, take func(id string, e ECUAnswer)) (last string, ok bool, err error) {
	bases := x.fast.car.Bitmaps[service]
	if len(bases) < 2 || x.uds || !x.isCAN() || x.fast.off || x.fast.counts != countsYes {
		return "", false, nil
	}
	text := service + bases
	var of []string
	for _, id := range x.ids() {
		if has(id, bases[:2]) {
			of = append(of, id)
		}
	}
	if x.expected(text, of).frames == 0 {
		return "", false, nil
	}
	a, err := x.requestOf(text, of, limitRequest)
	if err != nil {
		return "", false, err
	}
	whole := slices.Equal(slices.Sorted(slices.Values(a.Order)), of)
	for _, id := range of {
		whole = whole && a.ECUs[id].State == OK && linked(a.ECUs[id].Supported, pairs(bases))
	}
	if !whole { // some unit of this car answers one a request, or is another one now
		x.fast.car.Bitmaps[service] = oneByOne
		return "", false, nil
	}
	for _, id := range of {
		take(id, a.ECUs[id])
	}
	return bases[len(bases)-2:], true, nil
}

// oneByOne marks a service whose bitmaps are not asked for together any more.
const oneByOne = "-"

// linked reports whether bitmaps are a chain: each is named by the one before, and
// none is named that is not there. A bitmap that is there names something.
func linked(supported, bases []string) bool {
	for i, base := range bases {
		from, to := pidNumber(base), int(pidNumber(base))+0x20
		there := slices.ContainsFunc(supported, func(p string) bool { n := int(pidNumber(p)); return n > int(from) && n <= to })
		if i > 0 && there != slices.Contains(supported, base) {
			return false
		}
	}
	return true
}

// learnBitmaps notes which bitmaps of a service there were.
func (x *scan) learnBitmaps(service string, bases []string, has func(id, item string) bool) {
	if x.fast.car.Mark == "" || x.uds || !x.isCAN() || len(bases) < 2 || len(bases) > maxGroup || x.fast.car.Bitmaps[service] == oneByOne {
		return
	}
	frames := 0
	for _, id := range x.ids() {
		size := 1
		for _, base := range bases {
			if has(id, base) {
				size += 5
			}
		}
		if size > 1 {
			frames += framesFor(size)
		}
	}
	if frames == 0 || frames > x.maxCount() {
		return
	}
	if x.fast.car.Bitmaps == nil {
		x.fast.car.Bitmaps = map[string]string{}
	}
	all := strings.Join(bases, "")
	x.fast.car.Bitmaps[service] = all
	if x.fast.car.Frames == nil {
		x.fast.car.Frames = map[string]int{}
	}
	if _, known := x.fast.car.Frames[service+all]; !known {
		x.fast.car.Frames[service+all] = frames
	}
}

// The most frames waited for by STPX: what a buffer of 512 bytes holds while the line is
// slow, and what six units say to any request on one that keeps up with the bus.
const (
	maxTransmit     = 16
	maxTransmitFast = 40
	keepsUp         = 500000
)

// maxCount is the most frames that may be waited for. More than a digit says only STPX.
func (x *scan) maxCount() int {
	switch {
	case !x.c.stn || x.fast.noSTPX:
		return maxCount
	case x.c.rate >= keepsUp:
		return maxTransmitFast
	}
	return maxTransmit
}

// counting is a request that ends with so many frames.
func counting(text string, frames int) string {
	if frames <= maxCount {
		return fmt.Sprintf("%s%d", text, frames)
	}
	return fmt.Sprintf("STPX D:%s, R:%d", text, frames)
}

// onceCounted sends a request that ends with so many frames. A clone that says it is an
// STN chip and does not know its words is not asked so again.
func (x *scan) onceCounted(text string, frames int, limit time.Duration) (Answer, error) {
	a, err := x.once(counting(text, frames), limit)
	if err == nil && frames > maxCount && slices.Contains(a.Kinds, KindUnknown) {
		x.fast.noSTPX = true
	}
	return a, err
}

// whole reports whether an answer holds these PIDs in this order and no other.
func whole(e ECUAnswer, pids []string) bool {
	var got []string
	for _, r := range e.Readings {
		if len(got) == 0 || got[len(got)-1] != r.PID {
			got = append(got, r.PID)
		}
	}
	return e.State == OK && slices.Equal(got, pids)
}
