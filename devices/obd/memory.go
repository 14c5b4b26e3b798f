package obd

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
)

// memory remembers what was learned on a port: the adapter, the protocol of the
// last car, and how that car may be asked faster. Losing it costs time, so that a
// file that cannot be read or written is no fault. It belongs to the owner goroutine.
type memory struct {
	file string
	port string
	known
	log *slog.Logger
}

// known is what is remembered of one port. Nothing in it names a car or its owner.
type known struct {
	Number      string `json:"protocol,omitempty"`
	Identity    string `json:"identity,omitempty"` // answer to ATI
	Description string `json:"description,omitempty"`
	STN         bool   `json:"stn,omitempty"`
	UDS         bool   `json:"uds,omitempty"`      // the last car spoke SAE J1979-2 or ISO 27145
	Counts      string `json:"counts,omitempty"`   // whether the adapter knows response counts: yes, no; "": not tried
	Rate        int    `json:"rate,omitempty"`     // where the adapter was found when it was not at the configured speed
	Raised      int    `json:"raised,omitempty"`   // the speed it was raised to
	NoRaise     bool   `json:"no_raise,omitempty"` // it did not follow to another speed
	NoSTPX      bool   `json:"no_stpx,omitempty"`  // a clone of an STN chip that does not know STPX
	Car         habits `json:"car,omitzero"`
}

// habits are how one car answers.
type habits struct {
	Mark   string         `json:"mark,omitempty"`   // protocol, units and first bitmaps: what tells it from another car
	Frames map[string]int `json:"frames,omitempty"` // of requests that all units answered that should
	Single []string       `json:"single,omitempty"` // units that answer one PID a request
	Most   map[string]int `json:"most,omitempty"`   // units that look at so many PIDs of a request
	Alone  []string       `json:"alone,omitempty"`  // PIDs that spoil a request for several
	// Bitmaps are the support bitmaps there are beside the first asked for, by service:
	// 01 -> 204060; a dash where they are asked for one by one.
	Bitmaps map[string]string `json:"bitmaps,omitempty"`
	// Some are the requests to all that some units answer.
	Some map[string]some `json:"some,omitempty"`
}

// clone is a copy that shares nothing.
func (k known) clone() known {
	k.Car.Frames, k.Car.Single = maps.Clone(k.Car.Frames), slices.Clone(k.Car.Single)
	k.Car.Most, k.Car.Alone, k.Car.Bitmaps = maps.Clone(k.Car.Most), slices.Clone(k.Car.Alone), maps.Clone(k.Car.Bitmaps)
	k.Car.Some = maps.Clone(k.Car.Some)
	return k
}

// UnmarshalJSON also takes the bare protocol number of older files.
func (k *known) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &k.Number)
	}
	type plain known
	return json.Unmarshal(data, (*plain)(k))
}

// newMemory reads the file; cold forgets what it says of this port.
func newMemory(file, port string, cold bool, log *slog.Logger) *memory {
	m := &memory{file: file, port: port, log: log}
	if cold {
		m.keep(known{})
		return m
	}
	m.known = m.read()[port]
	return m
}

func (m *memory) read() map[string]known {
	all := map[string]known{}
	if m.file == "" {
		return all
	}
	data, err := os.ReadFile(m.file)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil && !os.IsNotExist(err) {
		m.log.Warn("what was learned of ports is not readable", "file", m.file, "err", err)
	}
	if err != nil || all == nil {
		all = map[string]known{}
	}
	return all
}

// keep remembers; nothing at all forgets the port.
func (m *memory) keep(k known) {
	m.known = k.clone()
	if m.file == "" {
		return
	}
	all := m.read()
	if reflect.DeepEqual(all[m.port], m.known) {
		return
	}
	all[m.port] = m.known
	if reflect.DeepEqual(m.known, known{}) {
		delete(all, m.port)
	}
	if err := writeAtomic(m.file, all); err != nil {
		m.log.Warn("what was learned of a port is not remembered", "file", m.file, "err", err)
	}
}

// protocol remembers a protocol; "" forgets it.
func (m *memory) protocol(number string) { m.spoke(number, false) }

// spoke remembers a protocol and whether UDS was spoken on it.
func (m *memory) spoke(number string, uds bool) {
	k := m.known
	k.Number, k.UDS = number, uds
	m.keep(k)
}

// met remembers an adapter that was greeted, and its speeds. Another one than before
// has habits of its own.
func (m *memory) met(c *conn) {
	if c.opts.Plain {
		return
	}
	k := m.known
	if c.adapter.Identity != "" && c.adapter.Identity != k.Identity {
		k = known{Number: k.Number, UDS: k.UDS, Car: k.Car, Identity: c.adapter.Identity}
	}
	if c.adapter.Description != "" {
		k.Description, k.STN = c.adapter.Description, c.stn
	}
	if c.adapter.Identity != "" {
		if k.Raised, k.Rate = c.raised, 0; c.base != c.opts.Baud {
			k.Rate = c.base
		}
		k.NoRaise = c.noRaise
	}
	m.keep(k)
}

func writeAtomic(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}
