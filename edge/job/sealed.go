package job

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sealed ends the record of a visit: what the shop states of it, and every entry it
// consists of. It yields the customer's receipt. Late entries are listed by an
// Amended, which states the whole anew.
type Sealed struct {
	Statement
	Logs   []string `json:"logs"`   // origins that Leaves name by their place here
	Leaves []string `json:"leaves"` // see Leaf.String; in the order of the fold
}

// Amended lists entries that came after the visit was sealed.
type Amended struct {
	Amends string `json:"amends"` // hex leaf hash of the Sealed or Amended before
	Statement
	Logs   []string `json:"logs"`
	Leaves []string `json:"leaves"`
}

// Statement is what a receipt says in plain facts. Times are milliseconds since
// 1970, money is in the smallest unit of the shop's currency.
type Statement struct {
	Ticket string       `json:"ticket"`
	Plate  string       `json:"plate,omitempty"`
	VIN    string       `json:"vin,omitempty"`
	Opened int64        `json:"opened"`
	Closed int64        `json:"closed,omitempty"`
	Cause  string       `json:"cause,omitempty"`
	Lines  []Line       `json:"lines"`
	Total  int64        `json:"total"`
	Paid   int64        `json:"paid"`
	Method string       `json:"method,omitempty"`
	Order  string       `json:"order,omitempty"` // hex SHA-256 of the order's text that was signed
	Before *SealedCodes `json:"before,omitempty"`
	After  *SealedCodes `json:"after,omitempty"`
}

// SealedCodes are the trouble codes of one scan. Complete says that every unit
// answered; without it an empty list says nothing.
type SealedCodes struct {
	AtMS     int64    `json:"at"`
	Complete bool     `json:"complete"`
	Codes    []string `json:"codes"`
}

// Kind implements Payload.
func (Sealed) Kind() string { return "job.sealed" }

// Kind implements Payload.
func (Amended) Kind() string { return "job.amended" }

// Leaf names an entry of a visit.
type Leaf struct {
	Origin string
	Seq    uint64
	Kind   string
	WallMS int64
	Hash   Hash
}

// MostLeaves are listed in one payload; a longer visit is listed in several.
const MostLeaves = 150

// text is a leaf's line in a payload: the place of its log, its number, kind, wall
// time in ms and hash (base64url without padding).
func (l Leaf) text(log int) string {
	return fmt.Sprintf("%d %d %s %d %s", log, l.Seq, l.Kind, l.WallMS, base64.RawURLEncoding.EncodeToString(l.Hash[:]))
}

// ParseLeaf reads a leaf's line.
func ParseLeaf(logs []string, line string) (Leaf, error) {
	var l Leaf
	f := strings.Split(line, " ")
	if len(f) != 5 {
		return l, fmt.Errorf("a sealed entry has 5 parts, this has %d", len(f))
	}
	log, err := strconv.Atoi(f[0])
	if err != nil || log < 0 || log >= len(logs) {
		return l, fmt.Errorf("a sealed entry of no log")
	}
	l.Origin, l.Kind = logs[log], f[2]
	if l.Seq, err = strconv.ParseUint(f[1], 10, 53); err != nil {
		return l, fmt.Errorf("read the number of a sealed entry: %w", err)
	}
	if l.WallMS, err = strconv.ParseInt(f[3], 10, 64); err != nil {
		return l, fmt.Errorf("read the time of a sealed entry: %w", err)
	}
	b, err := base64.RawURLEncoding.DecodeString(f[4])
	if err != nil || len(b) != len(l.Hash) {
		return l, fmt.Errorf("a sealed entry without a hash")
	}
	l.Hash = Hash(b)
	return l, nil
}

// List writes leaves for a payload.
func List(leaves []Leaf) (logs, lines []string) {
	logs, lines = []string{}, []string{}
	for _, l := range leaves {
		at := slices.Index(logs, l.Origin)
		if at < 0 {
			at, logs = len(logs), append(logs, l.Origin)
		}
		lines = append(lines, l.text(at))
	}
	return logs, lines
}

// StatementOf is what a visit's receipt says.
func StatementOf(s State) Statement {
	out := Statement{
		Ticket: s.Ticket, Plate: s.Plate, VIN: s.VIN, Opened: s.OpenedMS, Closed: s.BackMS, Cause: s.Cause,
		Paid: s.Paid, Method: s.Method, Order: s.SignedHash,
	}
	if !s.Back && Ended(s) {
		out.Closed = s.GateMS
	}
	bill := Bill(s) // what was offered and not signed is owed by nobody
	if s.Billed {
		bill.Lines, bill.Total = s.BillLines, s.BillTotal
	}
	if out.Lines, out.Total = bill.Lines, bill.Total; out.Lines == nil {
		out.Lines = []Line{}
	}
	var done []Scan
	for _, x := range s.Scans {
		if x.State == ScanDone && !x.OtherCar() {
			done = append(done, x)
		}
	}
	if len(done) > 0 {
		out.Before = sealedCodes(done[0])
	}
	if len(done) > 1 {
		out.After = sealedCodes(done[len(done)-1])
	}
	return out
}

