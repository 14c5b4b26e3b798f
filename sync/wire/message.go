package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Limits of the small messages.
const (
	MaxMessage = 48 << 10 // bytes of any message
	MaxOrigins = 400      // origins in one Have: 400 of the longest names fit MaxMessage
	MaxCredit  = 64       // segments that one Want may ask for
	maxState   = 1 << 10  // bytes of Live and Online
	maxSeq     = 1 << 53  // numbers stay exact in JSON
)

// ErrMessage is a message that cannot be read.
var ErrMessage = errors.New("the message cannot be read")

// Range is how much of an origin a node has on disk: leaves [Low, Size).
type Range struct{ Low, Size uint64 }

// Have is what a node has on disk, by origin. It is the only acknowledgement.
type Have map[string]Range

// Want asks one holder for segments of an origin, from leaf From on; at most
// Credit segments are sent for it.
type Want struct {
	Origin string `json:"origin"`
	From   uint64 `json:"from"`
	Credit int    `json:"credit"`
}

// Live is a node's heartbeat: which boot it is in, how far that boot is, and what
// displays need before any history.
type Live struct {
	Boot string `json:"boot"`
	MS   int64  `json:"ms"` // boottime
	Role string `json:"role"`
	Bay  string `json:"bay,omitempty"`
}

// Online says whether a node is connected; the broker says no in its stead.
type Online struct {
	Online bool `json:"online"`
}

// MarshalJSON writes [low, size].
func (r Range) MarshalJSON() ([]byte, error) {
	b := append([]byte{'['}, strconv.FormatUint(r.Low, 10)...)
	b = append(b, ',')
	b = strconv.AppendUint(b, r.Size, 10)
	return append(b, ']'), nil
}

// UnmarshalJSON reads [low, size].
func (r *Range) UnmarshalJSON(b []byte) error {
	var n []uint64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if len(n) != 2 || n[0] > n[1] || n[1] > maxSeq {
		return errors.New("not a range")
	}
	r.Low, r.Size = n[0], n[1]
	return nil
}

// Encode gives the bytes of the message, keys in order.
func (h Have) Encode() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]Range(h))
}

// DecodeHave reads a Have. Only bytes that Encode gives are accepted.
func DecodeHave(b []byte) (Have, error) {
	h := Have{}
	if err := strict(b, &h, MaxMessage); err != nil {
		return nil, err
	}
	if h == nil { // null
		return nil, fmt.Errorf("%w: not an object", ErrMessage)
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h, same(b, map[string]Range(h))
}

func (h Have) check() error {
	if len(h) > MaxOrigins {
		return fmt.Errorf("%w: %d origins, at most %d", ErrMessage, len(h), MaxOrigins)
	}
	for o, r := range h {
		if err := checkOrigin(o); err != nil {
			return fmt.Errorf("%w: %w", ErrMessage, err)
		}
		if r.Low > r.Size || r.Size > maxSeq {
			return fmt.Errorf("%w: not a range", ErrMessage)
		}
	}
	return nil
}

// wanted is the form of a Want on the wire; the name tells it from other messages
// to one node.
type wanted struct {
	Want Want `json:"want"`
}

// Encode gives the bytes of the message.
func (w Want) Encode() ([]byte, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	return json.Marshal(wanted{w})
}

// DecodeWant reads a Want. Only bytes that Encode gives are accepted.
func DecodeWant(b []byte) (Want, error) {
	var w wanted
	if err := strict(b, &w, maxState); err != nil {
		return Want{}, err
	}
	if err := w.Want.check(); err != nil {
		return Want{}, err
	}
	return w.Want, same(b, w)
}

func (w Want) check() error {
	if err := checkOrigin(w.Origin); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if w.From > maxSeq || w.Credit < 1 || w.Credit > MaxCredit {
		return fmt.Errorf("%w: number out of bounds", ErrMessage)
	}
	return nil
}

// Encode gives the bytes of the message.
func (l Live) Encode() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	return json.Marshal(l)
}

// DecodeLive reads a heartbeat. Fields of a later version are ignored.
func DecodeLive(b []byte) (Live, error) {
	var l Live
	if err := loose(b, &l); err != nil {
		return Live{}, err
	}
	return l, l.check()
}

func (l Live) check() error {
	if len(l.Boot) > 64 || len(l.Role) > 32 || len(l.Bay) > 48 || l.MS < 0 || l.MS > maxSeq {
		return fmt.Errorf("%w: heartbeat out of bounds", ErrMessage)
	}
	return nil
}

// Encode gives the bytes of the message.
func (o Online) Encode() []byte {
	if o.Online {
		return []byte(`{"online":true}`)
	}
	return []byte(`{"online":false}`)
}

// DecodeOnline reads an Online. Fields of a later version are ignored.
func DecodeOnline(b []byte) (Online, error) {
	var o Online
	return o, loose(b, &o)
}

// loose reads a small message whose unknown fields do no harm.
func loose(b []byte, into any) error {
	if len(b) > maxState {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrMessage, len(b), maxState)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%w: not JSON of its form", ErrMessage)
	}
	return nil
}

func strict(b []byte, into any, limit int) error {
	if len(b) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrMessage, len(b), limit)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	// What json says of the bytes may quote them; the log must not.
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%w: not JSON of its form", ErrMessage)
	}
	return nil
}

// same demands that what was read gives the bytes that came: no second spelling,
// no doubled key, nothing behind the end.
func same(b []byte, read any) error {
	again, err := json.Marshal(read)
	if err != nil || !bytes.Equal(b, again) {
		return fmt.Errorf("%w: not in its one spelling", ErrMessage)
	}
	return nil
}
