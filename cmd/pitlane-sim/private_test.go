//go:build real

package main

import (
	"bytes"
	"crypto/hpke"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/shop"
)

// TestNothingPrivateLiesInClear follows one customer through a visit and an erasure,
// and searches every file of edges and head office, every byte at the broker, the
// logs and a backup: nothing in clear at any time; after the erasure nothing opens,
// with old wrapping keys, old files, written-down traffic and a restored replica.
func TestNothingPrivateLiesInClear(t *testing.T) {
	tap := &lockedBuffer{}
	at := freeAddresses(t, 1)[0]
	r := newRig(t, at, buildPrograms(t), func(r *rig) mqtt { return &recorded{r: r, tap: tap} })
	v := newVisit(r)
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
	v.snapshotted("reception")

	secrets := v.nothingInClear(tap)
	backup, oldWraps := v.backup("bay-2")
	v.erased("bay-2")
	v.gone(secrets, oldWraps, backup, tap)
	v.restored("bay-2", backup)
	v.gone(secrets, oldWraps, backup, tap)
	for _, node := range []string{"reception", "bay-1", "bay-2"} {
		v.verifies(node)
	}
}

// snapshotted stops a node and starts it again: its index then holds a snapshot of the
// board.
func (v *visit) snapshotted(node string) {
	v.t.Helper()
	p := v.procs[node]
	v.must(p.cmd.Process.Signal(syscall.SIGTERM))
	if err := <-p.done; err != nil {
		v.t.Errorf("%s ended: %v", node, err)
	}
	db, err := bbolt.Open(filepath.Join(v.folder(node), "meta.db"), 0o600, &bbolt.Options{ReadOnly: true})
	v.must(err)
	v.must(db.View(func(tx *bbolt.Tx) error {
		if len(tx.Bucket([]byte("kept")).Get([]byte("board"))) < 100 {
			v.t.Fatal("no snapshot of the board is kept: this test shows little")
		}
		return nil
	}))
	v.must(db.Close())
	v.start(node)
	v.ready("http://" + v.net.reception)
	v.sameEverywhere()
}

// nothingInClear searches everything after the visit and gives what to search for.
func (v *visit) nothingInClear(tap *lockedBuffer) []secret {
	v.t.Helper()
	c := theCar()
	secrets := []secret{textSecret("the name", c.Name), textSecret("the phone", c.Phone), textSecret("the plate", c.Plate),
		textSecret("the words", c.Words), textSecret("the VIN", v.vinSeen())}
	if desk := map[string][]byte{"the desk's screen": []byte(v.desk.frames())}; len(hits(secrets, desk)) < 3 {
		v.t.Fatalf("the search bites nothing where people see it: %v", hits(secrets, desk))
	}
	keys := v.jobKeys(nodeNames())
	for _, k := range keys {
		secrets = append(secrets, keySecret(k.Node+" "+k.Class, k.Secret))
	}
	for _, k := range unwrapped(v.keysDB("bay-1"), wrapsOf(v.folder("bay-1"))) {
		if k.Class == "contact" && k.Node != shopName+"-bay-1" {
			v.t.Error("a contact key has reached a bay")
		}
	}
	if len(keys) < 4 {
		v.t.Fatalf("only %d keys of the visit are known: this test shows little", len(keys))
	}
	v.flush()
	if !strings.Contains(tap.String(), "pitlane/v1/"+shopName+"-bay-1/up/log") {
		v.t.Fatal("the tap has seen no journal: this test shows nothing")
	}
	places := v.places(tap, v.dir)
	for _, place := range []string{"the traffic, inflated", "head office's segments, inflated"} {
		if !bytes.Contains(places[place], []byte(`"k":"job.opened","j":"`+v.id)) {
			v.t.Fatalf("%s: the leaves of the visit are not there: this test shows nothing", place)
		}
	}
	for _, f := range hits(secrets, places) {
		v.t.Errorf("in clear: %s", f)
	}
	return secrets
}

// backup takes a node away and copies all folders.
func (v *visit) backup(away string) (dir string, wraps map[string][]byte) {
	v.t.Helper()
	v.kill(away)
	dir, wraps = filepath.Join(v.t.TempDir(), "backup"), map[string][]byte{}
	for _, node := range nodeNames() {
		v.copied(v.folder(node), filepath.Join(dir, shopName+"-"+node))
		maps.Copy(wraps, wrapsOf(v.folder(node)))
	}
	return dir, wraps
}

// erased gives the order; the one who is away is named, and confirms when he is back.
func (v *visit) erased(away string) {
	v.t.Helper()
	if got, want := v.erase("5s"), []string{shopName + "-" + away}; !slices.Equal(got, want) {
		v.t.Errorf("not confirmed by %v, want %v", got, want)
	}
	v.deskMisses(away, true)
	v.start(away)
	v.deskMisses(away, false)
	if got := v.erase("60s"); len(got) != 0 {
		v.t.Errorf("with all nodes back, not confirmed by %v", got)
	}
}

// restored puts a node back as the backup has it, keys and all, and lets it join.
func (v *visit) restored(node, backup string) {
	v.t.Helper()
	v.kill(node)
	v.must(os.RemoveAll(v.folder(node)))
	v.copied(filepath.Join(backup, shopName+"-"+node), v.folder(node))
	if len(v.jobKeys([]string{node})) == 0 {
		v.t.Fatal("the restored replica has no keys of the visit: this test shows nothing")
	}
	v.start(node)
	v.within(time.Minute, "the restored replica without the keys", func() bool { return v.destroyed(node, backup) })
}

// destroyed: a node has neither the visit's keys nor the wrapping key of a backup. The
// wrapping key goes last, before the node confirms.
func (v *visit) destroyed(node, backup string) bool {
	v.t.Helper()
	old := unwrapped(must(os.ReadFile(filepath.Join(backup, shopName+"-"+node, "keys.db"))), wrapsOf(v.folder(node)))
	return len(v.jobKeys([]string{node})) == 0 && !slices.ContainsFunc(old, func(k vaultKey) bool { return k.Job == v.id })
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
	sees(v.rig, v.desk, time.Minute, fmt.Sprintf("%s missing at the desk: %v", node, yes), func(d board.DeskView) bool {
		return yes == slices.ContainsFunc(d.Faults, func(f board.Fault) bool { return f.Kind == "erasure" && strings.Contains(f.Message, node) })
	})
}

// gone: nothing of the visit opens, on any screen or with anything on any disk.
func (v *visit) gone(secrets []secret, oldWraps map[string][]byte, backup string, tap *lockedBuffer) {
	v.t.Helper()
	v.within(time.Minute, "head office blank", func() bool {
		return v.count(`SELECT count(*) FROM codes`) == 0 && v.count(`SELECT count(*) FROM vehicles`) == 0 &&
			v.count(`SELECT count(*) FROM jobs WHERE id = ? AND phase = ?`, v.id, string(job.PhaseLeft)) == 1 && v.destroyed("central", backup)
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
