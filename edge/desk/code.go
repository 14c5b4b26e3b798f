package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"pitlane/edge/job"
	"pitlane/edge/web"
	"rsc.io/qr"
)

// newTicket draws a ticket that no open job has: a letter and three digits, none
// of them easily mistaken for another.
func newTicket(random io.Reader, open []job.State) (string, error) {
	const letters = "ABCDEFGHJKLMNPRSTUVWXY"
	taken := map[string]bool{}
	for _, s := range open {
		taken[s.Ticket] = true
	}
	for range 1000 {
		var b [4]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("draw a ticket: %w", err)
		}
		n := binary.BigEndian.Uint32(b[:])
		ticket := fmt.Sprintf("%c%03d", letters[n%uint32(len(letters))], n/uint32(len(letters))%1000)
		if !taken[ticket] {
			return ticket, nil
		}
	}
	return "", web.Fail(http.StatusServiceUnavailable, "no_ticket", "no ticket is free", "please call the staff")
}

// pickupCode is the customer's 8 digits. It is made from the node's secret and
// not stored, so that the last page of a check-in can be shown again after a
// restart; round tells codes of the same job apart.
func pickupCode(secret []byte, id string, round int) string {
	m := hmac.New(sha256.New, secret)
	_, _ = m.Write([]byte("pitlane pick-up\x00" + id + "\x00" + strconv.Itoa(round))) // a hash does not fail
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(m.Sum(nil))%100_000_000)
}

// hashCode is what is stored of a code: salt and SHA-256 of salt and code.
func hashCode(salt []byte, code string) string {
	sum := sha256.Sum256(append(append([]byte{}, salt...), code...))
	return hex.EncodeToString(salt) + ":" + hex.EncodeToString(sum[:])
}

func codeFits(stored, code string) bool {
	salt, _, ok := strings.Cut(stored, ":")
	if !ok {
		return false
	}
	raw, err := hex.DecodeString(salt)
	return err == nil && hmac.Equal([]byte(hashCode(raw, code)), []byte(stored))
}

// newCode makes a code that no open job answers to, and what to store of it.
func (d *Desk) newCode(id string, open []job.State) (string, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(d.cfg.Random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	for round := range 100 {
		code := pickupCode(d.cfg.Secret, id, round)
		if byCode(open, code) == nil {
			return hashCode(salt, code), nil
		}
	}
	return "", web.Fail(http.StatusServiceUnavailable, "no_code", "no pick-up code is free", "please call the staff")
}

// codeOf finds the code again that newCode made; "" on a node that did not make it.
func (d *Desk) codeOf(s job.State) string {
	for round := range 100 {
		if code := pickupCode(d.cfg.Secret, s.ID, round); codeFits(s.CodeHash, code) {
			return code
		}
	}
	return ""
}

func byCode(jobs []job.State, code string) *job.State {
	var found *job.State
	for i := range jobs {
		if codeFits(jobs[i].CodeHash, code) { // all are tried: the time tells nothing
			found = &jobs[i]
		}
	}
	return found
}

// qrSVG draws text as a QR code, black on white with its quiet zone.
func qrSVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	const quiet = 4
	size := code.Size + 2*quiet
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, size, size, size, size, path.String()), nil
}
