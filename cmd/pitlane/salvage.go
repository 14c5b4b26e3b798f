package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"pitlane/edge/journal"
)

func salvageCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "salvage FILE --out DIR", Short: "take all that checks out of a damaged segment file; the file is not changed",
		Long: "Reads one segment file record by record and writes every entry that its own hash and signatures bear out, one file of\n" +
			"lines for each log. Exit 1 when nothing in it checks out. What other nodes hold comes back by itself when the edge runs.",
		Example: "  pitlane salvage /var/lib/pitlane/demo-reception/segments/000001.db --out /tmp/salvaged",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage("--out is missing", "--out DIR is where the entries go; it is made when it is not there")
			}
			st, err := os.Stat(args[0])
			if err == nil && st.IsDir() {
				err = errors.New(args[0] + " is a folder")
			}
			if err != nil {
				return usage(err.Error(), "name a segment file: segments/NNNNNN.db in a node's folder, or one in quarantine")
			}
			r, err := journal.Salvage(args[0], out)
			if err != nil {
				return &exit{code: exitFailure, err: err}
			}
			if err := printJSON(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			if r.Entries == 0 {
				return &exit{code: exitFailure, err: errors.New(args[0] + ": nothing in it checks out as an entry (a segment file is segments/NNNNNN.db in a node's folder)")}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "a folder for the entries")
	return cmd
}
