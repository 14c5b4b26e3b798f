package vault

import (
	"crypto/cipher"
	"sync"

	"pitlane/edge/tlog"
)

// maxCiphers bounds what is kept expanded: about 1.3 kB each.
const maxCiphers = 128

// ciphers are the expanded forms of the keys that were used last: expanding one costs
// more than sealing an event. Whoever asks for one, and whoever forgets one, holds the
// vault's lock: what is forgotten with its key does not come back.
type ciphers struct {
	mu sync.Mutex
	of map[tlog.KeyID]cipher.AEAD
}

func (c *ciphers) get(id tlog.KeyID, k *key) (cipher.AEAD, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.of[id]; a != nil {
		return a, nil
	}
	a, err := newAEAD(k.secret[:])
	if err != nil {
		return nil, err
	}
	if c.of == nil || len(c.of) >= maxCiphers {
		c.of = map[tlog.KeyID]cipher.AEAD{}
	}
	c.of[id] = a
	return a, nil
}

func (c *ciphers) forget(id tlog.KeyID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, id)
}
