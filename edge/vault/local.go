package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// SealLocal seals what this node keeps for itself and can make anew. Its key comes of
// the wrapping key that goes with every erasure: what was sealed before one does not
// open any more, by anybody. name says what it is, so that none takes another's place.
func (v *Vault) SealLocal(name string, plain []byte) ([]byte, error) {
	key, err := v.localKey(name)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceLen)
	if _, err := io.ReadFull(v.opt.Random, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	return seal(key, nonce, plain, local(name))
}

// OpenLocal opens what SealLocal sealed since the last erasure.
func (v *Vault) OpenLocal(name string, sealed []byte) ([]byte, error) {
	key, err := v.localKey(name)
	if err != nil {
		return nil, err
	}
	return unseal(key, sealed, local(name))
}

func (v *Vault) localKey(name string) ([]byte, error) {
	v.file.Lock()
	defer v.file.Unlock()
	if v.book.bad != nil || len(v.book.wrap) != 32 {
		return nil, errors.New("seal what is this node's own: its wrapping key is not here")
	}
	return hkdf.Key(sha256.New, v.book.wrap, nil, "pl-local/v1\n"+name, 32)
}

func local(name string) []byte { return []byte("pl-local/v1\n" + name) }
