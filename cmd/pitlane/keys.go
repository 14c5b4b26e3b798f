package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitlane/devices"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
)

// keysFlags are the flags of `pitlane keys`.
type keysFlags struct {
	port       string
	driver     string
	backend    string
	baud       int
	boards     []int
	slots      int
	hookClosed int
	keyInput   int
	keyPresent int
	pulse      string
	echo       string
	slot       int
	format     string

	polarity *int // hookClosed where it was given
	keyBit   *int // keyPresent where it was given
}

// How long a cabinet may take to be known in full; and how long one that says
// nothing, or nothing that can be read, is listened to before it is said to be gone.
const (
	keysPatience   = 10 * time.Second
	silentPatience = 3 * time.Second
)

const hookHint = "hooks are unknown without --hook-closed 0|1: close a hook by hand and ask for the status with 1; " +
	"if that slot is then not \"closed\", it is 0"

func keysCommand() *cobra.Command {
	f := &keysFlags{}
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "read a key cabinet, or open one of its slots",
		RunE: func(cmd *cobra.Command, args []string) error {
			return usage("keys needs one of status, open, watch, commission", "for example: pitlane keys status --port /dev/serial/by-id/NAME")
		},
	}
	p := cmd.PersistentFlags()
	p.StringVar(&f.port, "port", "", "serial line of the cabinet (best a name under /dev/serial/by-id)")
	p.StringVar(&f.driver, "driver", keycab.DriverCU16, "make of the boards: "+strings.Join(keycab.Drivers(), ", "))
	p.StringVar(&f.backend, "backend", "", "serial back-end: bugst or tarm")
	p.IntVar(&f.baud, "baud", 0, "speed; 0 is the factory speed of the driver")
	p.IntSliceVar(&f.boards, "board", nil, "bus address of a board; may be given again for each board; the driver's first when left out")
	p.IntVar(&f.slots, "slots", 0, "slots fitted on each board; 0 is all it can have")
	p.IntVar(&f.hookClosed, "hook-closed", -1, "bit that a closed hook shows: 0 or 1")
	p.IntVar(&f.keyInput, "key-input", 0, "first input with a key sensor, counted from 0 (modbus)")
	p.IntVar(&f.keyPresent, "key-present", -1, "bit that a key sensor shows for a key: 0 or 1; 1 when left out")
	p.StringVar(&f.pulse, "pulse", "", "how a modbus module drives a lock: timed (by itself), or host (by us: it stays driven when this machine dies meanwhile)")
	p.StringVar(&f.echo, "echo", "auto", "what the adapter does with our own bytes: none, strip, auto")
	p.IntVar(&f.slot, "slot", 0, "slot to open, 1..N")
	p.StringVar(&f.format, "format", "text", "text or json")
	cmd.AddCommand(
		keysSub("status", "say what hangs where", f, keysStatus),
		keysSub("open", "open one slot and look whether it did", f, keysOpen),
		keysSub("watch", "say what hangs where, and then every change, until ended", f, keysWatch),
		commissionCommand(f),
	)
	return cmd
}

func keysSub(name, short string, f *keysFlags, do func(context.Context, *keysRun) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("hook-closed") {
				f.polarity = &f.hookClosed
			}
			if cmd.Flags().Changed("key-present") {
				f.keyBit = &f.keyPresent
			}
			if err := f.check(name); err != nil {
				return err
			}
			return withCabinet(cmd, f, do)
		},
	}
}

