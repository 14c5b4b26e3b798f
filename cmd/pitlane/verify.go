package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func verifyCommand() *cobra.Command {
	var data, policy string
	var witness []string
	cmd := &cobra.Command{
		Use: "verify --data DIR | FILE [--policy FILE]", Short: "check a journal, or a receipt: say what is proven, or what is wrong and where",
		Long: "With --data checks every entry that a folder holds: hashes, trees, signatures, openings, files; of several folders also\n" +
			"one against the other, where the nodes are stopped. With FILE checks a receipt,\n" +
			"offline. Prints what is proven and, as findings, what is wrong. Exit 0: all is proven; 1: something is wrong; 2: there was\n" +
			"nothing to check; 3: the node runs and does not answer.\n" +
			"Without --policy the shop's key is the receipt's own: compare it with one that you had from elsewhere.",
		Example: "  pitlane verify --data /var/lib/pitlane/demo-reception\n" +
			"  pitlane verify receipt-C459.tlog-proof --policy shop.policy\n" +
			"  pitlane export --data DIR --job ID --out - | pitlane verify -",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if data != "" {
					return usage("a file and --data cannot be checked together", "call pitlane verify twice")
				}
				return verifyOne(cmd, args[0], policy)
			}
			if policy != "" {
				return usage("--policy is for a receipt", "name the receipt's file too")
			}
			all, err := verifyAll(cmd.Context(), data, witness)
			if err != nil {
				return err
			}
			if err := printJSON(cmd.OutOrStdout(), all); err != nil {
				return err
			}
			if !all.OK {
				return &exit{code: exitFailure, quiet: true, err: errors.New("the journal does not verify")}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "a node's folder, head office's, or that of pitlane-sim")
	cmd.Flags().StringArrayVar(&witness, "witness", nil, "another node's folder, to hold what --data names against (several)")
	cmd.Flags().StringVar(&policy, "policy", "", "what to demand of a receipt: keys and cosigners (C2SP tlog-policy)")
	return cmd
}

// verifyAll checks every folder that --data means.
func verifyAll(ctx context.Context, data string, witness []string) (tlog.VerifyReport, error) {
	all := tlog.VerifyReport{OK: true, Findings: []string{}, Proven: []string{}}
	nodes, offices, err := verifyFolders(data)
	if err != nil {
		return all, err
	}
	named := len(nodes)+len(offices) > 1
	others := tipsOf(ctx, append(slices.Clone(nodes), witness...))
	for _, dir := range nodes {
		r, err := verifyNode(ctx, dir, others)
		if err != nil {
			return all, err
		}
		join(&all, r, dir, named)
	}
	for _, dir := range offices {
		cosigned, err := cosignedOf(append(nodes, witness...))
		if err != nil {
			return all, err
		}
		r, err := verifyOffice(ctx, dir, cosigned)
		if err != nil {
			return all, err
		}
		join(&all, r, dir, named)
	}
	return all, nil
}

func verifyOne(cmd *cobra.Command, name, policy string) error {
	r, err := verifyFile(name, policy)
	if err != nil {
		return err
	}
	if err := printJSON(cmd.OutOrStdout(), r); err != nil {
		return err
	}
	if !r.OK {
		return &exit{code: exitFailure, quiet: true, err: errReceipt}
	}
	return nil
}

// join adds a node's report to that of all, with the node's name where there are
// several.
func join(all *tlog.VerifyReport, r tlog.VerifyReport, dir string, named bool) {
	prefix := ""
	if named {
		prefix = filepath.Base(dir) + ": "
	}
	all.OK = all.OK && r.OK
	for _, step := range r.Next {
		all.Advise(step)
	}
	for _, n := range r.Notes {
		all.Notes = append(all.Notes, prefix+n)
	}
	for _, f := range r.Findings {
		all.Findings = append(all.Findings, prefix+f)
	}
	for _, p := range r.Proven {
		all.Proven = append(all.Proven, prefix+p)
	}
}

// tipsOf is what stopped nodes have of the shop's logs, by folder. What cannot be opened
// says so in its own report; a node that runs holds itself against the others.
func tipsOf(ctx context.Context, dirs []string) map[string][]journal.Tip {
	out := map[string][]journal.Tip{}
	if len(dirs) < 2 {
		return out
	}
	for _, dir := range dirs {
		if j, err := journal.OpenReadOnly(ctx, dir); err == nil {
			out[dir] = j.Tips()
			_ = j.Close() // nothing was written
		}
	}
	return out
}

func verifyNode(ctx context.Context, dir string, others map[string][]journal.Tip) (tlog.VerifyReport, error) {
	var r tlog.VerifyReport
	res, err := ask(ctx, dir, "/verify")
	if err != nil {
		return r, err
	}
	if res != nil {
		defer func() { _ = res.Body.Close() }() // it was only read
		if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
			return r, &exit{code: exitUnreachable, err: fmt.Errorf("read the node's answer: %w", err)}
		}
		return r, nil
	}
	j, err := openStopped(ctx, dir)
	if e := (*exit)(nil); errors.As(err, &e) && e.code == exitFailure {
		return unopened(dir, err), nil
	}
	if err != nil {
		return r, err
	}
	defer func() { _ = j.Close() }() // nothing was written
	r = j.VerifyReport(ctx)
	for _, other := range slices.Sorted(maps.Keys(others)) {
		if other != dir {
			j.VerifyAgainst(&r, filepath.Base(other), others[other])
		}
	}
	if j.Roster() != nil {
		lookAtKeys(&r, dir)
	}
	return r, nil
}

// lookAtKeys says why payloads of a stopped node stay closed. A folder without its keys
// is a backup as it should be; keys that are there and do not open are damaged.
func lookAtKeys(r *tlog.VerifyReport, dir string) {
	v, err := keysOf(dir)
	switch {
	case missing(filepath.Join(dir, "keys", "node.key")):
		r.Notes = append(r.Notes, "the node's keys are not in this folder: its payloads stayed closed, all else is checked")
		return
	case err != nil:
		r.Find("the keys of the payloads cannot be opened: %v", err)
		return
	case v.Lost() != 0:
		r.Find("keys.db is damaged: payloads whose keys lay there stayed closed")
		r.Advise("keys.db: start the node beside the others. It puts a damaged keys.db aside as keys.db.lost, and they hand the keys over again")
	}
	_ = v.Close() // nothing was written
}

// unopened is the report of a folder that cannot be opened: that is a finding, and the
// other folders are still looked at.
func unopened(dir string, err error) tlog.VerifyReport {
	r := tlog.VerifyReport{Findings: []string{}, Proven: []string{}}
	if h := (hint{}); errors.As(err, &h) {
		err = h.error
	}
	r.Find("%v", err)
	if r.Advise(journal.Advice(err)); len(r.Next) == 0 {
		r.Advise("look at what the disk and the rights of " + dir + " are: `pitlane doctor --config` checks both")
	}
	return r
}
