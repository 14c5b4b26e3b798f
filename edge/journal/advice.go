package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/tlog"
)

// What an operator does about what a check finds.
const (
	adviceDamaged = "damaged files: start the node. It keeps what checks out, puts the damaged file aside under the name .quarantine, writes a new log, and gets the rest back from the other nodes; " +
		"`pitlane salvage FILE --out DIR` takes out of the damaged file what no other node has. Copy the folder first if this node may be the only one that has it"
	adviceOlder = "fewer entries than there were: if an older copy of this disk was put back, or a file is gone, start the node beside the others. It leaves the old log, " +
		"writes again in a new one what only this disk had, and gets the rest from them. If nobody here did that, somebody has cut the log: keep this folder as evidence"
	adviceRewritten = "entries or checkpoints that another history has: keep this folder as evidence, and hold it against the other nodes' with `pitlane verify`; whoever holds the cosigned one is right"
	adviceRoster    = "roster: copy roster and shop.pub again from the shop's folder into this one"
	adviceCosigned  = "cosigned.json: compare it with another node's, then remove it; the others cosign anew within a minute of the node's start"
	adviceNewer     = "this folder was written by a newer pitlane: use that one; nothing here is damaged"
	adviceIdentity  = "identity: start the node beside the others. It writes a new log, and keeps its old one as far as its files hold it"
)

// Advice is what an operator does about a journal that cannot be opened; empty where
// the error says it all.
func Advice(err error) string {
	var d *damage
	missing := ""
	if p := (*fs.PathError)(nil); errors.As(err, &p) && errors.Is(err, fs.ErrNotExist) {
		missing = filepath.Base(p.Path)
	}
	switch {
	case errors.Is(err, errIdentity), missing == "identity":
		return adviceIdentity
	case errors.Is(err, errFormat), errors.Is(err, errNewer):
		return adviceNewer
	case errors.Is(err, errRoster):
		return adviceRoster
	case errors.As(err, &d):
		return adviceDamaged
	case missing != "":
		return adviceOlder
	}
	return ""
}

// verifyRoster says once that there is none: without one nothing that is signed can be
// checked, and nothing is proven.
func (j *Journal) verifyRoster(r *tlog.VerifyReport) {
	if j.Roster() == nil {
		r.Find("the roster or shop.pub is missing: nothing that is signed can be checked")
		r.Advise(adviceRoster)
	}
}

// note tells of what earlier trouble has left in the folder.
func (j *Journal) note(r *tlog.VerifyReport) {
	in := func(pattern string) []string {
		names, _ := filepath.Glob(filepath.Join(j.opt.Dir, pattern)) // the patterns are well formed
		return names
	}
	for _, name := range append(in("segments/*.quarantine*"), in("identity.quarantine*")...) {
		rel, _ := filepath.Rel(j.opt.Dir, name) // it lies there
		r.Notes = append(r.Notes, rel+": damaged, and put aside by an earlier start; remove it when all that it held is here again (`pitlane salvage` shows what it holds)")
	}
	for _, name := range in("redo.quarantine*") {
		r.Notes = append(r.Notes, filepath.Base(name)+": the newest transactions of a segment file that did not lie here when they were to be done again: an older copy was put back, or the file was lost; the other nodes hold them")
	}
	for _, name := range in("forks/*.json") {
		rel, _ := filepath.Rel(j.opt.Dir, name)
		r.Notes = append(r.Notes, rel+": "+evidenceOf(name))
	}
}

// evidenceOf says what a file of the folder forks is evidence of.
func evidenceOf(name string) string {
	if strings.HasPrefix(filepath.Base(name), "orphans-") {
		return "entries that only this disk had when its log parted from that of the others; they are written again in the node's new log"
	}
	var f fork
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		return "evidence of two histories, which cannot be read"
	}
	return fmt.Sprintf("evidence that %s has two histories from about entry %d on: its disk was restored or copied, or its key is used twice; keep it", f.Origin, f.First)
}
