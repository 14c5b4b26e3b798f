package keycab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitlane/devices"
)

// CommissionConfig says what is to be commissioned, and who does it.
type CommissionConfig struct {
	Driver string
	Port   string
	By     string // the person; commissioning is the one place where a slot opens for no job
	// Line makes the opener of the line at a speed.
	Line func(baud int) devices.Opener
	// Baud, Boards, Slots and Slot (to be tried, 1..) are looked for where they are 0.
	Baud     int
	Boards   []int
	Slots    int
	Slot     int
	KeyInput int
	Pulse    string
	// Tell is told of each step, before it is waited for and after.
	Tell func(CommissionStep)
	// Says is what the person says, beside what the sensors show. It is closed when
	// nobody is left to say anything.
	Says <-chan CommissionWord
	// Limit is how long one step may take; 0: a minute.
	Limit time.Duration
	Now   func() time.Time
}

// CommissionWord is what the person may say to a step.
type CommissionWord string

// The words. WordDone answers the first step, and does nothing in the others, which
// end by themselves; WordSkip leaves the key sensors out.
const (
	WordDone   CommissionWord = "done"
	WordRepeat CommissionWord = "repeat"
	WordSkip   CommissionWord = "skip"
	WordAbort  CommissionWord = "abort"
)

// CommissionStep is one thing that is done or asked for.
type CommissionStep struct {
	Step   string `json:"step"` // probe, found, close, open, key_in, key_out, close_again, tag_in, tag_out
	Board  *int   `json:"board,omitempty"`
	Slot   int    `json:"slot,omitempty"`
	Text   string `json:"text,omitempty"`
	OK     bool   `json:"ok,omitempty"`
	Baud   int    `json:"baud,omitempty"`
	Boards []int  `json:"boards,omitempty"`
	Echo   string `json:"echo,omitempty"`
}

// What ends a commissioning before its end; nothing has been learnt then.
var (
	// ErrAborted: the person said so, or is gone.
	ErrAborted = errors.New("the commissioning was ended by the person")
	// ErrNothingMoved: a step took longer than its limit.
	ErrNothingMoved = errors.New("nothing was seen in time")
)

// Commission learns speed, echo, addresses and polarity of a cabinet with the help
// of a person, who opens and closes a slot and puts a key in and takes it out. It
// sends the frame that opens the slot to be tried, once for each try; no other.
func Commission(ctx context.Context, cfg CommissionConfig) (Commissioned, error) {
	if cfg.Limit <= 0 {
		cfg.Limit = time.Minute
	}
	if cfg.Slot == 0 {
		cfg.Slot = 1
	}
	c := &commission{CommissionConfig: cfg}
	c.got = Commissioned{Version: commissionedVersion, By: cfg.By, Driver: cfg.Driver, Port: cfg.Port, Pulse: cfg.Pulse, KeyInput: cfg.KeyInput}
	if cfg.By == "" {
		return c.got, fault("wrong_usage", "commissioning needs the name of who does it", "name yourself: --by NAME", nil)
	}
	do := c.boards
	if IsReader(cfg.Driver) {
		do = c.reader
	}
	if err := do(ctx); err != nil {
		return Commissioned{}, err
	}
	c.got.At = cfg.Now().UTC().Truncate(time.Second)
	return c.got, c.got.check()
}

type commission struct {
	CommissionConfig
	got  Commissioned
	line *probe
}

