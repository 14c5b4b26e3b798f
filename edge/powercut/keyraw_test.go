//go:build !race

package powercut

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// lying is what lies on a disk: files with names, and what has none any more.
type lying struct {
	Files map[string]*body // nil is a folder
	Freed map[string][]*body
}

// ofKeys says whether a file is one of those that hold keys or open them.
func ofKeys(path string) bool {
	base := filepath.Base(path)
	return strings.HasPrefix(base, "keys.db") || strings.HasPrefix(base, "vault-")
}

// words are what must lie in clear nowhere: what was told, and the keys, as they are and
// as a record would name them.
func (t told) words() (all [][]byte) {
	all = [][]byte{[]byte(toldOfWork), []byte(toldOfContact)}
	for _, secret := range t.Drawn {
		all = append(all, secret, []byte(base64.StdEncoding.EncodeToString(secret)))
	}
	return all
}

// seeker looks for many words at once, by their first four bytes.
type seeker map[uint32][][]byte

func seek(words [][]byte) seeker {
	s := seeker{}
	for _, w := range words {
		first := binary.LittleEndian.Uint32(w)
		s[first] = append(s[first], w)
	}
	return s
}

// in looks through a file. Wrapping keys stand in clear in theirs: that is what these are.
func (s seeker) in(path string, b []byte) error {
	if strings.HasPrefix(filepath.Base(path), "vault-") {
		return nil
	}
	var may [1 << 16]bool
	for first := range s {
		may[first&0xffff] = true
	}
	for i := 0; i+4 <= len(b); i++ {
		if !may[uint16(b[i])|uint16(b[i+1])<<8] {
			continue
		}
		for _, word := range s[binary.LittleEndian.Uint32(b[i:])] {
			if bytes.HasPrefix(b[i:], word) {
				return fmt.Errorf("in %s a payload or a key lies in clear, at %d", filepath.Base(path), i)
			}
		}
	}
	return nil
}

// look goes through the bytes of a disk as one would who has it and wants an erased key:
// it tries every wrapping key that lies there on every keys.db that lies there, with a
// name or without; and no wrapping key from before an erasure may be left, for what copies
// of an older keys.db there are elsewhere. It reads the format by itself.
func (k *keyed) look(s lying, a *acked) (err error) {
	var wraps, books [][]byte
	see := func(path string, body *body) {
		if !ofKeys(path) || body == nil {
			return
		}
		b := body.bytes()
		switch base := filepath.Base(path); {
		case strings.HasPrefix(base, "vault-") && len(b) >= 32:
			wraps = append(wraps, b[:32])
		case strings.HasPrefix(base, "keys.db"):
			books = append(books, b)
		}
		for _, secret := range a.keys.Drawn[:a.keys.Gone] {
			if bytes.Contains(b, secret) {
				err = fmt.Errorf("in %s lies a secret from before an erasure", filepath.Base(path))
			}
		}
	}
	for path, body := range s.Files {
		see(path, body)
	}
	for path, all := range s.Freed {
		for _, body := range all {
			see(path, body)
		}
	}
	if err != nil {
		return err
	}
	for _, book := range books {
		for _, wrap := range wraps {
			for _, scope := range keysIn(book, wrap) {
				if a.keys.Erased[scope] {
					return fmt.Errorf("%s is erased, and its key can be had from what lies on the disk", scope)
				}
			}
		}
	}
	return nil
}

// keysIn are the scopes of the keys that a wrapping key opens in a keys.db.
func keysIn(book, wrap []byte) (scopes []string) {
	head, rest, ok := bytes.Cut(book, []byte("\n"))
	if !ok || !bytes.HasPrefix(head, []byte("pl-keys/v1 ")) {
		return nil
	}
	block, err := aes.NewCipher(wrap)
	if err != nil {
		return nil
	}
	open, err := cipher.NewGCM(block)
	if err != nil {
		return nil
	}
	for n := 0; len(rest) >= 4; n++ {
		size := int(binary.BigEndian.Uint32(rest))
		if size < 12 || size > len(rest)-4 {
			break
		}
		box := rest[4 : 4+size]
		rest = rest[4+size:]
		plain, err := open.Open(nil, box[:12], box[12:], fmt.Appendf(nil, "%s\n%d", head, n))
		if err != nil {
			continue
		}
		var r struct{ T, J, C string }
		if json.Unmarshal(plain, &r) == nil && r.T == "key" {
			if r.C == "column" { // it ends with the job's work
				r.C = "work"
			}
			scopes = append(scopes, r.J+" "+r.C)
		}
	}
	return scopes
}
