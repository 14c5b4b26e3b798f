// Command pitlane-central is the daemon of head office.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"pitlane/sync/central"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal leaves at once
	config := flag.String("config", "central.toml", "head office's configuration `file`")
	debug := flag.Bool("debug", false, "log requests and messages too")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "pitlane-central: %q is no flag — name the configuration with --config FILE\n", flag.Arg(0))
		os.Exit(2)
	}
	level := slog.LevelInfo
	if *debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if err := run(ctx, *config, log); err != nil {
		fmt.Fprintln(os.Stderr, "pitlane-central:", oneLine(err))
		os.Exit(exitCode(err))
	}
}

func run(ctx context.Context, file string, log *slog.Logger) error {
	cfg, err := central.ReadConfig(file)
	if err != nil {
		return err
	}
	return central.Run(ctx, cfg, log)
}

// oneLine is the error with its next step, where it has one.
func oneLine(err error) string {
	var stepper interface {
		error
		NextStep() string
	}
	if errors.As(err, &stepper) && stepper.NextStep() != "" {
		return err.Error() + " — " + stepper.NextStep()
	}
	return err.Error()
}

// exitCode: 2 for a wrong configuration, 1 for everything else.
func exitCode(err error) int {
	if _, ok := errors.AsType[*central.ConfigError](err); ok {
		return 2
	}
	return 1
}
