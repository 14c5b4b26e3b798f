package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"pitlane/edge"
	"pitlane/edge/receipt"
)

func exportCommand() *cobra.Command {
	var data, job, out string
	cmd := &cobra.Command{
		Use: "export --data DIR --job ID --out FILE", Short: "write the receipt of a visit: evidence that anybody can check offline",
		Long: "Writes the receipt of a sealed visit: one file that proves without a network what the shop has sealed of it\n" +
			"(C2SP tlog-proof). `pitlane verify FILE` checks it, and so does the page /verify.\n" +
			"Exit 1 until the visit is sealed, and where no node of the folder holds it; 2 when a folder or file is named wrongly;\n" +
			"3 when the node runs and does not answer.",
		Example: "  pitlane export --data /var/lib/pitlane/demo-reception --job j-0123 --out visit.tlog-proof",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if job == "" || out == "" {
				return usage("--job and --out are needed", "the job's id stands in every line of `pitlane tail`; --out names the file to write, - prints it")
			}
			dirs, err := nodeFolders(data)
			if err != nil {
				return err
			}
			file, err := receiptOf(cmd.Context(), dirs, job)
			if err != nil {
				return err
			}
			if out == "-" {
				_, err = cmd.OutOrStdout().Write(file)
				return err
			}
			if err := os.WriteFile(out, file, 0o600); err != nil {
				return usage("the receipt cannot be written: "+err.Error(), "name a file in a folder that is yours")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "a node's folder, or that of pitlane-sim")
	cmd.Flags().StringVar(&job, "job", "", "the job's id")
	cmd.Flags().StringVar(&out, "out", "", "the file to write; - prints it")
	return cmd
}

// receiptOf asks one node after the other, best the one that has sealed the visit:
// it is the one that cosignatures go to.
func receiptOf(ctx context.Context, dirs []string, job string) ([]byte, error) {
	var best []byte
	var errs []error
	most := -1
	for _, dir := range dirs {
		file, err := receiptAt(ctx, dir, job)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p, err := receipt.Verify(file, nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(p.Witness) > most {
			best, most = file, len(p.Witness)
		}
	}
	if best != nil {
		return best, nil
	}
	err := errors.Join(errs...)
	for _, e := range errs {
		var x *exit
		if errors.As(e, &x) && x.code == exitUnreachable {
			return nil, e
		}
		if errors.Is(e, receipt.ErrNotSealed) {
			err = e
		}
	}
	if allOf(errs, receipt.ErrClosed) {
		err = receipt.ErrClosed
	}
	if allOf(errs, receipt.ErrNoJob) { // said once, not by each node
		err = fmt.Errorf("%w %q (the id stands in every line of `pitlane tail --data DIR`)", receipt.ErrNoJob, job)
	}
	return nil, &exit{code: exitFailure, err: err}
}

func allOf(errs []error, target error) bool {
	for _, e := range errs {
		if !errors.Is(e, target) {
			return false
		}
	}
	return len(errs) > 0
}

func receiptAt(ctx context.Context, dir, job string) ([]byte, error) {
	file, asked, err := askReceipt(ctx, dir, job)
	if asked {
		return file, err
	}
	j, err := openStopped(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = j.Close() }() // nothing was written
	shop, err := receipt.ShopOf(dir)
	if err != nil {
		return nil, err
	}
	return receipt.OfJob(ctx, j, shop, job)
}

// askReceipt asks the running node of a folder; asked is false when none runs.
func askReceipt(ctx context.Context, dir, job string) (file []byte, asked bool, err error) {
	res, err := askAny(ctx, dir, "/receipt?job="+url.QueryEscape(job))
	if err != nil || res == nil {
		return nil, err != nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(res.Body, receipt.MaxSize+1))
	if err != nil {
		return nil, true, noAnswer(dir, err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return body, true, nil
	case edge.StatusNotSealed:
		return nil, true, receipt.ErrNotSealed
	case edge.StatusClosed:
		return nil, true, receipt.ErrClosed
	case edge.StatusNoJob:
		return nil, true, receipt.ErrNoJob
	}
	return nil, true, fmt.Errorf("the node answers: %s", strings.TrimSpace(string(body)))
}