// check refuses what cannot be meant, before anything is opened.
func (f *keysFlags) check(name string) error {
	switch {
	case f.port == "":
		return usage("--port is missing", "name the cabinet's line: --port /dev/serial/by-id/NAME")
	case !slices.Contains(keycab.Drivers(), f.driver):
		return usage(fmt.Sprintf("there is no driver %q", f.driver), "this build has "+strings.Join(keycab.Drivers(), ", "))
	case f.format != "text" && f.format != "json":
		return usage(fmt.Sprintf("there is no format %q", f.format), "--format text or --format json")
	case !slices.Contains([]string{"none", "strip", "auto"}, f.echo):
		return usage(fmt.Sprintf("there is no echo %q", f.echo), "--echo none, strip or auto")
	case f.baud < 0:
		return usage("--baud is below zero", "leave it out for the factory speed")
	case f.keyInput != 0 && f.driver != keycab.DriverModbus:
		return usage("--key-input is for modbus modules", "leave it out: this driver's boards have their own key sensors, or none")
	case f.pulse != "" && f.driver != keycab.DriverModbus:
		return usage("--pulse is for modbus modules", "leave it out: this driver's boards pulse their locks themselves")
	case keycab.IsReader(f.driver) && name == "open":
		return usage("a tag reader opens nothing", "name the driver of the lock boards: --driver "+keycab.DriverCU16)
	}
	if name != "open" {
		return nil
	}
	switch {
	case f.slot == 0:
		return usage("--slot is missing", "name the slot to open: --slot 1")
	case f.polarity == nil:
		return usage("open needs --hook-closed, or nobody can see whether the slot opened", hookHint)
	case len(f.boards) > 1:
		return usage("open takes one --board", "slots are counted from 1 on each board")
	}
	return nil
}

// usage is a wrong call, with the next step.
func usage(message, hint string) error {
	return &exit{code: exitUsage, err: fmt.Errorf("%s (%s)", message, hint)}
}

// keysRun is a cabinet or a reader that is being read, and what it says.
type keysRun struct {
	flags *keysFlags
	cab   *keycab.Cabinet // nil of a reader
	says  <-chan any
	out   *keysPrinter
	warn  func(format string, args ...any)
}

// device is what the flags name; cab is nil of a reader.
func (f *keysFlags) device() (dev devices.Device, cab *keycab.Cabinet, err error) {
	baud := f.baud
	if baud == 0 {
		baud = keycab.Baud(f.driver)
	}
	open := serialport.Opener(serialport.Config{Path: f.port, Baud: baud, Backend: f.backend})
	if keycab.IsReader(f.driver) {
		dev, err = keycab.NewReader(open, keycab.ReaderOptions{Name: "reader", Driver: f.driver})
		return dev, nil, err
	}
	cab, err = keycab.New(open, keycab.Options{
		Name: "cabinet", Driver: f.driver, Boards: f.boards, Locks: f.slots, HookClosed: f.polarity,
		KeyPresent: f.keyBit, KeyInput: f.keyInput, Pulse: f.pulse, Echo: f.echo, Baud: baud,
	})
	return cab, cab, err
}

// withCabinet runs the cabinet while do looks at it.
func withCabinet(cmd *cobra.Command, f *keysFlags, do func(context.Context, *keysRun) error) error {
	dev, cab, err := f.device()
	if err != nil {
		return &exit{code: exitUsage, err: err}
	}
	warn := func(format string, args ...any) { cmd.PrintErrf("pitlane: "+format+"\n", args...) }
	if f.polarity == nil && cab != nil {
		warn("%s", hookHint)
	}
	ctx, stop := context.WithCancel(cmd.Context())
	says, ended := make(chan any), make(chan error, 1)
	go func() {
		defer close(says)
		ended <- dev.Run(ctx, func(r devices.Reading) {
			select {
			case says <- r.Value:
			case <-ctx.Done():
			}
		})
	}()
	err = do(ctx, &keysRun{flags: f, cab: cab, says: says, warn: warn, out: newKeysPrinter(cmd.OutOrStdout(), cab, f)})
	stop()
	for range says { // Run may be about to say something
	}
	if runErr := <-ended; err == nil && runErr != nil {
		return &exit{code: exitUnreachable, err: runErr}
	}
	return err
}

