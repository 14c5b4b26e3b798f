package vault

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"pitlane/edge/tlog"
)

// The orders to erase outlive the logs that they stand in: a node that begins where
// the others begin, comes back with an old disk, or has lost its keys.db hears of
// each from the vaults of the others, in pages signed by the node that tells them.
// What an order does is what its event does, which every node of the shop may write.

// MaxTombs is how many orders a page holds.
const MaxTombs = 100

// order tells orders apart: an origin orders the end of a job's class once.
type order struct {
	job    string
	class  tlog.Class
	origin string
}

func orderOf(e Erasure) order { return order{e.Job, e.Class, e.Origin} }

// Sum stands for a set of orders: two vaults that have the same have the same sum,
// in whatever order they came. It finds differences; it proves nothing.
type Sum [sha256.Size]byte

func (s *Sum) add(o order) {
	h := sha256.Sum256(fmt.Appendf(nil, "pl-tomb/v1\n%s\n%s\n%s\n", o.job, o.class, o.origin))
	for i := range s {
		s[i] ^= h[i]
	}
}

// mark is up to where a log was looked through, and its last leaf there. Without a
// hash nobody knows whose.
type mark struct {
	size uint64
	hash tlog.Hash
}

func recordOfMark(origin string, m mark) record {
	r := record{T: "upto", Origin: origin, Seq: m.size}
	if m.hash != (tlog.Hash{}) {
		r.Secret = slices.Clone(m.hash[:])
	}
	return r
}

// tomb is one order in a page.
type tomb struct {
	Job    string `json:"j"`
	Class  string `json:"c"`
	Origin string `json:"o"`
	Seq    uint64 `json:"s"`
	At     int64  `json:"a"`
}

var (
	jobID  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	origin = regexp.MustCompile(`^[a-z0-9-]{3,48}/[0-9a-f]{32}$`)
)

const (
	tombsHead = "pl-tombs/v1\n"
	maxSeq    = 1 << 53 // numbers stay exact in JSON
)

func tombsText(node string, page []byte) []byte {
	return append([]byte(tombsHead+node+"\n"), page...)
}

// Tombs says how many orders are carried out here, and their sum.
func (v *Vault) Tombs() (n int, sum [sha256.Size]byte) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.kept == len(v.list) {
		return v.kept, v.sum
	}
	var s Sum
	for _, e := range v.list[:v.kept] {
		s.add(orderOf(e))
	}
	return v.kept, s
}

// TombsFrom is a page of the orders that are carried out here, as they came, from a
// position on, with this node's signature; nil behind the last.
func (v *Vault) TombsFrom(from int) (page, sig []byte, err error) {
	v.mu.RLock()
	var list []tomb
	for _, e := range v.list[min(max(from, 0), v.kept):min(max(from, 0)+MaxTombs, v.kept)] {
		list = append(list, tomb{e.Job, e.Class.String(), e.Origin, e.Seq, e.At})
	}
	v.mu.RUnlock()
	if len(list) == 0 {
		return nil, nil, nil
	}
	if page, err = json.Marshal(list); err != nil {
		return nil, nil, fmt.Errorf("tell of erasures: %w", err)
	}
	return page, ed25519.Sign(v.opt.Key, tombsText(v.opt.Node, page)), nil
}

// Bury carries out the orders of pages that a node told of. It returns when they are
// on disk. ErrForeign: a page is not that node's, or holds no orders; then nothing
// is done.
func (v *Vault) Bury(from string, pages, sigs [][]byte) error {
	n, ok := v.opt.Roster.Node(from)
	if !ok || len(pages) != len(sigs) {
		return ErrForeign
	}
	var es []Erasure
	for i, page := range pages {
		if !ed25519.Verify(n.Key, tombsText(from, page), sigs[i]) {
			return ErrForeign
		}
		list, err := parseTombs(page)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrForeign, err)
		}
		es = append(es, list...)
	}
	if v.carried(es) {
		return nil
	}
	if err := v.erase(es, nil); err != nil {
		return err
	}
	v.opt.Log.Info("keys erased as another node told", "node", from, "erasures", len(es))
	return nil
}

// parseTombs reads a page; every order in it is one that an event can give.
func parseTombs(page []byte) ([]Erasure, error) {
	var list []tomb
	if err := json.Unmarshal(page, &list); err != nil || len(list) > MaxTombs {
		return nil, errors.New("not a page of erasures")
	}
	es := make([]Erasure, 0, len(list))
	for _, t := range list {
		class := classOf(t.Class)
		if !jobID.MatchString(t.Job) || !origin.MatchString(t.Origin) || t.Seq > maxSeq ||
			class != tlog.Work && class != tlog.Contact {
			return nil, errors.New("not an erasure")
		}
		es = append(es, Erasure{t.Job, class, t.Origin, t.Seq, t.At})
	}
	return es, nil
}
