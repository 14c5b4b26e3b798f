package obd

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
)

// memory remembers which protocol the last car on a port spoke. Losing it costs a
// search, so that a file that cannot be read or written is no fault.
type memory struct {
	file   string
	port   string
	number string
	log    *slog.Logger
}

// newMemory reads the file; cold forgets what it says of this port.
func newMemory(file, port string, cold bool, log *slog.Logger) *memory {
	m := &memory{file: file, port: port, log: log}
	if cold {
		m.keep("")
		return m
	}
	m.number = m.read()[port]
	return m
}

func (m *memory) read() map[string]string {
	known := map[string]string{}
	if m.file == "" {
		return known
	}
	data, err := os.ReadFile(m.file)
	if err == nil {
		err = json.Unmarshal(data, &known)
	}
	if err != nil && !os.IsNotExist(err) {
		m.log.Warn("remembered protocols are not readable", "file", m.file, "err", err)
	}
	if known == nil {
		known = map[string]string{}
	}
	return known
}

// keep remembers a protocol; "" forgets it.
func (m *memory) keep(number string) {
	if m.number == number && number != "" {
		return
	}
	m.number = number
	if m.file == "" {
		return
	}
	known := m.read()
	if known[m.port] == number {
		return
	}
	known[m.port] = number
	if number == "" {
		delete(known, m.port)
	}
	if err := writeAtomic(m.file, known); err != nil {
		m.log.Warn("the protocol is not remembered", "file", m.file, "err", err)
	}
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
