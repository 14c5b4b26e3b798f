package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/devices/serialport"
)

// scanFlags are the flags of `pitlane scan`.
type scanFlags struct {
	port     string
	backend  string
	baud     int
	noRaise  bool
	protocol string
	units    []string
	cold     bool
	quiet    bool
	format   string
	record   string
	mask     bool
	cache    string
	timeout  time.Duration
	verbose  bool
}

// quietRate is how many requests a second --quiet allows: some cars take a faster
// tester for a fault.
const quietRate = 10

func scanCommand() *cobra.Command {
	f := &scanFlags{}
	cmd := &cobra.Command{
		Use:   "scan",
		Short: "read codes, readiness and readings of the car behind an OBD adapter",
		Long: "Reads trouble codes, readiness, VIN and all readings of every control unit of the car, and changes nothing in it.\n" +
			"Exit code 0: scanned. 1: the scan failed and says why. 2: wrong usage. 3: the adapter is not reachable.",
		Example: "  pitlane scan --port /dev/serial/by-id/usb-OBD_adapter\n" +
			"  pitlane scan --port /dev/ttyUSB0 --baud 115200 --format json > scan.json\n" +
			"  pitlane scan --port /dev/ttyUSB0 --record car.json && pitlane replay car.json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return f.refuse(fmt.Sprintf("scan does not know what to do with %q", args[0]), "name the adapter's line with --port", cmd.OutOrStdout())
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return scan(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return f.refuse(err.Error(), "pitlane scan --help names the flags", cmd.OutOrStdout())
	})
	p := cmd.Flags()
	f.adapterFlags(p)
	p.StringSliceVar(&f.units, "ecu", nil, "also read all codes of these control units by UDS: 7E0, 745:765 (asked:answers), 10 (29 bits)")
	p.BoolVar(&f.cold, "cold", false, "forget the protocol of the last car on this port")
	p.BoolVar(&f.quiet, "quiet", false, "no progress, and at most 10 requests a second on the car's bus")
	p.StringVar(&f.record, "record", "", "write the session as a vehicle file")
	p.BoolVar(&f.mask, "mask", false, "with --record: replace the serial of the VIN in the file, so that it can be shown to others")
	p.DurationVar(&f.timeout, "timeout", 60*time.Second, "end the scan after this time")
	return cmd
}

// adapterFlags are those of every command that speaks to a car.
func (f *scanFlags) adapterFlags(p *pflag.FlagSet) {
	p.StringVar(&f.port, "port", "", "serial line of the adapter (best a name under /dev/serial/by-id)")
	p.StringVar(&f.backend, "backend", "", "serial back-end: bugst or tarm")
	p.IntVar(&f.baud, "baud", 38400, "speed of the line")
	p.BoolVar(&f.noRaise, "no-baud-raise", false, "leave the line at the speed at which the adapter is found")
	p.StringVar(&f.protocol, "protocol", "auto", "auto, or an ELM327 protocol number 1..C")
	p.StringVar(&f.format, "format", "text", "text or json")
	p.StringVar(&f.cache, "cache", cacheFile(), "file that remembers the protocol of each port")
	p.BoolVar(&f.verbose, "verbose", false, "log what the driver does to stderr")
}

// log is where the driver says what it does.
func (f *scanFlags) log(errs io.Writer) *slog.Logger {
	if !f.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// scanner is one on the line that the flags name. It owns the line until stop, which
// waits for its end and says what went wrong with it.
func (f *scanFlags) scanner(ctx context.Context, opts obd.Options) (s *obd.Scanner, stop func() error) {
	opts.Port, opts.Baud, opts.NoRaise, opts.Protocol, opts.Cache = f.port, f.baud, f.noRaise, f.protocol, f.cache
	s = obd.New(serialport.Opener(serialport.Config{Path: f.port, Baud: f.baud, Backend: f.backend, Quiet: obd.Quiet, Log: opts.Log}), opts)
	owner, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(owner, func(devices.Reading) {}) }()
	return s, func() error {
		end()
		return <-ended
	}
}

// exitOf is the exit code of a failure.
func exitOf(kind string) int {
	switch kind {
	case "wrong_usage":
		return exitUsage
	case "port", "not_an_adapter":
		return exitUnreachable
	}
	return exitFailure
}

