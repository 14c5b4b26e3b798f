package main

import (
	"errors"

	"github.com/spf13/cobra"

	"pitlane/edge/journal"
)

func salvageCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "salvage FILE --out DIR", Short: "take all that checks out of a damaged segment file; the file is not changed",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage("--out is missing", "--out DIR is where the entries go; it is made when it is not there")
			}
			r, err := journal.Salvage(args[0], out)
			if err != nil {
				return &exit{code: exitFailure, err: err}
			}
			if err := printJSON(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			if r.Entries == 0 {
				return &exit{code: exitFailure, quiet: true, err: errors.New("nothing in it checks out")}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "a folder for the entries")
	return cmd
}
