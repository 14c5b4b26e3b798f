package edge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/edge/bay"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

// commissionFile is where a cabinet's commissioning is looked for.
const commissionFile = "cabinet.json"

// cabinet makes the key cabinet that the configuration names; nil, with a fault on
// the screens, where it cannot be made.
func (h *house) cabinet() bay.Cabinet {
	k := h.cfg.Cabinet
	if k == nil {
		return nil
	}
	cab, err := h.joined(k)
	if err != nil {
		h.faults = append(h.faults, board.Fault{Kind: "cabinet", Message: "the key cabinet is not set up: " + err.Error(),
			Hint: "correct [cabinet] in the configuration, or commission it anew, and start again"})
		return nil
	}
	return cab
}

// joined is the cabinet with all its lines and readers; a single line stands alone.
func (h *house) joined(k *CabinetConfig) (bay.Cabinet, error) {
	first, err := h.firstLine(k)
	if err != nil {
		return nil, err
	}
	lines, readers := []*keycab.Cabinet{first}, []*keycab.Reader(nil)
	for _, l := range k.Line {
		line, err := h.commissionedLine(l)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	for i, r := range k.Reader {
		open := serialport.Opener(serialport.Config{Path: r.Port, Baud: cmp.Or(r.Baud, keycab.Baud(r.Driver)), Backend: r.Backend, Log: h.log})
		reader, err := keycab.NewReader(open, keycab.ReaderOptions{Name: fmt.Sprintf("%s-reader-%d", k.Name, i+1), Driver: r.Driver, Slot: r.Slot, Log: h.log})
		if err != nil {
			return nil, fmt.Errorf("cabinet.reader %d: %w", i+1, err)
		}
		readers = append(readers, reader)
	}
	if len(lines) == 1 && len(readers) == 0 {
		return first, nil
	}
	return keycab.Join(k.Name, lines, readers, nil)
}

// firstLine is the line of [cabinet] itself: as commissioned, else as configured.
func (h *house) firstLine(k *CabinetConfig) (*keycab.Cabinet, error) {
	opts := keycab.Options{Name: k.Name, Driver: k.Driver, Boards: k.Boards,
		Locks: k.Slots, HookClosed: k.HookClosed, KeyPresent: k.KeyPresent, KeyInput: k.KeyInput, Pulse: k.Pulse,
		Echo: k.Echo, Baud: cmp.Or(k.Baud, keycab.Baud(k.Driver)), Log: h.log}
	port := k.Port
	switch c, err := h.commissioned(cmp.Or(k.Commissioned, commissionFile)); {
	case err == nil:
		opts, port = c.Options(opts), c.Port
	case k.Commissioned != "" || !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return keycab.New(serialport.Opener(serialport.Config{Path: port, Baud: opts.Baud, Backend: k.Backend, Log: h.log}), opts)
}

// commissionedLine is one more line; it has no settings but its commissioning.
func (h *house) commissionedLine(l LineConfig) (*keycab.Cabinet, error) {
	c, err := h.commissioned(l.Commissioned)
	if err != nil {
		return nil, err
	}
	opts := c.Options(keycab.Options{Name: l.Commissioned, Log: h.log})
	return keycab.New(serialport.Opener(serialport.Config{Path: c.Port, Baud: c.Baud, Backend: l.Backend, Log: h.log}), opts)
}

// commissioned reads a commissioning file and remembers to write it into the journal.
func (h *house) commissioned(name string) (keycab.Commissioned, error) {
	c, body, err := readCommissioned(h.cfg.Data, name)
	if err != nil {
		return c, err
	}
	d, err := h.commissioning(c, body)
	h.news = append(h.news, d)
	return c, err
}

// readCommissioned reads the commissioning file of a line of lock boards.
func readCommissioned(data, name string) (c keycab.Commissioned, body []byte, err error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(data, name)
	}
	if body, err = os.ReadFile(path); err != nil {
		return c, nil, fmt.Errorf("read the commissioning of the cabinet: %w", err)
	}
	if c, err = keycab.ParseCommissioned(body); err != nil {
		return c, nil, fmt.Errorf("%s: %w", name, err)
	}
	if c.HookClosed == nil {
		return c, nil, fmt.Errorf("%s: it is of a tag reader, not of lock boards", name)
	}
	return c, body, nil
}

// CabinetLine is one serial line of the key cabinet, for whoever looks at it from
// outside.
type CabinetLine struct {
	Port  string
	Known bool // which bit means a closed hook is known, or there are no hooks: a tag reader
}

// Lines are the lines of the cabinet as its configuration and commissioning files name
// them, in the order in which their slots count on; its readers last.
func (c *Config) Lines() ([]CabinetLine, error) {
	k := c.Cabinet
	if k == nil {
		return nil, nil
	}
	first := CabinetLine{Port: k.Port, Known: k.HookClosed != nil}
	switch done, _, err := readCommissioned(c.Data, cmp.Or(k.Commissioned, commissionFile)); {
	case err == nil:
		first = CabinetLine{Port: done.Port, Known: true}
	case k.Commissioned != "" || !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	lines := []CabinetLine{first}
	for _, l := range k.Line {
		done, _, err := readCommissioned(c.Data, l.Commissioned)
		if err != nil {
			return lines, err
		}
		lines = append(lines, CabinetLine{Port: done.Port, Known: true})
	}
	for _, r := range k.Reader {
		lines = append(lines, CabinetLine{Port: r.Port, Known: true})
	}
	return lines, nil
}

// commissioning is the event of a file. Its request is the file's digest: the same
// file is written once, however often the edge starts.
func (h *house) commissioning(c keycab.Commissioned, body []byte) (journal.Draft, error) {
	p := job.CabinetCommissioned{Cabinet: h.cfg.Cabinet.Name, By: c.By, Driver: c.Driver, Boards: c.Boards, HookClosed: *c.HookClosed}
	work, err := job.Encode(p)
	digest := sha256.Sum256(append([]byte("pitlane cabinet commissioned\n"+h.member.Node+"\n"), body...))
	return journal.Draft{Kind: p.Kind(), Work: work, Request: journal.RequestID(digest[:16]), Device: true}, err
}

// writeNews writes what was found in files at the start.
func (h *house) writeNews(ctx context.Context) {
	if len(h.news) == 0 {
		return
	}
	if _, err := h.watched.Append(ctx, h.news...); err != nil && ctx.Err() == nil {
		h.log.Error("the cabinet's commissioning is not in the journal; the next start tries again", "error", err)
	}
}
