package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pitlane/devices/obd"
)

func replayCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "replay FILE",
		Short: "decode a recorded vehicle without an adapter, one JSON line per exchange",
		Example: "  pitlane scan --port /dev/ttyUSB0 --record car.json\n" +
			"  pitlane replay car.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("replay needs one vehicle file", "for example: pitlane replay car.json")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return replay(args[0], cmd.OutOrStdout())
		},
	}
}

// replay decodes the file at path. What it cannot read is wrong usage: there is
// no car whose answer could be a failure.
func replay(path string, out io.Writer) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return &exit{code: exitUsage, err: err}
	}
	v, err := obd.ParseVehicle(data)
	if err != nil {
		return &exit{code: exitUsage, err: fmt.Errorf("%s: %w", path, err)}
	}
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, line := range obd.Replay(v) {
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write exchange %d: %w", line.I, err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the exchanges: %w", err)
	}
	return nil
}
