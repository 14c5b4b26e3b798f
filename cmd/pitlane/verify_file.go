package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pitlane/edge/receipt"
)

// fileReport is what `pitlane verify FILE` says.
type fileReport struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"` // what is wrong, by name
	Proven   []string `json:"proven"`

	Shop      string          `json:"shop,omitempty"`
	Key       string          `json:"key,omitempty"` // the shop's; compare it where no policy names it
	Pinned    bool            `json:"pinned"`        // a policy names it
	Job       string          `json:"job,omitempty"`
	Kind      string          `json:"kind,omitempty"`
	Origin    string          `json:"origin,omitempty"`
	Seq       uint64          `json:"seq"`
	Time      string          `json:"time,omitempty"`
	Witnesses []fileWitness   `json:"witnesses"`
	Statement json.RawMessage `json:"statement,omitempty"`
}

type fileWitness struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Time string `json:"time,omitempty"`
}

// verifyFile checks a receipt.
func verifyFile(name, policyFile string) (fileReport, error) {
	var policy *receipt.Policy
	if policyFile != "" {
		text, err := os.ReadFile(policyFile)
		if err != nil {
			return fileReport{}, usage("the policy cannot be read: "+err.Error(), "--policy names a file with the lines shop, log, witness, group, quorum")
		}
		if policy, err = receipt.ParsePolicy(text); err != nil {
			return fileReport{}, usage(err.Error(), "see docs/guides/receipt.md for the form of a policy")
		}
	}
	b, err := readReceipt(name)
	if err != nil {
		return fileReport{}, usage("the receipt cannot be read: "+err.Error(), "name a file that `pitlane export` wrote; - reads it from standard input")
	}
	out := fileReport{Findings: []string{}, Proven: []string{}, Witnesses: []fileWitness{}}
	p, err := receipt.Verify(b, policy)
	if err != nil {
		out.Findings = append(out.Findings, err.Error())
		return out, nil
	}
	out.fill(p)
	return out, nil
}

// readReceipt reads no more than a receipt can have, and a byte: that is refused.
func readReceipt(name string) ([]byte, error) {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was only read
	}
	return io.ReadAll(io.LimitReader(f, receipt.MaxSize+1))
}

func (r *fileReport) fill(p *receipt.Proven) {
	r.OK, r.Shop, r.Key, r.Pinned = true, p.Shop, p.Key, p.Pinned
	r.Job, r.Kind, r.Origin, r.Seq = p.Entry.Job, p.Entry.Kind, p.Origin, p.Entry.Seq
	r.Time = time.UnixMilli(p.Entry.WallMS).UTC().Format(time.RFC3339)
	if json.Valid(p.Payload) {
		r.Statement = p.Payload
	}
	whose := "the shop's key named below, which you must know from elsewhere"
	if p.Pinned {
		whose = "a key that the policy names"
	}
	r.Proven = append(r.Proven,
		fmt.Sprintf("the roster is signed by %s", whose),
		fmt.Sprintf("entry %d of %s is a %s and commits to the statement", p.Entry.Seq, p.Origin, p.Entry.Kind),
		fmt.Sprintf("the entry is in the log of %d entries that its node has signed", p.Size))
	for _, w := range p.Witness {
		fw := fileWitness{Name: w.Name, Role: w.Role}
		said := "at a time that it did not state"
		if !w.Time.IsZero() {
			fw.Time = w.Time.Format(time.RFC3339)
			said = "at " + fw.Time + " by its clock"
		}
		r.Witnesses = append(r.Witnesses, fw)
		r.Proven = append(r.Proven, fmt.Sprintf("%s saw the log grow up to there, %s", w.Name, said))
	}
}

var errReceipt = errors.New("the receipt does not verify")
