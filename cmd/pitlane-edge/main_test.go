package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestDescriptorsStayWithinWhatSelectCanHold(t *testing.T) {
	if err := limitFiles(); err != nil {
		t.Fatal(err)
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	if l.Cur > maxFiles {
		t.Errorf("%d files may be open, want at most %d", l.Cur, maxFiles)
	}
}

func TestErrorsAreOneLineWithTheHint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edge.toml")
	if err := os.WriteFile(file, []byte("languagse = []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), file, slog.New(slog.DiscardHandler))
	if err == nil || exitCode(err) != 2 {
		t.Fatalf("got %v with exit code %d, want 2", err, exitCode(err))
	}
	line := oneLine(err)
	if strings.Contains(line, "\n") || !strings.Contains(line, ":1:1:") || !strings.Contains(line, "did you mean languages?") {
		t.Errorf("got %q", line)
	}
}
