package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"pitlane/edge"
	"pitlane/sync/node"
)

// maxFiles keeps every descriptor within what select can hold: the serial library
// would panic above it, so the process meets "too many open files" instead.
const maxFiles = 1024

func run(ctx context.Context, file string, log *slog.Logger) error {
	if err := limitFiles(); err != nil {
		return err
	}
	cfg, err := edge.ReadConfig(file)
	if err != nil {
		return err
	}
	return node.Run(ctx, cfg, node.Options{}, log)
}

func limitFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	l.Cur = min(maxFiles, l.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("limit open files: %w", err)
	}
	return nil
}

// exitCode: 2 for a wrong configuration, 1 for everything else.
func exitCode(err error) int {
	if _, ok := errors.AsType[*edge.ConfigError](err); ok {
		return 2
	}
	return 1
}
