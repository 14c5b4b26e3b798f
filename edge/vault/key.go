package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"pitlane/edge/tlog"
)

// scope is what one key is for: what one node seals of one class of one job. Two
// nodes never race for a key, since each makes its own.
type scope struct {
	maker string // node
	job   string // "" is the shop's
	class tlog.Class
}

// key is one secret with what it is for.
type key struct {
	scope
	secret [32]byte
	at     int64 // ms since 1970, when it came here
}

// id is a commitment to secret and scope: a key that is passed on by anybody is the
// one that the boxes name, for the job that it says, or it has another id.
func (k *key) id() tlog.KeyID {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "pl-key/v1\n%s\n%s\n%s\n", k.maker, k.job, k.class)
	h.Write(k.secret[:])
	return tlog.KeyID(h.Sum(nil)[:len(tlog.KeyID{})])
}

func newAEAD(secret []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

const (
	nonceLen = 12
	saltLen  = 32
)

// place is the additional data of a box: where it belongs.
func place(at tlog.Place, id tlog.KeyID) []byte {
	b := make([]byte, 0, 160)
	b = append(b, "pl-seal/v1\n"...)
	b = append(b, at.Origin...)
	b = append(b, '\n')
	b = strconv.AppendUint(b, at.Seq, 10)
	b = append(b, '\n')
	b = append(b, at.Class.String()...)
	b = append(b, '\n')
	return hex.AppendEncode(b, id[:])
}

var errBox = errors.New("the box does not open under its key in this place")

// seal makes nonce ‖ AES-256-GCM(plain). The nonce is random: an older copy of a
// disk that is used again must not meet the same one under the same key.
func seal(secret, nonce, plain, ad []byte) ([]byte, error) {
	a, err := newAEAD(secret)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 0, len(nonce)+len(plain)+a.Overhead())
	return a.Seal(append(out, nonce...), nonce, plain, ad), nil
}

func unseal(secret, box, ad []byte) ([]byte, error) {
	a, err := newAEAD(secret)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	if len(box) < nonceLen+a.Overhead() {
		return nil, errBox
	}
	plain, err := a.Open(nil, box[:nonceLen], box[nonceLen:], ad)
	if err != nil {
		return nil, errBox
	}
	return plain, nil
}

// entitled says whether a node of a role may have keys of a class (deny by
// default).
func entitled(role string, class tlog.Class) bool {
	switch class {
	case tlog.Work:
		return role == "bay" || role == "reception" || role == "central"
	case tlog.Contact:
		return role == "reception" || role == "central"
	default:
		return false
	}
}
