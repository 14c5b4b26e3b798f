//go:build real

package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pitlane/edge/shop"
	"pitlane/sync/broker"
)

// recorded is the embedded broker behind a wire tap: every byte that any node sends
// or is sent is kept.
type recorded struct {
	r    *rig
	tap  *lockedBuffer
	halt func()
}

func (x *recorded) start() {
	x.r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b, err := broker.Listen(ctx, broker.Config{Listen: "127.0.0.1:0", Check: func(u, p string) bool {
		ok, err := shop.CheckPassword(filepath.Join(x.r.dir, "broker.passwd"), u, p)
		return err == nil && ok
	}, Central: func(u string) bool { return u == shopName+"-central" }})
	if err != nil {
		x.r.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", x.r.net.broker)
	if err != nil {
		x.r.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { _ = b.Run(ctx) })
	all.Go(func() { x.forward(ctx, ln, b.Address()) })
	x.halt = func() { cancel(); _ = ln.Close(); all.Wait() }
}

func (x *recorded) forward(ctx context.Context, ln net.Listener, to string) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		in, err := ln.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			_ = in.Close()
			continue
		}
		end := func() { _ = in.Close(); _ = out.Close() }
		stop := context.AfterFunc(ctx, end)
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			own := &lockedBuffer{} // a message is not torn by those of others
			all.Go(func() {
				_, _ = io.Copy(io.MultiWriter(way[1], own), way[0])
				end()
				stop()
				_, _ = x.tap.Write([]byte(own.String()))
			})
		}
	}
}

func (x *recorded) stop() {
	if x.halt != nil {
		x.halt()
		x.halt = nil
	}
}

// secret is something that must not be found, in every form it may take.
type secret struct {
	what  string
	forms [][]byte
}

func textSecret(what, s string) secret {
	return secret{what, [][]byte{[]byte(s), []byte(base64.StdEncoding.EncodeToString([]byte(s))), []byte(hex.EncodeToString([]byte(s)))}}
}

func keySecret(of string, k []byte) secret {
	return secret{"a key of " + of, [][]byte{k, []byte(base64.StdEncoding.EncodeToString(k)), []byte(base64.RawURLEncoding.EncodeToString(k)),
		[]byte(hex.EncodeToString(k))}}
}

// hits says where a secret lies.
func hits(secrets []secret, places map[string][]byte) []string {
	var out []string
	for place, b := range places {
		for _, s := range secrets {
			for _, f := range s.forms {
				if bytes.Contains(b, f) {
					out = append(out, s.what+" in "+place)
					break
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// places are all files below folders, the traffic and the logs.
func (r *rig) places(tap *lockedBuffer, dirs ...string) map[string][]byte {
	r.t.Helper()
	out := map[string][]byte{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // gone meanwhile, or no file
			}
			b, err := os.ReadFile(path)
			if err == nil {
				out[strings.TrimPrefix(path, r.dir)] = b
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	for node, p := range r.procs {
		out["the log of "+node] = []byte(p.log.String())
	}
	if tap != nil {
		out["the traffic"] = []byte(tap.String())
		out["the traffic, inflated"] = inflated(out["the traffic"])
	}
	out["head office's segments, inflated"] = inflated(bytes.Join(r.segments(), nil))
	return out
}

// inflated is what lies packed in bytes: every zstd frame, wherever it begins.
func inflated(b []byte) []byte {
	var out bytes.Buffer
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for i := bytes.Index(b, magic); i >= 0; {
		b = b[i:]
		if z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(8<<20)); err == nil {
			_, _ = io.Copy(&out, z) // it ends where the frame does, with whatever follows as the error
			z.Close()
		}
		b = b[len(magic):]
		i = bytes.Index(b, magic)
	}
	return out.Bytes()
}

// segments are the rows that head office keeps as they came.
func (r *rig) segments() (out [][]byte) {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.folder("central"), "central.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT bytes FROM segments`)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// vaultKey is a key as a node's vault keeps it.
type vaultKey struct {
	T      string `json:"t"`
	Node   string `json:"n"`
	Job    string `json:"j"`
	Class  string `json:"c"`
	Secret []byte `json:"k"`
}

// wrapsOf are a folder's wrapping keys.
func wrapsOf(dir string) map[string][]byte {
	out := map[string][]byte{}
	paths, _ := filepath.Glob(filepath.Join(dir, "keys", "vault-*.key"))
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil {
			out[p] = b
		}
	}
	return out
}

// unwrapped is what a keys.db gives to who has some wrapping keys.
func unwrapped(file []byte, wraps map[string][]byte) []vaultKey {
	line, rest, _ := bytes.Cut(file, []byte{'\n'})
	var out []vaultKey
	for n := 0; len(rest) >= 4; n++ {
		size := int(binary.BigEndian.Uint32(rest))
		if size < 28 || size > len(rest)-4 {
			break
		}
		box := rest[4 : 4+size]
		rest = rest[4+size:]
		for _, w := range wraps {
			b, err := aes.NewCipher(w)
			if err != nil {
				continue
			}
			a, err := cipher.NewGCM(b)
			if err != nil {
				continue
			}
			plain, err := a.Open(nil, box[:12], box[12:], fmt.Appendf(nil, "%s\n%d", line, n))
			var k vaultKey
			if err == nil && json.Unmarshal(plain, &k) == nil && k.T == "key" {
				out = append(out, k)
			}
		}
	}
	return out
}

func (r *rig) keysDB(node string) []byte {
	b, err := os.ReadFile(filepath.Join(r.folder(node), "keys.db"))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}
