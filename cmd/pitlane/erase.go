package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"pitlane/edge"
)

func eraseCommand() *cobra.Command {
	var data string
	var order edge.EraseOrder
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "erase --data DIR --job ID --by NAME --reason TEXT", Short: "erase the data of a visit that is over, on every node of the shop",
		Long: "Orders the erasure of a visit's data: each node destroys the keys that open it. The journal and its proofs stay\n" +
			"as they are. Prints which nodes have not confirmed yet, after waiting for them; they erase when they are back.",
		Example: "  pitlane erase --data /var/lib/pitlane/demo-reception --job 0123456789abcdef --by \"A. Advisor\" --reason \"asked for it\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if order.Job == "" || order.By == "" || order.Reason == "" {
				return usage("--job, --by and --reason are needed", "the job's id stands in every line of `pitlane tail`")
			}
			dirs, err := nodeFolders(data)
			if err != nil {
				return err
			}
			state, err := eraseOn(cmd.Context(), dirs, order, wait)
			if err != nil {
				return err
			}
			if err := printJSON(cmd.OutOrStdout(), state); err != nil {
				return err
			}
			if len(state.Missing) > 0 {
				return &exit{code: exitFailure, quiet: true, err: errors.New("not every node has confirmed")}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "a running node's folder, or that of pitlane-sim")
	cmd.Flags().StringVar(&order.Job, "job", "", "the job's id")
	cmd.Flags().StringVar(&order.By, "by", "", "who orders it")
	cmd.Flags().StringVar(&order.Reason, "reason", "", "why; no name in it, it is kept")
	cmd.Flags().BoolVar(&order.ContactOnly, "contact-only", false, "names, phones and signatures alone")
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for the other nodes")
	return cmd
}

// eraseOn gives the order to the first running node that knows the visit, and waits
// for the others to confirm.
func eraseOn(ctx context.Context, dirs []string, order edge.EraseOrder, wait time.Duration) (edge.EraseState, error) {
	body, err := json.Marshal(order)
	if err != nil {
		return edge.EraseState{}, fmt.Errorf("order an erasure: %w", err)
	}
	refused := noAnswer(dirs[0], errors.New("it does not run: start it, so that the other nodes hear of it"))
	for _, dir := range dirs {
		res, err := send(ctx, dir, http.MethodPost, "/erase", bytes.NewReader(body)) //nolint:bodyclose // eraseAnswer closes it
		if err != nil || res == nil {
			continue
		}
		state, err := eraseAnswer(res)
		if err != nil {
			refused = err
			continue
		}
		return eraseWait(ctx, dir, state, wait)
	}
	return edge.EraseState{}, refused
}

func eraseAnswer(res *http.Response) (state edge.EraseState, err error) {
	defer func() { _ = res.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return state, &exit{code: exitUnreachable, err: fmt.Errorf("read the node's answer: %w", err)}
	}
	if res.StatusCode != http.StatusOK {
		return state, &exit{code: exitFailure, err: fmt.Errorf("the node refuses: %s", bytes.TrimSpace(text))}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return state, &exit{code: exitUnreachable, err: fmt.Errorf("read the node's answer: %w", err)}
	}
	return state, nil
}

// eraseWait asks until all have confirmed, or the time is over.
func eraseWait(ctx context.Context, dir string, state edge.EraseState, wait time.Duration) (edge.EraseState, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for len(state.Missing) > 0 {
		select {
		case <-again.C:
		case <-over.C:
			return state, nil
		case <-ctx.Done():
			return state, nil
		}
		res, err := ask(ctx, dir, "/erase?job="+url.QueryEscape(state.Job)) //nolint:bodyclose // eraseAnswer closes it
		if err != nil || res == nil {
			return state, err
		}
		if state, err = eraseAnswer(res); err != nil {
			return state, err
		}
	}
	return state, nil
}
