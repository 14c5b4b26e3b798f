package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitlane/devices"
	"pitlane/devices/obd"
)

// liveFlags are the flags of `pitlane live`: those of scan that name the line, and
// what to read.
type liveFlags struct {
	scanFlags
	pids []string
	ecu  string
	rate int
	long time.Duration
}

func liveCommand() *cobra.Command {
	f := &liveFlags{}
	cmd := &cobra.Command{
		Use:   "live",
		Short: "print live values of the car behind an OBD adapter until ended",
		Long: "Reads values of the car again and again and prints each as it comes, until ended by Ctrl-C or after --for.\n" +
			"--format json prints a line a reading: {\"ecu\",\"pid\",\"name\",\"value\",\"unit\",\"time\"}; a fault is a last line {\"error\":{\"kind\",\"message\",\"hint\"}}.\n" +
			"At most 60 requests a second go to the car, with --quiet 10: some cars take a faster tester for a fault.\n" +
			"Exit code 0: ended. 1: it failed and says why. 2: wrong usage. 3: the adapter is not reachable.",
		Example: "  pitlane live --port /dev/serial/by-id/usb-OBD_adapter\n" +
			"  pitlane live --port /dev/ttyUSB0 --pid 0C,0D --for 1m --format json > drive.jsonl",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return live(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return f.refuse(err.Error(), "pitlane live --help names the flags", cmd.OutOrStdout())
	})
	p := cmd.Flags()
	f.adapterFlags(p)
	p.StringSliceVar(&f.pids, "pid", nil, "values of mode 01 to read, two hex digits each (none: what most look at)")
	p.StringVar(&f.ecu, "ecu", "", "one control unit, as scan names it (none: all)")
	p.IntVar(&f.rate, "rate", 0, "requests a second at most")
	p.DurationVar(&f.long, "for", 0, "end after this time (0: when ended)")
	p.BoolVar(&f.quiet, "quiet", false, "at most 10 requests a second, and nothing but the values")
	f.timeout = time.Minute // that of a scan, which is not asked for
	return cmd
}

// checkLive refuses what cannot be meant, before anything is opened.
func (f *liveFlags) checkLive() (message, hint string) {
	if message, hint := f.check(); message != "" {
		return message, hint
	}
	odd := func(pid string) bool {
		n, err := strconv.ParseUint(pid, 16, 8)
		return err != nil || len(pid) != 2 || n%0x20 == 0
	}
	switch {
	case slices.ContainsFunc(f.pids, odd):
		return "a --pid is not two hex digits of a value", "--pid 0C,0D; pitlane scan names what the car has"
	case f.rate < 0 || f.long < 0:
		return "--rate and --for are not below zero", "leave them out"
	}
	return "", ""
}

// liveLine is one line of JSON.
type liveLine struct {
	obd.LiveReading
	Time time.Time `json:"time"`
}

// live prints until ctx ends.
func live(ctx context.Context, f *liveFlags, out, errs io.Writer) error {
	if message, hint := f.checkLive(); message != "" {
		return f.endsWith(&devices.Fault{Kind: "wrong_usage", Message: message, Hint: hint}, out)
	}
	s, stop := f.scanner(ctx, obd.Options{Rate: f.rate, Quiet: f.quiet, Log: f.log(errs)})
	looking, end := context.WithCancel(ctx)
	begun := func([]obd.LivePID) {
		if f.long > 0 {
			time.AfterFunc(f.long, end)
		}
	}
	var wrote error
	err := s.Live(looking, obd.LiveOrder{ECU: strings.ToUpper(f.ecu), PIDs: f.pids, Begun: begun}, func(r obd.LiveReading) {
		if wrote = f.print(out, r); wrote != nil {
			end() // nobody reads any more
		}
	})
	end()
	ran := stop()
	if fault, ok := errors.AsType[*devices.Fault](err); ok {
		return f.endsWith(fault, out)
	}
	return errors.Join(err, ran, wrote)
}

func (f *liveFlags) print(out io.Writer, r obd.LiveReading) error {
	if f.format == "json" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(liveLine{r, time.Now().UTC()})
	}
	name, value := r.PID, r.Raw
	if r.Name != nil {
		name = strings.ReplaceAll(*r.Name, "_", " ")
	}
	if r.Value != nil {
		value = fmt.Sprint(r.Value)
	}
	_, err := fmt.Fprintf(out, "%s  %-8s  %s  %s %s\n", time.Now().Format("15:04:05.000"), r.ECU, name, value, r.Unit)
	return err
}

// endsWith says a fault, in JSON as the last line, and makes it the exit code.
func (f *liveFlags) endsWith(fault *devices.Fault, out io.Writer) error {
	e := &exit{code: exitOf(fault.Kind), err: errors.New(fault.Message + ": " + fault.Hint)}
	if f.format == "json" {
		e.quiet = true
		line := map[string]*obd.Failure{"error": {Kind: fault.Kind, Message: fault.Message, Hint: fault.Hint}}
		if err := json.NewEncoder(out).Encode(line); err != nil {
			return err
		}
	}
	return e
}
