//go:build real

package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"pitlane/edge/board"
	"pitlane/edge/job"
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

// TestNothingPrivateLiesInClear follows one customer through a visit and an erasure,
// and searches every file of edges and head office, every byte at the broker, the
// logs and a backup: nothing in clear at any time; after the erasure nothing opens,
// with old wrapping keys, old files, written-down traffic and a restored replica.
func TestNothingPrivateLiesInClear(t *testing.T) {
	tap := &lockedBuffer{}
	at := freeAddresses(t, 1)[0]
	r := newRig(t, at, buildPrograms(t), func(r *rig) mqtt { return &recorded{r: r, tap: tap} })
	base, bayBase := "http://"+r.net.reception, "http://"+r.net.bays["bay-1"]
	v := &visit{rig: r, reception: newScreen(base), bay: newScreen(bayBase),
		waiting: r.watch(base, "board"), desk: r.watch(base, "desk"), bayUI: r.watch(bayBase, "bay")}
	ctx := t.Context()
	v.checkIn(ctx)
	v.assign(ctx)
	r.dev.plug("bay-1", 0, false)
	v.tapBay(ctx, "receive", nil)
	v.scan(ctx)
	v.seenElsewhere()
	v.repair(ctx)
	v.handBack(ctx)
	v.sameEverywhere()

	c := theCar()
	vin := v.vinSeen()
	secrets := []secret{textSecret("the name", c.Name), textSecret("the phone", c.Phone), textSecret("the plate", c.Plate),
		textSecret("the words", c.Words), textSecret("the VIN", vin)}
	if desk := map[string][]byte{"the desk's screen": []byte(v.desk.frames())}; len(hits(secrets, desk)) < 3 {
		t.Fatalf("the search bites nothing where people see it: %v", hits(secrets, desk))
	}
	keys := v.jobKeys(nodeNames())
	for _, k := range keys {
		secrets = append(secrets, keySecret(k.Node+" "+k.Class, k.Secret))
	}
	for _, k := range unwrapped(r.keysDB("bay-1"), wrapsOf(r.folder("bay-1"))) {
		if k.Class == "contact" && k.Node != shopName+"-bay-1" {
			t.Error("a contact key has reached a bay")
		}
	}
	if len(keys) < 4 {
		t.Fatalf("only %d keys of the visit are known: this test shows little", len(keys))
	}
	v.flush()
	if !strings.Contains(tap.String(), "pitlane/v1/"+shopName+"-bay-1/up/log") {
		t.Fatal("the tap has seen no journal: this test shows nothing")
	}
	places := r.places(tap, r.dir)
	for _, place := range []string{"the traffic, inflated", "head office's segments, inflated"} {
		if !bytes.Contains(places[place], []byte(`"k":"job.opened","j":"`+v.id)) {
			t.Fatalf("%s: the leaves of the visit are not there: this test shows nothing", place)
		}
	}
	for _, f := range hits(secrets, places) {
		t.Errorf("in clear: %s", f)
	}

	// A backup of everything, and bay-2 goes away.
	r.kill("bay-2")
	backup := filepath.Join(t.TempDir(), "backup")
	for _, node := range nodeNames() {
		v.copied(r.folder(node), filepath.Join(backup, shopName+"-"+node))
	}
	oldWraps := map[string][]byte{}
	for _, node := range nodeNames() {
		maps.Copy(oldWraps, wrapsOf(r.folder(node)))
	}

	// The order; the one who is away is named, and confirms when he is back.
	begun := time.Now()
	if got, want := v.erase("2s"), []string{shopName + "-bay-2"}; !slices.Equal(got, want) {
		t.Errorf("not confirmed by %v, want %v", got, want)
	}
	took := time.Since(begun)
	v.deskMisses("bay-2", true)
	v.start("bay-2")
	v.deskMisses("bay-2", false)
	if got := v.erase("60s"); len(got) != 0 {
		t.Errorf("with all nodes back, not confirmed by %v", got)
	}
	t.Logf("erased and confirmed by all that were connected within %v", took.Round(time.Millisecond))
	v.gone(secrets, oldWraps, backup, tap)

	// bay-2 is restored from the backup, keys and all, and joins again.
	r.kill("bay-2")
	v.must(os.RemoveAll(r.folder("bay-2")))
	v.copied(filepath.Join(backup, shopName+"-bay-2"), r.folder("bay-2"))
	if len(v.jobKeys([]string{"bay-2"})) == 0 {
		t.Fatal("the restored replica has no keys of the visit: this test shows nothing")
	}
	v.start("bay-2")
	v.within(60*time.Second, "the restored replica without the keys", func() bool { return len(v.jobKeys([]string{"bay-2"})) == 0 })
	v.gone(secrets, oldWraps, backup, tap)
	for _, node := range []string{"reception", "bay-1", "bay-2"} {
		v.verifies(node)
	}
}

// copied copies a folder's files with their modes.
func (v *visit) copied(from, to string) {
	v.t.Helper()
	v.must(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return os.WriteFile(target, must(os.ReadFile(path)), 0o600)
	}))
}

func (v *visit) vinSeen() string {
	v.t.Helper()
	m := regexp.MustCompile(`"vin":"([A-Z0-9]{17})"`).FindStringSubmatch(v.desk.frames() + v.bayUI.frames())
	if m == nil {
		v.t.Fatal("no screen has shown a VIN")
	}
	return m[1]
}

