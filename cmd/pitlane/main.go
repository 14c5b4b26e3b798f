// Command pitlane is the operator's tool: it scans cars, reads key cabinets, and
// looks into a node's journal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// Exit codes of interfaces: 0 done, 1 the answer is a failure, 2 wrong usage, 3
// the device or the other side is not reachable.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// exit is an error that carries its exit code. With Quiet the failure has been
// said already (in the JSON on stdout).
type exit struct {
	code  int
	quiet bool
	err   error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "pitlane",
		Short:         "read cars and key cabinets, and look into a shop's journal",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(commands()...)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	e := &exit{code: exitUsage, err: err}
	errors.As(err, &e)
	if !e.quiet {
		fmt.Fprintln(os.Stderr, "pitlane:", err)
	}
	return e.code
}
