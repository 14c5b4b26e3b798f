package serialport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	tarm "github.com/tarm/goserial"
	bugst "go.bug.st/serial"

	"pitlane/devices"
)

// The back-ends a configuration may name.
const (
	Bugst = "bugst" // go.bug.st/serial, the default
	Tarm  = "tarm"  // github.com/tarm/goserial: no other speed while open, steps of 100 ms
)

// Config names one line.
type Config struct {
	Path        string        // best a name under /dev/serial/by-id
	Baud        int           // 0: 38400
	Backend     string        // Bugst or Tarm, "" is Bugst
	ReadTimeout time.Duration // 0: 100 ms; SetReadTimeout changes it
	Quiet       time.Duration // input is thrown away at open until it was quiet for so long; 0: 50 ms

	Log   *slog.Logger  // nil: none
	Stuck *atomic.Int64 // counts closes that were given up; nil: not counted
}

// Opener returns the opener of a line. Each call of it resolves the path anew,
// takes the line for this process alone and throws stale input away.
func Opener(cfg Config) devices.Opener {
	cfg = cfg.filled()
	return func(ctx context.Context) (devices.Port, error) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
		}
		return open(ctx, cfg)
	}
}

func (c Config) filled() Config {
	if c.Baud == 0 {
		c.Baud = 38400
	}
	if c.Backend == "" {
		c.Backend = Bugst
	}
	if c.ReadTimeout <= 0 {
		c.ReadTimeout = 100 * time.Millisecond
	}
	if c.Quiet <= 0 {
		c.Quiet = 50 * time.Millisecond
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func open(ctx context.Context, cfg Config) (devices.Port, error) {
	real, err := filepath.EvalSymlinks(cfg.Path)
	if err != nil {
		return nil, openFault(cfg, err)
	}
	lock, err := takeLock(real)
	if err != nil {
		return nil, openFault(cfg, err)
	}
	line, err := openLine(cfg, real, lock)
	if err != nil {
		return nil, errors.Join(openFault(cfg, err), lock.Close())
	}
	p := &port{path: cfg.Path, line: line, lock: lock, log: cfg.Log, stuck: cfg.Stuck, idle: make(chan struct{})}
	p.timeout.Store(int64(cfg.ReadTimeout))
	if err := p.drain(ctx, cfg.Quiet); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// openLine opens the back-end. The first Read happens here, guarded: the default
// back-end selects with a set of 1,024 descriptors and panics above it, and a
// descriptor that was good once stays good.
func openLine(cfg Config, real string, lock *lockFile) (backend, error) {
	switch cfg.Backend {
	case Bugst:
		return openBugst(real, cfg.Baud, lock)
	case Tarm:
		return openTarm(real, cfg.Baud, lock)
	}
	return nil, fmt.Errorf("%w: there is no serial back-end %q", errConfig, cfg.Backend)
}

// bugstLine reads through our own descriptor: its own Read holds a thread in select.
type bugstLine struct {
	bugst.Port
	lock *lockFile
}

func openBugst(path string, baud int, lock *lockFile) (backend, error) {
	sp, err := bugst.Open(path, &bugst.Mode{BaudRate: baud})
	if err != nil {
		return nil, err
	}
	if err := firstRead(sp); err != nil {
		return nil, errors.Join(err, sp.Close())
	}
	return bugstLine{sp, lock}, nil
}

// firstRead turns the panic of a descriptor above 1,023 into errTooMany.
func firstRead(sp bugst.Port) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errTooMany
		}
	}()
	if err := sp.SetReadTimeout(0); err != nil {
		return err
	}
	_, err = sp.Read(make([]byte, 256))
	return err
}

func (l bugstLine) read(b []byte, timeout time.Duration) (int, error) {
	return l.lock.read(b, timeout)
}

func (l bugstLine) setBaud(baud int) error { return l.SetMode(&bugst.Mode{BaudRate: baud}) }

// tarmLine waits on our own descriptor: its own steps are 100 ms, and it says EOF
// for a timeout as for an unplugging.
type tarmLine struct {
	io.ReadWriteCloser
	lock *lockFile
}

func openTarm(path string, baud int, lock *lockFile) (backend, error) {
	f, err := tarm.OpenPort(&tarm.Config{Name: path, Baud: baud, ReadTimeout: 100 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	if f == nil { // its answer to a speed it does not know
		return nil, fmt.Errorf("%w: the serial back-end %q does not know %d baud", errConfig, Tarm, baud)
	}
	if _, ok := f.(*os.File); !ok {
		return nil, errors.Join(fmt.Errorf("%w: the serial back-end %q hands out no file", errConfig, Tarm), f.Close())
	}
	return tarmLine{f, lock}, nil
}

func (l tarmLine) read(b []byte, timeout time.Duration) (int, error) {
	if !l.lock.readable(min(timeout, 50*time.Millisecond)) {
		return 0, nil
	}
	n, err := l.Read(b)
	if n == 0 && errors.Is(err, io.EOF) && l.lock.alive() {
		return 0, nil
	}
	return n, err
}

func (tarmLine) setBaud(int) error {
	return fmt.Errorf("%w: the serial back-end %q sets the speed only when it opens", errConfig, Tarm)
}

// drain throws away what was said before we came, until the line was quiet, but
// for no longer than four times that.
func (p *port) drain(ctx context.Context, quiet time.Duration) error {
	p.lock.flushInput()
	timeout := p.timeout.Swap(int64(quiet))
	defer p.timeout.Store(timeout)
	buf := make([]byte, 1024)
	for end := time.Now().Add(4 * quiet); time.Now().Before(end); {
		n, err := p.Read(buf)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("drain %s: %w", p.path, err)
		}
	}
	return nil
}
