package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"pitlane/devices/obd"
	"pitlane/edge"
)

type sessionFlags struct {
	data string
	scan string
	out  string
	mask bool
}

func sessionCommand() *cobra.Command {
	f := &sessionFlags{}
	cmd := &cobra.Command{
		Use:   "session --data DIR [--scan ID --out FILE [--mask]]",
		Short: "list the recorded scans and clearings of a journal, or write one as a vehicle file",
		Long: "Every scan of a bay, and every clearing of codes, is kept raw in the journal. Without --scan they are listed, one JSON line each; with it one is written\n" +
			"as a vehicle file, which `pitlane replay` decodes and `pitlane-sim --vehicle` plays. The file holds what the car said, its\n" +
			"vehicle identification number with it; --mask gives the car another serial, so that the file can be shown to others.\n" +
			"Exit code 0: done. 1: there is no such record here. 2: wrong usage. 3: the node runs and does not answer.",
		Example: "  pitlane session --data /var/lib/pitlane\n" +
			"  pitlane session --data /var/lib/pitlane --scan 6f1b2c3d4e5f6071 --mask --out car.json && pitlane replay car.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return session(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	cmd.Flags().StringVar(&f.data, "data", "", "a node's folder, or that of pitlane-sim")
	cmd.Flags().StringVar(&f.scan, "scan", "", "the scan or clearing, as the list names it")
	cmd.Flags().StringVar(&f.out, "out", "", "the vehicle file to write")
	cmd.Flags().BoolVar(&f.mask, "mask", false, "replace the serial of the vehicle identification number")
	return cmd
}

func session(ctx context.Context, f *sessionFlags, out io.Writer) error {
	dirs, err := nodeFolders(f.data)
	switch {
	case err != nil:
		return err
	case f.scan == "" && f.out == "" && !f.mask:
		return listSessions(ctx, dirs, out)
	case f.scan == "":
		return usage("--scan is missing", "pitlane session --data DIR lists them")
	case f.out == "":
		return usage("--out is missing", "name the file to write")
	}
	s, err := findSession(ctx, dirs, f.scan)
	if err != nil {
		return err
	}
	if f.mask {
		if err := obd.MaskVIN(s.Exchanges, s.Protocol.Number); err != nil {
			return &exit{code: exitFailure, err: err}
		}
	}
	if err := writeRecord(f.out, s.Vehicle()); err != nil {
		return &exit{code: exitUsage, err: err}
	}
	return nil
}

// listSessions prints each scan once: every node of a shop holds them all.
func listSessions(ctx context.Context, dirs []string, out io.Writer) error {
	var all []edge.SessionInfo
	for _, dir := range dirs {
		list, err := sessionsOf(ctx, dir)
		if err != nil {
			return err
		}
		for _, s := range list {
			i := slices.IndexFunc(all, func(x edge.SessionInfo) bool { return x.Scan == s.Scan })
			switch {
			case i < 0:
				all = append(all, s)
			case s.Whole:
				all[i] = s
			}
		}
	}
	enc := json.NewEncoder(out)
	for _, s := range all {
		if err := enc.Encode(s); err != nil {
			return fmt.Errorf("print a scan: %w", err)
		}
	}
	return nil
}

func sessionsOf(ctx context.Context, dir string) (list []edge.SessionInfo, err error) {
	running, err := answered(ctx, dir, "/sessions", &list)
	if err != nil || running {
		return list, err
	}
	j, err := openStopped(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = j.Close() }() // nothing was written
	if list, err = edge.Sessions(ctx, j); err != nil {
		return nil, &exit{code: exitFailure, err: err}
	}
	return list, nil
}

// findSession looks in one folder after the other: an edge that does not have the
// record whole may have a neighbour that does.
func findSession(ctx context.Context, dirs []string, scan string) (*obd.Session, error) {
	worst := edge.ErrNoScan
	for _, dir := range dirs {
		s, err := sessionOf(ctx, dir, scan)
		switch {
		case err == nil:
			return s, nil
		case errors.Is(err, edge.ErrNoRecord):
			worst = edge.ErrNoRecord
		case !errors.Is(err, edge.ErrNoScan):
			return nil, err
		}
	}
	return nil, &exit{code: exitFailure, err: worst}
}

func sessionOf(ctx context.Context, dir, scan string) (*obd.Session, error) {
	var p edge.PackedSession
	running, err := answered(ctx, dir, "/session?scan="+url.QueryEscape(scan), &p)
	if err != nil {
		return nil, err
	}
	if running {
		for _, known := range []error{edge.ErrNoScan, edge.ErrNoRecord} {
			if p.Error == known.Error() {
				return nil, known
			}
		}
		if p.Error != "" {
			return nil, &exit{code: exitFailure, err: errors.New(p.Error)}
		}
		return unpacked(obd.UnpackSession(p.Packed))
	}
	j, err := openStopped(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = j.Close() }() // nothing was written
	return unpacked(edge.Session(ctx, j, scan))
}

// unpacked says what a record that does not open means for the exit code.
func unpacked(s *obd.Session, err error) (*obd.Session, error) {
	if err == nil || errors.Is(err, edge.ErrNoScan) || errors.Is(err, edge.ErrNoRecord) {
		return s, err
	}
	return nil, &exit{code: exitFailure, err: err}
}

// answered reads what a running node answers; false where none runs.
func answered(ctx context.Context, dir, path string, into any) (bool, error) {
	res, err := ask(ctx, dir, path)
	if err != nil || res == nil {
		return false, err
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return true, &exit{code: exitUnreachable, err: fmt.Errorf("read the node's answer: %w", err)}
	}
	return true, nil
}
