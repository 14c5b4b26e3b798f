package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// home is the shop's folder while this program has it for itself: a second one on
// the same folder would take the first one's serial lines away.
type home struct {
	dir  string
	lock *os.File
	temp bool
}

// openHome makes the folder where there is none. data "" is a temporary one.
func openHome(data string) (*home, error) {
	h := &home{temp: data == ""}
	var err error
	if h.temp {
		if h.dir, err = os.MkdirTemp("", "pitlane-sim-"); err != nil {
			return nil, fmt.Errorf("make a temporary folder: %w", err)
		}
	} else {
		h.dir, err = filepath.Abs(data)
		if err == nil {
			err = os.MkdirAll(h.dir, 0o700)
		}
	}
	if err == nil {
		h.lock, err = os.OpenFile(filepath.Join(h.dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	}
	if err != nil {
		return nil, &usage{fmt.Sprintf("use --data: %v", err), "name a folder you may write to"}
	}
	if err := syscall.Flock(int(h.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = h.lock.Close() // nothing was written
		return nil, &usage{"another pitlane-sim runs on " + h.dir, "end it, or name another folder with --data"}
	}
	return h, nil
}

// close gives the folder up; a temporary one is gone then.
func (h *home) close() {
	if h.temp {
		_ = os.RemoveAll(h.dir) // what is left is in the system's temporary folder
	}
	_ = h.lock.Close() // its lock ends with it
}

// memory is what does not end with a power cut though no program keeps it: keys on
// their hooks, and the tickets in the customers' pockets.
type memory struct {
	mu   sync.Mutex
	path string
	Keys map[int]bool      `json:"keys"`  // slot → a key hangs there
	Code map[string]string `json:"codes"` // job → pick-up code
}

// remember reads what was kept below dir, nothing where nothing can be read.
func remember(dir string) *memory {
	m := &memory{path: filepath.Join(dir, "dev", "memory.json")}
	if body, err := os.ReadFile(m.path); err == nil {
		_ = json.Unmarshal(body, m) // a broken memory is an empty one
	}
	if m.Keys == nil {
		m.Keys = map[int]bool{}
	}
	if m.Code == nil {
		m.Code = map[string]string{}
	}
	return m
}

// moved keeps that a key was hung or taken.
func (m *memory) moved(slot int, key bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.Keys, slot)
	if key {
		m.Keys[slot] = true
	}
	m.save()
}

// ticket keeps the code on a customer's ticket; "" throws the ticket away.
func (m *memory) ticket(job, code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.Code, job)
	if code != "" {
		m.Code[job] = code
	}
	m.save()
}

func (m *memory) code(job string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.Code[job]
	return c, ok
}

// save needs no fsync: it is held against the end of this program only. What
// cannot be kept is forgotten, as people do.
func (m *memory) save() {
	body, err := json.Marshal(m)
	if err != nil {
		return
	}
	if err := os.WriteFile(m.path+".tmp", body, 0o600); err == nil {
		_ = os.Rename(m.path+".tmp", m.path)
	}
}

// found makes the shop in dir where there is none. It is built beside and moved
// here, its key last: a shop is whole or it is made anew.
func found(dir string, make func(dir string) error) error {
	if _, err := os.Stat(filepath.Join(dir, "shop.key")); err == nil {
		return nil
	}
	if used, err := filepath.Glob(filepath.Join(dir, "*", "identity")); err != nil || len(used) > 0 {
		return &usage{dir + " holds nodes that were in use, but not their shop's key", "put shop.key back, or name another folder with --data"}
	}
	site := filepath.Join(dir, ".founding")
	if err := os.RemoveAll(site); err != nil {
		return fmt.Errorf("clear the way: %w", err)
	}
	if err := make(site); err != nil {
		return err
	}
	parts, err := os.ReadDir(site)
	if err != nil {
		return fmt.Errorf("read the new shop: %w", err)
	}
	for _, p := range parts {
		if p.Name() != "shop.key" {
			err = errors.Join(err, moveIn(site, dir, p))
		}
	}
	if err == nil {
		err = os.Rename(filepath.Join(site, "shop.key"), filepath.Join(dir, "shop.key"))
	}
	if err != nil {
		return fmt.Errorf("move into the new shop: %w", err)
	}
	return os.RemoveAll(site)
}

// moveIn takes one part over, in the place of one that an earlier, broken-off
// founding has left.
func moveIn(site, dir string, p fs.DirEntry) error {
	to := filepath.Join(dir, p.Name())
	if p.IsDir() {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(site, p.Name()), to)
}
