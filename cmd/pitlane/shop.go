package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/sync/central"
)

func shopCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shop",
		Short: "make a shop, and add nodes to it",
		RunE: func(*cobra.Command, []string) error {
			return usage("shop needs one of init, add", "for example: pitlane shop init DIR --name NAME")
		},
	}
	cmd.AddCommand(shopInit(), shopAdd())
	return cmd
}

func shopInit() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "init DIR --name NAME", Short: "make a shop's folder: CA, shop key, roster, broker files",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := shop.Init(args[0], name); err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), map[string]string{"shop": name, "dir": args[0]})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the shop's name, with which the names of its nodes begin (a-z, 0-9 and -)")
	return cmd
}

func shopAdd() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use: "add DIR NODE --role bay|reception|central", Short: "add a node, and write what it needs to one folder",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			config := edge.Template()
			if role == shop.RoleCentral {
				config = central.Template()
			}
			r, err := shop.Add(args[0], args[1], role, config)
			if err != nil {
				return err
			}
			if err := printJSON(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			cmd.PrintErrf("carry %s to its machine; carry the file roster after it when more nodes are added, and broker.passwd to the node that has the broker\n", r.Dir)
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", "", "what the node is: bay, reception or central")
	return cmd
}

// printJSON writes one line.
func printJSON(w io.Writer, v any) error {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
