// Command pitlane-sim is a whole shop on one laptop: two bays, reception, broker
// and head office, with simulated cars and a key cabinet on real serial lines.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal leaves at once
	cfg := options{out: os.Stdout}
	flag.StringVar(&cfg.data, "data", "", "keep the shop in this `folder` and go on with it next time; \"\": a temporary one")
	flag.IntVar(&cfg.base, "port-base", 8080, "reception's `port`; bays at +1 and +2, head office at +10, broker at +20")
	flag.Func("vehicle", "play a recorded vehicle `file` as the next bay's car (may be repeated)", func(s string) error {
		cfg.vehicles = append(cfg.vehicles, s)
		return nil
	})
	flag.Uint64Var(&cfg.seed, "seed", 1, "what is left to chance")
	flag.Float64Var(&cfg.speed, "speed", 1, "how fast the scripted morning goes")
	flag.DurationVar(&cfg.span, "for", 0, "end by itself after this `time`")
	flag.BoolVar(&cfg.byHand, "by-hand", false, "no scripted morning: everything is done by you")
	flag.IntVar(&cfg.jammed, "jammed", 0, "the lock of this `slot` of the key cabinet does not move; 0: none")
	flag.BoolVar(&cfg.tls, "tls", false, "the nodes talk over TLS, as on several machines")
	debug := flag.Bool("debug", false, "log everything")
	flag.Parse()
	level := slog.LevelWarn
	if *debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	err := check(ctx, cfg, flag.NArg())
	if err == nil {
		err = run(ctx, cfg, log)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pitlane-sim:", oneLine(err))
		os.Exit(exitCode(err))
	}
}

// options are the command line.
type options struct {
	data     string
	base     int
	vehicles []string
	seed     uint64
	speed    float64
	span     time.Duration
	byHand   bool
	jammed   int
	tls      bool
	out      io.Writer
	listen   func(io.ReadWriter) io.ReadWriter // benchmarks only; see practice
}
