package tlog

import "fmt"

// VerifyReport is the answer of a full check.
type VerifyReport struct {
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"` // what is wrong and where
	Proven   []string `json:"proven"`
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
