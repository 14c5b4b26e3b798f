package obd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Steps of a scan, as a screen names them.
const (
	StepConnect   = "connect"
	StepProtocol  = "protocol"
	StepVIN       = "vin"
	StepSupported = "supported"
	StepCodes     = "codes"
	StepReadiness = "readiness"
	StepReadings  = "readings"
	StepFreeze    = "freeze" // freeze frames
	StepTests     = "tests"  // results of the on-board tests
	StepInfo      = "info"   // what the units say of themselves
	StepDone      = "done"
)

// scan is one scan while it runs.
type scan struct {
	ctx     context.Context //nolint:containedctx // a scan is one call; its parts share the call's context
	c       *conn
	opts    *Options
	tell    func(Progress)
	report  *Report
	ecus    map[string]*unit
	step    string
	total   int
	faults  int           // bus faults in a row
	mute    int           // requests in a row that nobody answered
	next    time.Duration // when the rate cap lets the next request go
	uds     bool          // the car speaks SAE J1979-2 or ISO 27145
	extras  extras
	asked   []request // the last ones
	strange int       // answers to what was not asked
	silent  []string  // requests for codes and readiness that nobody answered
	fast    fast
}

// unit is one ECU and what it says it can tell.
type unit struct {
	ECU
	supported map[string]bool
}

// scan reads a car. The report is whole even when the error is not nil; its Error
// then says why.
func (s *Scanner) scan(ctx context.Context, c *conn, tell func(Progress)) (*Report, error) {
	x := &scan{
		ctx: ctx, c: c, opts: &s.opts, tell: tell, report: &Report{}, ecus: map[string]*unit{}, total: 12,
	}
	started := s.opts.Clock()
	c.recorder.begin()
	err := x.steps(x.all(s.memory))
	if err == nil {
		x.learned(s.memory)
	}
	if err != nil && x.report.Error == nil {
		x.report.Error = failureOf(err, true)
	}
	if err == nil {
		x.step = StepDone
	}
	x.report.DurationMS = (s.opts.Clock() - started).Milliseconds()
	x.report = x.snapshot()
	x.total = max(x.report.Requests, 1)
	x.say()
	x.report.Session = c.recorder.session(started, x.report)
	return x.report, err
}

// step is a part of a scan, under the name a screen has for it.
type step struct {
	name string
	do   func() error
}

// all are the steps of a whole scan.
func (x *scan) all(m *memory) []step {
	return []step{
		{StepProtocol, func() error { return x.protocol(m) }},
		{StepVIN, x.vin},
		{StepSupported, x.supported},
		{StepCodes, x.codes},
		{StepReadiness, x.readiness},
		{StepReadings, x.readings},
		{StepReadings, x.more},
		{StepCodes, x.askAgain},
		{StepCodes, x.units},
	}
}

