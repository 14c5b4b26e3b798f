package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Search is the keyed HMAC of a word that is looked up and must not lie in clear:
// a plate, a VIN, a phone number in its bare form. The key is this vault's own and
// goes nowhere. "" stays "".
func (v *Vault) Search(kind, word string) (string, error) {
	if word == "" {
		return "", nil
	}
	k, err := v.searchKey()
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, k)
	_, _ = fmt.Fprintf(m, "pl-search/v1\n%s\n%s", kind, word)
	return hex.EncodeToString(m.Sum(nil)[:16]), nil
}

func (v *Vault) searchKey() ([]byte, error) {
	v.mu.RLock()
	k := v.search
	v.mu.RUnlock()
	if k != nil {
		return k, nil
	}
	v.file.Lock()
	defer v.file.Unlock()
	if v.search != nil {
		return v.search, nil
	}
	k = make([]byte, 32)
	if _, err := io.ReadFull(v.opt.Random, k); err != nil {
		return nil, fmt.Errorf("draw a search key: %w", err)
	}
	if err := v.book.append(record{T: "search", Secret: k}); err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.search = k
	v.mu.Unlock()
	return k, nil
}