func sealedCodes(x Scan) *SealedCodes {
	c := &SealedCodes{AtMS: x.AtMS, Complete: x.Complete, Codes: []string{}}
	for _, code := range x.Codes {
		if !slices.Contains(c.Codes, code.Code) {
			c.Codes = append(c.Codes, code.Code)
		}
	}
	slices.Sort(c.Codes)
	return c
}

// Sealing is how far a visit is sealed.
type Sealing struct {
	Origin string // of the job.sealed that counts: its node seals, and goes on to amend
	Seals  int    // job.sealed and job.amended, each of the one before
	Leaves int    // entries that they list
	Last   Hash   // of the newest of them
	Void   int    // seals that do not count: another's, or beside those
}

// IsSeal says whether a kind seals a visit or amends its seal.
func IsSeal(kind string) bool {
	return kind == (Sealed{}).Kind() || kind == (Amended{}).Kind()
}

// stepSealed takes what was sealed. Only the node that sealed first amends, in whatever
// log it writes; another one's seal is a contradiction and stays visible. A node that
// has left a log may have sealed in both: the first told counts.
func (s *State) stepSealed(e Event) {
	if !IsSeal(e.Kind) {
		return
	}
	node, _, _ := strings.Cut(e.Origin, "/")
	first, _, _ := strings.Cut(s.Sealing.Origin, "/")
	n, counts := 0, false
	switch p := e.Payload.(type) {
	case Sealed:
		n, counts = len(p.Leaves), s.Sealing.Seals == 0
		if counts {
			s.Sealing.Origin = e.Origin
		} else if node != first {
			s.contradict(SealedTwice)
		}
	case Amended:
		n, counts = len(p.Leaves), s.Sealing.Seals > 0 && node == first && p.Amends == s.Sealing.Last.String()
	}
	if !counts {
		s.Sealing.Void++
		return
	}
	s.Sealing.Seals++
	s.Sealing.Leaves += n
	s.Sealing.Last = e.Hash
}

// Ended says whether a visit is closed: the car was handed back, or it was let go
// with its key, which nobody had taken in (a declined order, K-083).
func Ended(s State) bool { return s.Back || s.Phase == PhaseLeft && !s.Erased }

// Sealer is the origin of the node that seals a closed visit and amends it, and no
// other does: the one that sealed it first, before that the one that closed it.
func Sealer(s State) string {
	if s.Sealing.Seals > 0 {
		return s.Sealing.Origin
	}
	return s.Closer
}

// Unsealed is how many entries of a closed visit no seal lists yet.
func Unsealed(s State) int {
	if !Ended(s) || s.Erased {
		return 0
	}
	return max(s.Events-s.Sealing.Leaves-s.Sealing.Seals-s.Sealing.Void, 0)
}

func decodeSealed(kind string) func([]byte) (Payload, error) {
	switch kind {
	case Sealed{}.Kind():
		return as[Sealed]
	case Amended{}.Kind():
		return as[Amended]
	}
	return nil
}

func checkSealed(c *checker, p Payload) {
	switch p := p.(type) {
	case Sealed:
		c.statement(p.Statement)
		c.leaves(p.Logs, p.Leaves)
	case Amended:
		c.need("amends", p.Amends)
		c.statement(p.Statement)
		c.leaves(p.Logs, p.Leaves)
	}
}

func (c *checker) statement(s Statement) {
	c.need("ticket", s.Ticket)
	c.word("plate", s.Plate)
	c.word("vin", s.VIN)
	c.time("opened", s.Opened)
	c.time("closed", s.Closed)
	c.line("cause", s.Cause)
	c.lines("lines", s.Lines)
	c.money("total", s.Total)
	c.money("paid", s.Paid)
	c.word("method", s.Method)
	c.word("order", s.Order)
	for _, x := range []*SealedCodes{s.Before, s.After} {
		if x != nil {
			c.time("codes.at", x.AtMS)
			c.texts("codes", x.Codes)
		}
	}
}

func (c *checker) leaves(logs, lines []string) {
	c.texts("logs", logs)
	c.size("leaves", len(lines), MostLeaves)
	for _, l := range lines {
		c.line("leaves", l)
	}
}