// first waits for the whole state. A line that is not there is said at once; one
// that is silent or disturbed only when it has stayed so. Not online is an error
// that has been put out.
func (k *keysRun) first(ctx context.Context) (keycab.Snapshot, error) {
	ctx, stop := context.WithTimeout(ctx, keysPatience)
	defer stop()
	listened := time.NewTimer(silentPatience)
	defer listened.Stop()
	f := &devices.Fault{Kind: "port", Message: "the key cabinet did not answer in time", Hint: "try again"}
	last, over := keycab.Snapshot{Fault: f}, false
	for {
		select {
		case v := <-k.says:
			s, ok := v.(keycab.Snapshot)
			if !ok {
				continue
			}
			if s.Online || over || s.Why != keycab.WhySilent && s.Why != keycab.WhyNoise {
				return s, unreachable(s.Fault)
			}
			last = s
		case <-listened.C:
			if over = true; last.Why != "" {
				return last, unreachable(last.Fault)
			}
		case <-ctx.Done():
			return last, unreachable(last.Fault)
		}
	}
}

// unreachable is the exit of a cabinet that is not there; nil of one that is.
func unreachable(f *devices.Fault) error {
	if f == nil {
		return nil
	}
	return &exit{code: exitUnreachable, err: fmt.Errorf("%s (%s)", f.Message, f.Hint)}
}

func keysStatus(ctx context.Context, k *keysRun) error {
	s, err := k.first(ctx)
	return errors.Join(err, k.out.status(s))
}

func keysOpen(ctx context.Context, k *keysRun) error {
	if n := k.cab.Slots(); k.flags.slot < 1 || k.flags.slot > n {
		return usage(fmt.Sprintf("there is no slot %d", k.flags.slot), fmt.Sprintf("this board has slots 1 to %d", n))
	}
	if s, err := k.first(ctx); err != nil {
		return errors.Join(err, k.out.outcome(keycab.Failed, s.Fault))
	}
	outcome, err := k.unlock(ctx)
	var f *devices.Fault
	if err != nil && !errors.As(err, &f) {
		f = &devices.Fault{Kind: "interrupted", Message: err.Error(), Hint: "look at the slot", Err: err}
	}
	if outErr := k.out.outcome(outcome, f); outErr != nil {
		return outErr
	}
	switch {
	case errors.Is(err, keycab.ErrRefused):
		return &exit{code: exitFailure, err: fmt.Errorf("%s (%s)", f.Message, f.Hint)}
	case f != nil:
		return unreachable(f)
	case outcome == keycab.Opened:
		return nil
	case outcome == keycab.Failed:
		return &exit{code: exitFailure, err: fmt.Errorf("slot %d did not open (look at its lock: the hook was seen to stay closed)", k.flags.slot)}
	}
	return &exit{code: exitFailure, err: fmt.Errorf("whether slot %d opened is not known (go and look)", k.flags.slot)}
}

// unlock opens the slot while it listens to what the cabinet says meanwhile.
func (k *keysRun) unlock(ctx context.Context) (keycab.Outcome, error) {
	type result struct {
		outcome keycab.Outcome
		err     error
	}
	done := make(chan result, 1)
	go func() {
		o, err := k.cab.Unlock(ctx, k.flags.slot)
		done <- result{o, err}
	}()
	for {
		select {
		case v := <-k.says:
			if w, ok := v.(keycab.Warning); ok {
				k.warn("warning: %s", w.Kind)
			}
		case r := <-done:
			return r.outcome, r.err
		}
	}
}

func keysWatch(ctx context.Context, k *keysRun) error {
	s, err := k.first(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err = errors.Join(err, k.out.whole(s)); err != nil {
		return err
	}
	online := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case v := <-k.says:
			switch v := v.(type) {
			case keycab.Snapshot:
				if v.Online || online { // once for each time it is gone, whatever the reasons
					err = k.out.whole(v)
				}
				online = v.Online
			case keycab.Tag:
				err = k.out.tag(v)
			case keycab.Change:
				err = k.out.change(v, time.Now())
			case keycab.Warning:
				k.warn("warning: %s", v.Kind)
			}
			if err != nil {
				return err
			}
		}
	}
}
