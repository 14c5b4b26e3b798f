package serialport

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	bugst "go.bug.st/serial"
	"golang.org/x/sys/unix"

	"pitlane/devices"
)

var (
	errConfig  = errors.New("the port cannot be used as configured")
	errTooMany = errors.New("too many files are open for a serial port")
)

// byID is where the stable names live.
const byID = "/dev/serial/by-id"

// isGone reports whether an error of the back-end means that the line is gone.
func isGone(err error) bool {
	if pe, ok := errors.AsType[*bugst.PortError](err); ok {
		return pe.Code() == bugst.PortClosed
	}
	for _, gone := range []error{unix.EIO, unix.ENXIO, unix.ENODEV, unix.EBADF, io.EOF, os.ErrClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

func unpluggedFault(path string, cause error) error {
	return &devices.Fault{
		Kind:    "port",
		Message: fmt.Sprintf("the device at %s is gone: %v", path, cause),
		Hint:    "plug it in again; it is found by its name",
		Err:     fmt.Errorf("%w: %w", devices.ErrUnplugged, cause),
	}
}

func baudFault(path string, baud int, cause error) error {
	return &devices.Fault{
		Kind:    "port",
		Message: fmt.Sprintf("set %s to %d baud: %v", path, baud, cause),
		Hint:    "keep the configured speed",
		Err:     cause,
	}
}

// openFault says why a line cannot be opened and what to do about it.
func openFault(cfg Config, cause error) error {
	f := &devices.Fault{Kind: "port", Err: cause, Message: fmt.Sprintf("open %s: %v", cfg.Path, cause), Hint: "check the cable and the port setting"}
	switch code, _ := bugstCode(cause); {
	case errors.Is(cause, fs.ErrNotExist), errors.Is(cause, unix.ENXIO), errors.Is(cause, unix.ENODEV), errors.Is(cause, unix.ENOTDIR), code == bugst.PortNotFound:
		f.Err = fmt.Errorf("%w: %w", devices.ErrMissing, cause)
		f.Message = fmt.Sprintf("there is no port %s", cfg.Path)
		f.Hint = "plug the device in, or set the port to one of: " + names(cfg.Path)
	case errors.Is(cause, devices.ErrBusy), code == bugst.PortBusy:
		f.Err = fmt.Errorf("%w: %w", devices.ErrBusy, cause)
		f.Message = fmt.Sprintf("the port %s is in use", cfg.Path)
		f.Hint = "end the program that uses it: " + holders(cfg.Path)
	case errors.Is(cause, fs.ErrPermission), code == bugst.PermissionDenied:
		f.Message = fmt.Sprintf("no right to open %s", cfg.Path)
		f.Hint = "add this user to the group dialout and sign in again"
	case errors.Is(cause, errTooMany), errors.Is(cause, unix.EMFILE):
		f.Err = fmt.Errorf("%w: %w", errTooMany, cause)
		f.Hint = "close screens that are not used; a serial port needs a descriptor below 1024"
	case errors.Is(cause, errConfig):
		f.Hint = "check path, baud and backend of the port (backend is bugst or tarm)"
	}
	return f
}

func bugstCode(err error) (bugst.PortErrorCode, bool) {
	if pe, ok := errors.AsType[*bugst.PortError](err); ok {
		return pe.Code(), true
	}
	return -1, false
}

// names lists the stable names a person may mean: those beside the path when it
// lies in a folder of such names, else those the system made.
func names(path string) string {
	dir := byID
	if strings.HasPrefix(path, "/dev/serial/") {
		dir = filepath.Dir(path)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return "(none is plugged in)"
	}
	var list []string
	for _, e := range entries[:min(len(entries), 8)] {
		list = append(list, filepath.Join(dir, e.Name()))
	}
	return strings.Join(list, ", ")
}

// holders names the processes that have the line open, as far as this user may
// see them.
func holders(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "(it cannot be seen which)"
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return "(it cannot be seen which)"
	}
	seen := make(map[string]bool)
	var list []string
	for _, l := range links {
		pid := strings.Split(l, "/")[2]
		if to, err := os.Readlink(l); err != nil || to != real || seen[pid] {
			continue
		}
		seen[pid] = true
		comm, _ := os.ReadFile("/proc/" + pid + "/comm") // gone meanwhile: the number is enough
		list = append(list, strings.TrimSpace(string(comm))+" ("+pid+")")
	}
	if len(list) == 0 {
		return "(it cannot be seen which)"
	}
	return strings.Join(list, ", ")
}
