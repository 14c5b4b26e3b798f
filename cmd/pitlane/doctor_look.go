package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pitlane/edge"
	"pitlane/edge/web"
)

const lookTime = 3 * time.Second

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (d *doctor) clock() {
	switch edge.ClockQuality() {
	case 0:
		d.bad("clock", "it shows "+time.Now().Format("2006-01-02")+", which cannot be", "set the clock, or let the machine reach a time server; until then times are shown as uncertain")
	case 3:
		d.good("clock", "synchronised")
	default:
		d.good("clock", "plausible, but not synchronised now (timedatectl shows why)")
	}
}

// disk: below 200 MiB a busy day no longer fits.
func (d *doctor) disk() {
	var s unix.Statfs_t
	if err := unix.Statfs(d.cfg.Data, &s); err != nil {
		d.bad("disk", "the space of "+d.cfg.Data+" cannot be read: "+err.Error(), "name an existing folder with data =")
		return
	}
	free := s.Bavail * uint64(s.Bsize) >> 20
	if free < 200 {
		d.bad("disk", fmt.Sprintf("%d MiB are free", free), "make room: intake stops when the disk is full")
		return
	}
	d.good("disk", fmt.Sprintf("%d MiB are free", free))
}

// http: a stopped node's address must be free, a running one's must answer.
func (d *doctor) http(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if d.status == nil {
		ln, err := web.Listen(ctx, d.cfg.HTTP.Listen)
		if err != nil {
			d.bad("http", err.Error(), edge.Hint(err))
			return
		}
		_ = ln.Close() // it was only a look
		d.good("http", d.cfg.HTTP.Listen+" is free")
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.status.Listen+"/readyz", nil)
	if err != nil {
		d.bad("http", err.Error(), "correct [http] listen")
		return
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.bad("http", err.Error(), "the edge hangs: look at its log, then start it again")
		return
	}
	_ = res.Body.Close() // only the status counts
	if res.StatusCode != http.StatusOK {
		d.bad("http", "/readyz answers "+res.Status, "wait a moment; if it stays so, look at the edge's log")
		return
	}
	d.good("http", "the screens are served on "+d.status.Listen)
}

func (d *doctor) ports(_ context.Context) {
	if s := d.cfg.Scanner; s != nil {
		d.port("scanner", s.Port)
	}
	lines, err := d.cfg.Lines()
	for _, l := range lines {
		d.port("cabinet", l.Port)
		if !l.Known {
			d.bad("cabinet", "it is not commissioned, so every hook is unknown and no slot opens", "end the edge and commission it: pitlane keys commission --data "+d.cfg.Data)
		}
	}
	if err != nil {
		d.bad("cabinet", err.Error(), "correct [cabinet] in the configuration, or commission it anew")
	}
}

// port looks at a line without speaking on it.
func (d *doctor) port(check, path string) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.bad(check, path+" is not there", "plug it in"+plugged())
		return
	case err != nil:
		d.bad(check, err.Error(), "correct its port in the configuration")
		return
	case info.Mode()&fs.ModeCharDevice == 0:
		d.bad(check, path+" is no serial line", "name a device, best below /dev/serial/by-id"+plugged())
		return
	}
	if err := unix.Access(path, unix.R_OK|unix.W_OK); err != nil {
		d.bad(check, path+" may not be used by this user", "add the user to the group dialout (usermod -aG dialout USER), then log in again")
		return
	}
	d.good(check, path+" is there and may be used")
}

// plugged names the lines that are there, for a hint.
func plugged() string {
	names, err := filepath.Glob("/dev/serial/by-id/*")
	if err != nil || len(names) == 0 {
		return "; no serial adapter is plugged in now"
	}
	return "; plugged in now: " + strings.Join(names, ", ")
}

// rights: secrets are their owner's alone, and the folder is writable.
func (d *doctor) rights() {
	open := ""
	err := filepath.WalkDir(filepath.Join(d.cfg.Data, "keys"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open = path
		}
		return err
	})
	switch {
	case err != nil:
		d.bad("rights", err.Error(), "run it as the user of the edge")
	case open != "":
		d.bad("rights", open+" may be read by others", "chmod 600 "+open)
	case unix.Access(d.cfg.Data, unix.W_OK) != nil:
		d.bad("rights", d.cfg.Data+" may not be written by this user", "run it as the user of the edge, or chown the folder to that user")
	default:
		d.good("rights", "keys are their owner's alone, the folder is writable")
	}
}
