package keycab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Commissioned is what was learnt of one line of a cabinet when a person opened and
// closed a slot of it. It is kept in a file of its own, so that nobody types it.
type Commissioned struct {
	Version    int       `json:"version"` // 1
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Driver     string    `json:"driver"`
	Port       string    `json:"port"`
	Baud       int       `json:"baud"`
	Boards     []int     `json:"boards,omitempty"`
	Slots      int       `json:"slots,omitempty"` // of each board
	HookClosed *int      `json:"hook_closed,omitempty"`
	KeyPresent *int      `json:"key_present,omitempty"` // left out: the boards have no key sensors, or none was tried
	KeyInput   int       `json:"key_input,omitempty"`
	Pulse      string    `json:"pulse,omitempty"`
	Echo       string    `json:"echo,omitempty"`
}

const (
	commissionedVersion = 1
	commissionedMost    = 64 << 10 // bytes of a file
)

// Encode is the file: indented JSON with an end of line.
func (c Commissioned) Encode() ([]byte, error) {
	out, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write down the commissioning: %w", err)
	}
	return append(out, '\n'), nil
}

// ParseCommissioned reads a file. It takes nothing that New or NewReader would
// refuse, and no field that it does not know.
func ParseCommissioned(file []byte) (Commissioned, error) {
	var c Commissioned
	if len(file) > commissionedMost {
		return c, errors.New("read the commissioning file: it is too long")
	}
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("read the commissioning file: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("read the commissioning file: something follows its end")
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("read the commissioning file: %w", err)
	}
	return c, nil
}

func (c Commissioned) check() error {
	switch {
	case c.Version != commissionedVersion:
		return fmt.Errorf("version %d is not one that this build knows", c.Version)
	case c.By == "" || c.Port == "" || c.Baud <= 0 || c.At.IsZero():
		return errors.New("it does not say who commissioned which line at which speed, and when")
	case IsReader(c.Driver):
		return nil
	case c.HookClosed == nil:
		return errors.New("it does not say which bit means a closed hook")
	}
	o := c.Options(Options{})
	t, err := talkOf(o)
	if err != nil {
		return err
	}
	_, err = o.filled(t.Limits())
	return err
}

// Options are the options of a cabinet as commissioned; the names, clock and log of o
// are kept.
func (c Commissioned) Options(o Options) Options {
	o.Driver, o.Boards, o.Locks, o.Baud = c.Driver, c.Boards, c.Slots, c.Baud
	o.HookClosed, o.KeyPresent, o.KeyInput, o.Pulse, o.Echo = c.HookClosed, c.KeyPresent, c.KeyInput, c.Pulse, c.Echo
	return o
}
