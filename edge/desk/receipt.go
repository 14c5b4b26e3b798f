package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"pitlane/edge/receipt"
)

// ReceiptToken names the receipt of a visit in an address: 128 bits that nobody can
// guess, the same in every run of this node.
func (d *Desk) ReceiptToken(id string) string {
	m := hmac.New(sha256.New, d.cfg.Secret)
	_, _ = m.Write([]byte("receipt\x00" + id)) // a hash does not fail
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// Receipt is the receipt that a token is for: the name to save it under, and the
// file, for as long as the visit is held here. It is false for any other token, until
// the visit is sealed, and once it is erased.
func (d *Desk) Receipt(ctx context.Context, token string) (name string, file []byte, ok bool) {
	if d.cfg.Receipt == nil || len(token) != 32 {
		return "", nil, false
	}
	for _, s := range d.cfg.Board.Jobs() {
		if !hmac.Equal([]byte(d.ReceiptToken(s.ID)), []byte(token)) {
			continue
		}
		if s.Sealing.Seals == 0 || s.Erased {
			return "", nil, false
		}
		file, ok := d.receiptOf(ctx, s.ID)
		return fileName(s.Ticket), file, ok
	}
	// The board forgets a visit a day after its end; the journal does not.
	id, ok := d.old.find(ctx, d, token)
	if !ok {
		return "", nil, false
	}
	file, ok = d.receiptOf(ctx, id)
	return fileName(ticketOn(file)), file, ok
}

func (d *Desk) receiptOf(ctx context.Context, id string) ([]byte, bool) {
	file, err := d.cfg.Receipt(ctx, id)
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "no receipt made", "job", id, "error", err)
		return nil, false
	}
	return file, true
}

// ticketOn is the ticket that a receipt tells; "" where none can be read.
func ticketOn(file []byte) string {
	p, err := receipt.Verify(file, nil)
	if err != nil {
		return ""
	}
	var says struct {
		Ticket string `json:"ticket"`
	}
	_ = json.Unmarshal(p.Payload, &says) // a receipt without a ticket is saved under none
	return says.Ticket
}

// oldTokens finds the visit of a token among all that the journal holds. Guesses cost
// little: the list is made at most once a minute, which is soon enough for a visit
// that was on the board for a day.
type oldTokens struct {
	mu   sync.Mutex
	made time.Time
	job  map[string]string // by token
}

func (o *oldTokens) find(ctx context.Context, d *Desk, token string) (id string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id, ok = o.job[token]; ok {
		return id, true
	}
	now := d.cfg.Now()
	if age := now.Sub(o.made); o.job != nil && age >= 0 && age < time.Minute {
		return "", false
	}
	ids, err := d.cfg.Journal.Jobs(ctx)
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "no receipt looked up", "error", err)
		return "", false
	}
	o.made, o.job = now, make(map[string]string, len(ids))
	for _, id := range ids {
		o.job[d.ReceiptToken(id)] = id
	}
	id, ok = o.job[token]
	return id, ok
}

// fileName keeps of a ticket what a file's name may hold anywhere.
func fileName(ticket string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}, ticket)
	return "receipt-" + clean + ".tlog-proof"
}