// jobKeys are the visit's keys that nodes' vaults hold.
func (v *visit) jobKeys(nodes []string) []vaultKey {
	v.t.Helper()
	var out []vaultKey
	for _, node := range nodes {
		for _, k := range unwrapped(v.keysDB(node), wrapsOf(v.folder(node))) {
			if k.Job == v.id {
				out = append(out, k)
			}
		}
	}
	return out
}

// erase runs the operator's tool and gives who has not confirmed.
func (v *visit) erase(wait string) []string {
	v.t.Helper()
	cmd := exec.Command(filepath.Join(v.bin, "pitlane"), "erase", "--data", v.folder("reception"), "--job", v.id, "--by", "SA1", "--reason", "asked for it", "--wait", wait)
	out, err := cmd.Output()
	var state struct {
		Work    bool     `json:"work_erased"`
		Contact bool     `json:"contact_erased"`
		Missing []string `json:"missing"`
	}
	if jerr := json.Unmarshal(out, &state); jerr != nil {
		v.t.Fatalf("pitlane erase: %v, %v", jerr, err)
	}
	if !state.Work || !state.Contact {
		v.t.Errorf("pitlane erase: %s", out)
	}
	exited := new(exec.ExitError)
	if failed := errors.As(err, &exited); failed != (len(state.Missing) > 0) {
		v.t.Errorf("pitlane erase: %d nodes are missing, and the exit says %v", len(state.Missing), err)
	}
	return state.Missing
}

func (v *visit) deskMisses(node string, yes bool) {
	v.t.Helper()
	sees(v.rig, v.desk, 60*time.Second, fmt.Sprintf("%s missing at the desk: %v", node, yes), func(d board.DeskView) bool {
		return yes == slices.ContainsFunc(d.Faults, func(f board.Fault) bool { return f.Kind == "erasure" && strings.Contains(f.Message, node) })
	})
}

// gone: nothing of the visit opens, on any screen or with anything on any disk.
func (v *visit) gone(secrets []secret, oldWraps map[string][]byte, backup string, tap *lockedBuffer) {
	v.t.Helper()
	v.within(60*time.Second, "head office blank", func() bool {
		return v.count(`SELECT count(*) FROM codes`) == 0 && v.count(`SELECT count(*) FROM vehicles`) == 0 &&
			v.count(`SELECT count(*) FROM jobs WHERE id = ? AND phase = ?`, v.id, string(job.PhaseLeft)) == 1 && len(v.jobKeys([]string{"central"})) == 0
	})
	if left := v.jobKeys(nodeNames()); len(left) > 0 {
		v.t.Errorf("%d keys of the visit are still held", len(left))
	}
	all := maps.Clone(oldWraps)
	now := map[string][]byte{}
	for _, node := range nodeNames() {
		maps.Copy(now, wrapsOf(v.folder(node)))
	}
	maps.Copy(all, now)
	for _, node := range nodeNames() {
		for what, got := range map[string][]vaultKey{
			"today's file with old wrapping keys": unwrapped(v.keysDB(node), all),
			"a backup with today's wrapping keys": unwrapped(must(os.ReadFile(filepath.Join(backup, shopName+"-"+node, "keys.db"))), now),
		} {
			for _, k := range got {
				if k.Job == v.id {
					v.t.Errorf("%s: %s gives a key of the visit", node, what)
				}
			}
		}
	}
	v.parcelsStayClosed(tap)
	for _, f := range hits(secrets, v.places(tap, v.dir, backup)) {
		v.t.Errorf("in clear after the erasure: %s", f)
	}
	for _, node := range []string{"reception", "bay-1", "bay-2"} {
		out, err := exec.Command(filepath.Join(v.bin, "pitlane"), "tail", "--contact", "--data", v.folder(node)).Output()
		v.must(err)
		if seen := hits(secrets[:5], map[string][]byte{"the journal of " + node: out}); len(seen) > 0 {
			v.t.Errorf("readable: %v", seen)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// flush has what is in the pipes come to the tap.
func (v *visit) flush() {
	v.mqtt.stop()
	v.mqtt.start()
}

// parcelsStayClosed tries every parcel of the traffic with every key of every folder.
func (v *visit) parcelsStayClosed(tap *lockedBuffer) {
	v.t.Helper()
	v.flush()
	parcels := regexp.MustCompile(`\{"keys":\{"box":"([A-Za-z0-9+/=]{100,})"`).FindAllStringSubmatch(tap.String(), -1)
	if len(parcels) == 0 {
		v.t.Error("no parcel was seen: this shows nothing")
	}
	for _, p := range parcels {
		box := must(base64.StdEncoding.DecodeString(p[1]))
		for _, me := range nodeNames() {
			m, err := shop.Load(v.folder(me))
			v.must(err)
			for _, from := range nodeNames() {
				info := []byte("pl-parcel/v1\n" + shopName + "-" + from + "\n" + shopName + "-" + me + "\n")
				if _, err := hpke.Open(m.HPKE, hpke.HKDFSHA256(), hpke.AES256GCM(), info, box); err == nil {
					v.t.Errorf("a parcel opens with what lies in the folder of %s", me)
				}
			}
		}
	}
}
