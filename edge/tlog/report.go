package tlog

import (
	"fmt"
	"slices"
)

// VerifyReport is the answer of a full check.
type VerifyReport struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"` // what is wrong and where
	Proven   []string `json:"proven"`
	// Next is what to do about the findings, each step once; none where all is proven.
	Next []string `json:"next,omitempty"`
	// Notes are what lies in the folder beside its journal and tells of earlier trouble:
	// files put aside, evidence of a fork. They are no findings.
	Notes []string `json:"notes,omitempty"`
}

// maxFindings ends a report that would only repeat itself.
const maxFindings = 100

// Find adds a finding, which fmt.Sprintf makes; beyond maxFindings it only counts as
// one.
func (r *VerifyReport) Find(format string, args ...any) {
	r.OK = false
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
	}
}

// Advise adds what to do about a finding, once; nothing is no advice.
func (r *VerifyReport) Advise(step string) {
	if step != "" && !slices.Contains(r.Next, step) {
		r.Next = append(r.Next, step)
	}
}
