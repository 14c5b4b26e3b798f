package vault

import (
	"fmt"
	"io"

	"pitlane/edge/tlog"
)

// SealColumn seals what a database keeps of a job, under a key that ends with the
// job's data and goes to nobody. name is the column's, so that none takes
// another's place. Of erased data nothing is kept: nil.
func (v *Vault) SealColumn(job, name string, plain []byte) ([]byte, error) {
	if err := v.Ready(job, tlog.Column); err != nil {
		return nil, err
	}
	v.mu.RLock()
	id, have := v.own[scope{v.opt.Node, job, tlog.Column}]
	k := v.keys[id]
	v.mu.RUnlock()
	if !have || k == nil {
		return nil, nil
	}
	nonce := make([]byte, nonceLen)
	if _, err := io.ReadFull(v.opt.Random, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	box, err := seal(k.secret[:], nonce, plain, column(job, name))
	if err != nil {
		return nil, err
	}
	return append(append(make([]byte, 0, len(id)+len(box)), id[:]...), box...), nil
}

// OpenColumn opens what SealColumn sealed. Nil is nil; without the key it is
// ErrNoKey.
func (v *Vault) OpenColumn(job, name string, sealed []byte) ([]byte, error) {
	var id tlog.KeyID
	if len(sealed) == 0 {
		return nil, nil
	}
	if copy(id[:], sealed) != len(id) {
		return nil, errBox
	}
	v.mu.RLock()
	k := v.keys[id]
	v.mu.RUnlock()
	if k == nil {
		return nil, tlog.ErrNoKey
	}
	return unseal(k.secret[:], sealed[len(id):], column(job, name))
}

// column is the additional data of a sealed database column.
func column(job, name string) []byte {
	return fmt.Appendf(nil, "pl-column/v1\n%s\n%s", job, name)
}
