package receipt

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/tlog"
)

// ErrNotSealed says that the visit is not over yet, so that there is nothing to take home.
var ErrNotSealed = errors.New("the visit is not sealed yet: a receipt is there once the car has been handed back")

// ErrClosed says that what was sealed cannot be read: it has been erased, or its key is
// not here.
var ErrClosed = errors.New("what was sealed has been erased, or its key is not here: no receipt is made of it any more, one that was taken before stays valid")

// ErrNoJob says that nothing is held of a job of this id.
var ErrNoJob = errors.New("no entry is held of the job")

// Log is what a receipt is made from (journal.Journal).
type Log interface {
	Job(ctx context.Context, id string) ([]tlog.Entry, error)
	Include(ctx context.Context, origin string, seq uint64) (tlog.Inclusion, error)
}

// Shop is what a receipt says of who made it: as `pitlane shop` wrote it into each
// node's folder.
type Shop struct {
	Key    string // verifier key
	Roster []byte // signed note
}

// ShopOf reads them from a node's folder.
func ShopOf(dir string) (Shop, error) {
	key, err := os.ReadFile(filepath.Join(dir, "shop.pub"))
	if err != nil {
		return Shop{}, fmt.Errorf("read the shop's key: %w", err)
	}
	roster, err := os.ReadFile(filepath.Join(dir, "roster"))
	if err != nil {
		return Shop{}, fmt.Errorf("read the roster: %w", err)
	}
	return Shop{Key: strings.TrimSpace(string(key)), Roster: roster}, nil
}

// OfJob makes the receipt of a visit: of its newest seal.
func OfJob(ctx context.Context, log Log, shop Shop, job string) ([]byte, error) {
	entries, err := log.Job(ctx, job)
	if err != nil {
		return nil, fmt.Errorf("make a receipt: %w", err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("make a receipt: %w %q", ErrNoJob, job)
	}
	newest := newestSeal(entries)
	if newest == nil {
		return nil, ErrNotSealed
	}
	in, err := log.Include(ctx, newest.Origin, newest.Seq)
	if err != nil {
		return nil, fmt.Errorf("make a receipt: %w", err)
	}
	r, err := New(*newest, in, shop.Key, shop.Roster)
	if err != nil {
		return nil, err
	}
	file := r.Encode()
	if _, err := Verify(file, nil); err != nil {
		return nil, fmt.Errorf("make a receipt: what came out does not verify: %w", err)
	}
	return file, nil
}

// newestSeal is the end of the chain of what amends what. A node that has left a log may
// have sealed in both: the longer chain counts, or the one that was begun earlier.
func newestSeal(entries []tlog.Entry) *tlog.Entry {
	amended := map[string]*tlog.Entry{} // node and leaf hash → what amends it
	for i, e := range entries {
		if amends := amends(e); amends != "" {
			amended[tlog.NodeOf(e.Origin)+" "+amends] = &entries[i]
		}
	}
	after := func(e *tlog.Entry) *tlog.Entry {
		return amended[tlog.NodeOf(e.Origin)+" "+hex.EncodeToString(e.Hash[:])]
	}
	var newest, first *tlog.Entry
	most := 0
	for i, e := range entries {
		if e.Kind != Sealed {
			continue
		}
		end, n := &entries[i], 1
		for next := after(end); next != nil && n < len(entries); next = after(end) {
			end, n = next, n+1
		}
		if n > most || n == most && e.WallMS < first.WallMS {
			newest, first, most = end, &entries[i], n
		}
	}
	return newest
}

// amends is the leaf hash of the seal that an entry amends, in hex; "" where it is none,
// or cannot be read.
func amends(e tlog.Entry) string {
	if e.Kind != Amended || e.Work == nil {
		return ""
	}
	var p struct {
		Amends string `json:"amends"`
	}
	_ = json.Unmarshal(e.Work.Payload, &p) // what is no JSON amends nothing
	return p.Amends
}
