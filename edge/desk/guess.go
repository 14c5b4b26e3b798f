package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/web"
)

// Guesses are the wrong codes and tokens of a node's kiosk as the journal has them
// (board.Board); false before the journal has been read.
type Guesses interface {
	Refusals(node string) ([]board.Refusal, bool)
}

// pace holds guessing down: after maxWrong wrong ones in window there is a pause, of
// pause after the first and doubled for each one more, at most window. A wrong one
// is on disk before it is answered, so that neither a kill nor a power cut gives a
// new start; a right one does not wipe the wrong ones out.
const (
	maxWrong = 5
	pause    = time.Minute
	window   = 15 * time.Minute
)

// pauseLeft is how long nothing is tried any more, from how long ago wrong ones were.
func pauseLeft(wrong []time.Duration) time.Duration {
	n, newest := 0, window
	for _, ago := range wrong {
		if ago < window {
			n++
		}
		newest = min(newest, ago)
	}
	if n < maxWrong {
		return 0
	}
	rest := min(pause<<min(n-maxWrong, 8), window)
	return max(0, rest-newest)
}

// ago is how long ago a wrong one was. The wall clock may have been set since, forward
// or back: where both were in one boot the time since it began says it. One from the
// future counts for as long as this machine is known to have run since.
func (d *Desk) ago(now time.Time, m job.Moment) time.Duration {
	if d.cfg.Clocks == nil || d.cfg.Boot == nil {
		return max(0, now.Sub(time.UnixMilli(m.WallMS)))
	}
	from := clocks.Reading{Node: tlog.NodeOf(m.Origin), Boot: m.Boot, BootMS: m.BootMS, WallMS: m.WallMS, Quality: uint8(m.Quality)}
	to := clocks.Reading{Node: d.cfg.Node, WallMS: now.UnixMilli()}
	boot, since := d.cfg.Boot()
	to.Boot, to.BootMS = boot, since.Milliseconds()
	return d.cfg.Clocks.Ago(from, to)
}

// guesses are the wrong ones of this run: the board may show them a moment later.
type guesses struct {
	mu  sync.Mutex // one code is tried at a time
	own map[journal.Hash]time.Time
}

// wrongAgo is how long ago each wrong one at this kiosk was. g.mu is held.
func (d *Desk) wrongAgo(now time.Time) ([]time.Duration, error) {
	g := &d.guesses
	var all []time.Duration
	if d.cfg.Guesses != nil {
		list, read := d.cfg.Guesses.Refusals(d.cfg.Node)
		if !read {
			return nil, web.Fail(http.StatusServiceUnavailable, "starting", "this edge is just starting", "try again in a moment")
		}
		for _, r := range list {
			if _, mine := g.own[journal.Hash(r.Hash)]; !mine {
				all = append(all, d.ago(now, r.Moment))
			}
		}
	}
	for _, t := range g.own {
		all = append(all, max(0, now.Sub(t)))
	}
	return all, nil
}

// pickup finds the visit of a code or token, within the pace that guessing is held
// to.
func (d *Desk) pickup(ctx context.Context, typed string) (job.State, error) {
	g := &d.guesses
	g.mu.Lock()
	defer g.mu.Unlock()
	now := d.cfg.Now()
	wrong, err := d.wrongAgo(now)
	if err != nil {
		return job.State{}, err
	}
	if left := pauseLeft(wrong); left > 0 {
		return job.State{}, tooMany(left)
	}
	s, why := d.match(typed)
	if s != nil {
		var wrong []time.Duration
		for _, m := range s.Pickup.Refused {
			wrong = append(wrong, d.ago(now, m))
		}
		if left := pauseLeft(wrong); left > 0 {
			return job.State{}, tooMany(left)
		}
	}
	if why == "" {
		return *s, nil
	}
	if err := d.refused(ctx, now, s, why); err != nil {
		return job.State{}, err
	}
	return job.State{}, web.Fail(http.StatusNotFound, "wrong_code", "there is no visit with this code", "check the eight digits, or ask at the desk")
}

func tooMany(left time.Duration) error {
	return web.Fail(http.StatusTooManyRequests, "too_many", "too many wrong codes",
		fmt.Sprintf("wait %d minutes, or call the staff", int((left+time.Minute-1)/time.Minute)))
}

