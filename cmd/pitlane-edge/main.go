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
	debug := flag.Bool("debug", false, "log bytes and requests too")
	flag.Parse()
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if err := run(ctx, *config, log); err != nil {
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
