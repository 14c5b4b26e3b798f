package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// ReceiptToken names the receipt of a visit in an address: 128 bits that nobody can
// guess, the same in every run of this node.
func (d *Desk) ReceiptToken(id string) string {
	m := hmac.New(sha256.New, d.cfg.Secret)
	_, _ = m.Write([]byte("receipt\x00" + id)) // a hash does not fail
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// Receipt is the receipt that a token is for: the name to save it under, and the
// file. It is false for any other token, and until the visit is sealed.
func (d *Desk) Receipt(ctx context.Context, token string) (name string, file []byte, ok bool) {
	if d.cfg.Receipt == nil || len(token) != 32 {
		return "", nil, false
	}
	for _, s := range d.cfg.Board.Jobs() {
		if s.Sealing.Seals == 0 || !hmac.Equal([]byte(d.ReceiptToken(s.ID)), []byte(token)) {
			continue
		}
		file, err := d.cfg.Receipt(ctx, s.ID)
		if err != nil {
			d.cfg.Log.WarnContext(ctx, "no receipt made", "job", s.ID, "error", err)
			return "", nil, false
		}
		return fileName(s.Ticket), file, true
	}
	return "", nil, false
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