// cacheFile is where protocols are remembered; "" where this user has no place.
func cacheFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "pitlane", "protocols.json")
}

// check refuses what cannot be meant, before anything is opened.
func (f *scanFlags) check() (message, hint string) {
	protocol := strings.ToUpper(f.protocol)
	switch {
	case f.format != "text" && f.format != "json":
		return fmt.Sprintf("there is no format %q", f.format), "--format text or --format json"
	case f.port == "":
		return "--port is missing", "name the adapter's line: --port /dev/serial/by-id/NAME"
	case f.baud <= 0:
		return fmt.Sprintf("there is no speed %d", f.baud), "most adapters use --baud 38400, 115200 or 9600"
	case protocol != "AUTO" && (len(protocol) != 1 || !strings.Contains("123456789ABC", protocol)):
		return fmt.Sprintf("there is no protocol %q", f.protocol), "--protocol auto, or 1 to 9, A, B, C"
	case f.mask && f.record == "":
		return "--mask is for the file of --record", "name the file: --record car.json"
	case f.timeout <= 0:
		return "--timeout is not above zero", "leave it out for 60s"
	case f.backend != "" && f.backend != serialport.Bugst && f.backend != serialport.Tarm:
		return fmt.Sprintf("there is no serial back-end %q", f.backend), "--backend bugst or --backend tarm"
	}
	for _, unit := range f.units {
		if err := obd.CheckUnit(unit); err != nil {
			return err.Error(), "--ecu 7E0, --ecu 745:765 or --ecu 10"
		}
	}
	return "", ""
}

// refuse says that the command was not called as it is meant.
func (f *scanFlags) refuse(message, hint string, out io.Writer) error {
	if f.format == "json" {
		return finish(obd.FailedReport("wrong_usage", message, hint), f, out)
	}
	return usage(message, hint)
}

// scan scans one car and says what was found.
func scan(ctx context.Context, f *scanFlags, out, errs io.Writer) error {
	if message, hint := f.check(); message != "" {
		return f.refuse(message, hint, out)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	report, said, err := runScan(ctx, f, errs)
	if f.record != "" && len(said) > 0 {
		if recorded := writeSession(f, said, report); recorded != nil {
			err = errors.Join(err, recorded)
			_, _ = fmt.Fprintln(errs, "pitlane:", recorded) // the exit code says it too
		}
	}
	if err != nil && report.Error == nil {
		return errors.Join(finish(report, f, out), &exit{code: exitFailure, quiet: true, err: err})
	}
	return finish(report, f, out)
}

// runScan runs a scanner for the length of one scan.
func runScan(ctx context.Context, f *scanFlags, errs io.Writer) (*obd.Report, []obd.Exchange, error) {
	var said []obd.Exchange // written by the scanner's goroutine, read after its end
	opts := obd.Options{
		Units: f.units, Cold: f.cold, Log: f.log(errs),
		Trace: func(e obd.Exchange) { said = append(said, e) },
	}
	if f.quiet {
		opts.Rate = quietRate
	}
	s, stop := f.scanner(ctx, opts)
	bar := newProgress(errs, f.quiet)
	report, err := s.Scan(ctx, bar.show)
	bar.end()
	ran := stop()
	if report.Error != nil {
		err = nil // it is said in the report
	}
	return report, said, errors.Join(err, ran)
}

// writeSession writes what was said as a vehicle file; nothing where a number that
// is to be masked cannot be.
func writeSession(f *scanFlags, said []obd.Exchange, report *obd.Report) error {
	if f.mask {
		if err := obd.MaskVIN(said, report.Protocol.Number); err != nil {
			return err
		}
	}
	return writeRecord(f.record, obd.Record(said, report))
}

func writeRecord(path string, v *obd.Vehicle) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}

// finish prints the report and turns its failure into the exit code.
func finish(r *obd.Report, f *scanFlags, out io.Writer) error {
	var err error
	if f.format == "json" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(r)
	} else {
		err = printReport(out, r)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if r.Error == nil {
		return nil
	}
	return &exit{code: exitOf(r.Error.Kind), quiet: true, err: errors.New(r.Error.Message)}
}