// match is the visit that a code or a token opens. With a why it opens none; the
// visit is then the one that a wrong token named, if any.
func (d *Desk) match(typed string) (s *job.State, why string) {
	if id, ok := tokenJob(typed); ok {
		s, there := d.cfg.Board.Job(id)
		switch {
		case !there || !s.Opened:
			return nil, "wrong_token"
		case s.Pickup.TokenHash == "" || !hmac.Equal([]byte(tokenHash(typed)), []byte(s.Pickup.TokenHash)):
			return &s, "wrong_token"
		}
		return &s, ""
	}
	code := regexp.MustCompile(`[\s-]`).ReplaceAllString(typed, "")
	if regexp.MustCompile(`^[0-9]{8}$`).MatchString(code) {
		if s := byCode(d.cfg.Board.Jobs(), code); s != nil {
			return s, ""
		}
	}
	return nil, "wrong_code"
}

// refused puts a wrong one on disk. It may use the reserve of a full disk: a full
// disk must not make guessing free.
func (d *Desk) refused(ctx context.Context, now time.Time, s *job.State, why string) error {
	p := job.PickupRefused{Kiosk: d.cfg.Node, Why: why}
	work, err := job.Encode(p)
	if err != nil {
		return refuse(err)
	}
	draft := journal.Draft{Kind: p.Kind(), Work: work, Device: true}
	if _, err := d.cfg.Random.Read(draft.Request[:]); err != nil {
		return fmt.Errorf("note a wrong code: %w", err)
	}
	if s != nil {
		draft.Job = s.ID
	}
	entries, err := d.cfg.Journal.Append(context.WithoutCancel(ctx), draft)
	if err != nil {
		return refuse(err)
	}
	if d.guesses.own == nil {
		d.guesses.own = map[journal.Hash]time.Time{}
	}
	for h, t := range d.guesses.own {
		if now.Sub(t) > window {
			delete(d.guesses.own, h)
		}
	}
	d.guesses.own[entries[0].Hash] = now
	return nil
}

// token is what the QR code of a visit holds: K, the job, a dot, and 128 bits made
// from the node's secret. It is not stored; its hash is, bound to slot and kiosk.
func token(secret []byte, id string) string {
	m := hmac.New(sha256.New, secret)
	_, _ = m.Write([]byte("pitlane pick-up token\x00" + id)) // a hash does not fail
	return "K" + id + "." + hex.EncodeToString(m.Sum(nil)[:16])
}

func tokenHash(t string) string {
	h := sha256.New()
	_, _ = h.Write(binary.BigEndian.AppendUint32([]byte("pitlane pick-up token"), uint32(len(t)))) // a hash does not fail
	_, _ = h.Write([]byte(t))
	return hex.EncodeToString(h.Sum(nil))
}

// tokenJob is the job that a token names; false for what is no token.
func tokenJob(typed string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(typed), "K")
	id, bits, found := strings.Cut(rest, ".")
	return id, ok && found && id != "" && len(bits) == 32
}

// owns says that this edge minds the cabinet in which the key of a job hangs: it
// alone decides about that key. A cabinet's name may occur at two edges; which node
// saw the key tells them apart.
func (d *Desk) owns(s job.State) bool {
	return d.cfg.Cabinet != "" && s.Key.Cabinet == d.cfg.Cabinet && s.Key.Node == d.cfg.Node
}

// bind ties code and token to the slot where the key hangs now and to this edge's
// kiosk: once for each time the key was hung.
func (d *Desk) bind(ctx context.Context, s job.State) error {
	if !d.owns(s) || !s.Key.In || !s.HandedOver || s.Pickup.Slot == s.Key.Slot && s.Pickup.Kiosk == d.cfg.Node {
		return nil
	}
	p := job.PickupBound{Cabinet: d.cfg.Cabinet, Slot: s.Key.Slot, Kiosk: d.cfg.Node}
	if s.Pickup.TokenHash == "" {
		p.TokenHash = tokenHash(token(d.cfg.Secret, s.ID))
	}
	return d.write(ctx, s.ID, nil, note{request: derive("pickup.bound", s.ID, d.cfg.Node, fmt.Sprint(s.Key.Hangs)), payload: p})
}

// mayTake refuses a code or token that is spent, or bound to another slot or kiosk.
func (d *Desk) mayTake(s job.State) error {
	switch {
	case !d.owns(s) || s.Pickup.Kiosk != "" && s.Pickup.Kiosk != d.cfg.Node:
		return web.Fail(http.StatusConflict, "other_cabinet", "the key hangs in another cabinet", "please ask at the desk")
	case s.Pickup.Used:
		return web.Fail(http.StatusGone, "used", "this code has been used", "please ask at the desk")
	case s.Pickup.Slot != s.Key.Slot:
		return web.Fail(http.StatusConflict, "other_slot", "the key has been moved since this code was made", "please ask at the desk")
	}
	return nil
}