func (c *commission) boards(ctx context.Context) (err error) {
	if err := c.search(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.line.close()) }()
	if c.Slot < 1 || c.Slot > c.got.Slots {
		return fault("wrong_usage", fmt.Sprintf("there is no slot %d", c.Slot), fmt.Sprintf("a board has slots 1 to %d", c.got.Slots), nil)
	}
	for i, addr := range c.got.Boards {
		if err := c.board(ctx, addr, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// search finds the speed and the boards, and whether our own bytes come back.
func (c *commission) search(ctx context.Context) error {
	bauds, addrs := probeBauds(c.Driver), c.Boards
	if c.Baud > 0 {
		bauds = []int{c.Baud}
	}
	if len(addrs) == 0 {
		addrs = probeBoards(c.Driver)
	}
	c.Tell(CommissionStep{Step: "probe", Text: fmt.Sprintf("looking for boards at %v baud, addresses %d to %d", bauds, addrs[0], addrs[len(addrs)-1])})
	for _, baud := range slices.Concat(bauds, bauds) { // a board that answered late is found the second time
		for _, locks := range c.sizes() {
			found, err := c.searchAt(ctx, baud, locks, addrs)
			if err != nil {
				return err
			}
			if found {
				return nil
			}
		}
	}
	return fault("cabinet", "no board answers at any speed", "check the boards' power, the two wires of the bus (A and B may be swapped), the driver, and the addresses (--board)", nil)
}

// sizes are the numbers of locks that the board is tried with: an 8A board answers
// differently with 24 and 48.
func (c *commission) sizes() []int {
	if c.Driver == Driver8A && c.Slots == 0 {
		return []int{narrow8A, wide8A}
	}
	return []int{c.Slots}
}

func (c *commission) searchAt(ctx context.Context, baud, locks int, addrs []int) (bool, error) {
	o := Options{Driver: c.Driver, Locks: locks, KeyInput: c.KeyInput, Pulse: c.Pulse, Baud: baud}
	p, err := openProbe(ctx, c.Line(baud), o)
	if err != nil {
		return false, err
	}
	if len(c.Boards) > 0 {
		p.reply = replyWindow // they are known to be there
	}
	found, err := p.find(ctx, addrs)
	if err == nil && len(found) > 0 {
		o.Boards = found
		o, err = o.filled(p.talk.Limits())
	}
	if err != nil || len(found) == 0 {
		return false, errors.Join(err, p.close())
	}
	c.line, p.reply = p, replyWindow
	c.got.Baud, c.got.Boards, c.got.Slots, c.got.Echo = baud, found, o.Locks, EchoNone
	if p.echo.seen.on {
		c.got.Echo = EchoStrip
	}
	c.Tell(CommissionStep{Step: "found", OK: true, Baud: baud, Boards: found, Echo: c.got.Echo,
		Text: fmt.Sprintf("boards %v answer at %d baud, echo %s", found, baud, c.got.Echo)})
	return true, nil
}

// board learns the polarity of one board; keys are tried on the first.
func (c *commission) board(ctx context.Context, addr int, first bool) error {
	bit := uint64(1) << (c.Slot - 1)
	step := func(name, text string) CommissionStep {
		return CommissionStep{Step: name, Board: &addr, Slot: c.Slot, Text: text}
	}
	base, err := c.confirm(ctx, addr, step("close", fmt.Sprintf("Close slot %d of board %d, with no key in it, and leave the others alone. Then press Enter.", c.Slot, addr)))
	if err != nil {
		return err
	}
	open, err := c.see(ctx, addr, step("open", fmt.Sprintf("Slot %d of board %d is being opened. If it does not, open it by hand.", c.Slot, addr)),
		func(s sample) uint64 { return s.Hooks ^ base.Hooks }, bit, true)
	if err != nil {
		return err
	}
	closed := int(base.Hooks >> (c.Slot - 1) & 1)
	if c.got.HookClosed != nil && *c.got.HookClosed != closed {
		return fault("cabinet", fmt.Sprintf("board %d shows its hooks the other way round than the boards before it", addr),
			"use locks with the same feedback switch on one line, or put that board on a line of its own", nil)
	}
	c.got.HookClosed = &closed
	if first && base.HasKeys {
		if err := c.keys(ctx, addr, open, bit, step); err != nil {
			return err
		}
	}
	_, err = c.see(ctx, addr, step("close_again", fmt.Sprintf("Close slot %d of board %d.", c.Slot, addr)),
		func(s sample) uint64 { return s.Hooks ^ open.Hooks }, bit, false)
	return err
}

// keys learns what the key sensors show.
func (c *commission) keys(ctx context.Context, addr int, before sample, bit uint64, step func(name, text string) CommissionStep) error {
	moved := func(from sample) func(sample) uint64 { return func(s sample) uint64 { return s.Keys ^ from.Keys } }
	in, err := c.see(ctx, addr, step("key_in", fmt.Sprintf("Put a key into slot %d (or say skip where there is no key sensor).", c.Slot)), moved(before), bit, false)
	if errors.Is(err, errSkipped) {
		return nil
	}
	if err != nil {
		return err
	}
	present := int(in.Keys >> (c.Slot - 1) & 1)
	if _, err := c.see(ctx, addr, step("key_out", fmt.Sprintf("Take the key out of slot %d again.", c.Slot)), moved(in), bit, false); err != nil {
		return err
	}
	c.got.KeyPresent = &present
	return nil
}
