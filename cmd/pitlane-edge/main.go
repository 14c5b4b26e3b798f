// Command pitlane-edge is the daemon of one bay or one reception.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"pitlane/edge"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal leaves at once
	config := flag.String("config", "edge.toml", "the node's configuration `file`")
	stay := flag.Bool("stay", false, "when the edge cannot open, serve screens that say why until it is ended")
	debug := flag.Bool("debug", false, "log bytes and requests too")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "pitlane-edge: %q is no flag — name the configuration with --config FILE\n", flag.Arg(0))
		os.Exit(2)
	}
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	err := run(ctx, *config, log)
	if err != nil && *stay && ctx.Err() == nil {
		err = edge.Explain(ctx, *config, err, log)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pitlane-edge:", oneLine(err))
		os.Exit(exitCode(err))
	}
}

func oneLine(err error) string {
	if hint := edge.Hint(err); hint != "" {
		return err.Error() + " — " + hint
	}
	return err.Error()
}