// steps goes through steps; the first that fails ends it.
func (x *scan) steps(steps []step) error {
	x.step = StepConnect
	if x.opts.Clock()-x.c.measured > time.Second {
		if err := x.c.volts(x.ctx); err != nil {
			return err
		}
	}
	x.report.Adapter = x.c.adapter
	x.say()
	for _, s := range steps {
		x.step = s.name
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

// say tells the progress.
func (x *scan) say() {
	x.tell(Progress{Step: x.step, Done: min(x.report.Requests, x.total), Total: x.total, Report: x.snapshot()})
}

// snapshot is a copy of the report as it stands, complete in form.
func (x *scan) snapshot() *Report {
	r := *x.report
	r.Adapter.Hints = slices.Clone(x.c.adapter.Hints)
	r.Errors = slices.Clone(r.Errors)
	r.ECUs = nil
	for _, id := range x.ids() {
		e := x.ecus[id].ECU
		for _, c := range []*Codes{&e.Stored, &e.Pending, &e.Permanent} {
			c.Codes = slices.Clone(c.Codes)
		}
		e.Readiness.Monitors = slices.Clone(e.Readiness.Monitors)
		e.Readings = slices.Clone(e.Readings)
		r.ECUs = append(r.ECUs, e)
	}
	r.complete()
	return &r
}

// ids are the ECUs known, in the order of their addresses: the order in which
// they answer varies.
func (x *scan) ids() []string {
	ids := make([]string, 0, len(x.ecus))
	for id := range x.ecus {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (x *scan) unit(id string) *unit {
	u := x.ecus[id]
	if u == nil {
		u = &unit{ECU: ECU{ID: id}, supported: map[string]bool{}}
		x.ecus[id] = u
	}
	return u
}

// note records that a request was not answered with data.
func (x *scan) note(request, ecu string, a ECUAnswer, message string) {
	if message == "" && a.NRC != "" {
		message = nrcName(a.NRC)
	}
	x.report.Errors = append(x.report.Errors, RequestError{
		Request: x.sent(request), ECU: ecu, State: a.State, NRC: a.NRC, Message: message,
	})
}

// protocol finds the protocol of the car. Nothing counts as connected but an ECU
// that answers 0100 with its bitmap.
func (x *scan) protocol(m *memory) error {
	if m.UDS { // the last car on this port was one that is silent to 0100
		if found, err := x.protocolUDS(m, Answer{Kind: KindNoData}); found || err != nil {
			return err
		}
	}
	if strings.ToUpper(x.opts.Protocol) == protocolJ1939 {
		f := refuseJ1939()
		x.report.Error = f
		return f.fault(errors.New("protocol A"))
	}
	tries := append(likely(m.Number), "0")
	if x.opts.Plain {
		tries = []string{"0"}
	}
	if fixed := strings.ToUpper(x.opts.Protocol); fixed != "" && fixed != "AUTO" {
		tries = []string{fixed}
	}
	var last Answer
	for i, number := range tries {
		guess := number != m.Number && i < len(tries)-1
		if guess && i > 0 && last.Kind != KindNoData {
			continue // the bus is none of these
		}
		a, found, err := x.try(number, guess)
		if err != nil {
			return err
		}
		if last = a; !found {
			continue
		}
		x.report.Protocol.Standard = standardOBD
		x.recall(a, m)
		m.protocol(x.report.Protocol.Number)
		x.say()
		return nil
	}
	if found, err := x.protocolUDS(m, last); found || err != nil {
		return err
	}
	m.protocol("")
	return x.unanswered(last)
}

// likely are the protocols to try before the adapter searches: that of the last car,
// and the two of CAN at 500 kbit/s, which the adapter's own search tries too, but only
// after others and with seconds of waiting.
func likely(remembered string) []string {
	numbers := []string{"6", "7"}
	if remembered == "" {
		return numbers
	}
	return append([]string{remembered}, slices.DeleteFunc(numbers, func(n string) bool { return n == remembered })...)
}

// try asks a car for its bitmap on a protocol. A guess is asked once, and only where
// the adapter knows the protocol by its number.
func (x *scan) try(number string, guess bool) (a Answer, found bool, err error) {
	ask := x.request
	if !guess {
		err = x.choose(number)
	} else {
		var ok bool
		_, ok, err = x.c.command(x.ctx, "ATSP"+number)
		if err = x.c.mute(err); err == nil && !ok {
			return a, false, nil
		}
		x.c.number, x.c.gap = number, 0
		ask = x.askOnce
	}
	if err == nil {
		a, err = ask("0100", limitSearch)
	}
	if err != nil || !x.note0100(a) {
		return a, false, err
	}
	return a, true, x.named(number)
}

// askOnce is request without a second attempt, but where a unit asks for time, or one
// has answered and another's answer is broken.
func (x *scan) askOnce(text string, limit time.Duration) (Answer, error) {
	a, err := x.once(text, limit)
	if again, waits := wantsAgain(a); err == nil && (waits || again && worth(a) > 0) {
		return x.full(text, limit)
	}
	return a, err
}

// choose sets a protocol; ATTP is for adapters that do not know ATSP of a number.
func (x *scan) choose(number string) error {
	x.c.number, x.c.gap = number, 0
	for _, word := range []string{"ATSP" + number, "ATTP" + number} {
		_, ok, err := x.c.command(x.ctx, word)
		if err != nil {
			return x.c.mute(err)
		}
		if ok {
			return nil
		}
		x.c.hint("clone: it does not know " + word)
	}
	return nil
}

// note0100 takes up who answered; it is false when nobody said what it supports.
func (x *scan) note0100(a Answer) bool {
	found := false
	for _, id := range a.Order {
		if e := a.ECUs[id]; e.State == OK {
			found = true
			x.take(id, e)
		}
	}
	if found && x.c.headers && strings.HasPrefix(a.Order[0], "#") { // it said OK to ATH1
		x.c.headers = false
		x.c.hint("clone: its headers cannot be switched on")
	}
	for _, id := range a.Order {
		if e := a.ECUs[id]; found && e.State != OK {
			x.unit(id)
			x.note("0100", id, e, "")
		}
	}
	return found
}

// take adds a support bitmap.
func (x *scan) take(id string, e ECUAnswer) {
	u := x.unit(id)
	for _, pid := range e.Supported {
		u.supported[pid] = true
	}
}

// named asks which protocol was found.
func (x *scan) named(number string) error {
	text, _, err := x.c.command(x.ctx, "ATDPN")
	if err != nil {
		return x.c.mute(err)
	}
	p := protocolOf("ATDPN", text)
	if p != nil && p.Number == "0" {
		p = nil // it has found one and does not say which
	}
	if p == nil && number != "0" {
		p = &ReplayProtocol{Number: number, Name: protocolName(number)}
	}
	if p == nil {
		if text, _, err = x.c.command(x.ctx, "ATDP"); err != nil {
			return x.c.mute(err)
		}
		p = &ReplayProtocol{}
		if named := protocolOf("ATDP", text); named != nil && named.Number != "" {
			p.Number, p.Name = named.Number, protocolName(named.Number)
		}
	}
	if p.Number == protocolJ1939 {
		f := refuseJ1939()
		x.report.Error = f
		return f.fault(errors.New("protocol A"))
	}
	x.c.number = p.Number
	if x.c.gap = 0; x.isCAN() {
		x.c.gap = limitSilent
	}
	x.report.Protocol = Protocol{Number: p.Number, Name: p.Name}
	return nil
}

// unanswered ends a scan whose car said nothing that counts.
func (x *scan) unanswered(a Answer) error {
	f := kindFailure(a.Kind)
	if a.Kind == "" { // somebody spoke: a refusal, or half an answer
		f = &Failure{
			Kind: KindNoData, Message: "the car's control unit gave no usable answer to the first request",
			Hint: "switch the ignition on and scan again",
		}
		for _, id := range a.Order {
			e := a.ECUs[id]
			x.unit(id)
			x.note("0100", id, e, "")
			if e.State == Refused {
				f.Message = "the car's control unit refuses OBD requests (code " + e.NRC + ")"
			}
		}
	} else {
		x.note("0100", "", ECUAnswer{State: stateOfKind(a.Kind)}, words(a.Kind))
	}
	x.report.Error = f
	return f.fault(errors.New(a.Kind))
}
