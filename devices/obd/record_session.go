package obd

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Session is the raw record of one scan: everything that was sent to the adapter
// since it was greeted, and the exact bytes that came back. It is kept whichever
// way the scan ended.
type Session struct {
	Adapter   Adapter
	Protocol  Protocol
	StartedMS int64 // wall clock, ms since 1970; 0 where nobody told it
	EndedMS   int64
	Exchanges []Exchange
	// Dropped counts the exchanges that were too much to keep (more than
	// MaxSession bytes of answers); 0 in any honest scan.
	Dropped int
}

// MaxSession is the most bytes of answers that one record holds.
const MaxSession = 1 << 20

// ErrSession says that these bytes are no packed session.
var ErrSession = errors.New("not a recorded session")

// Length is how long the talk lasted.
func (s *Session) Length() time.Duration {
	if len(s.Exchanges) == 0 {
		return 0
	}
	last := s.Exchanges[len(s.Exchanges)-1]
	return max(0, last.At+last.Took)
}

// Vehicle is the session as a vehicle file. What the adapter did not answer at all
// is left out: the practice adapter has nothing to play there.
func (s *Session) Vehicle() *Vehicle {
	said := make([]Exchange, 0, len(s.Exchanges))
	for _, e := range s.Exchanges {
		if len(e.Raw) > 0 {
			said = append(said, e)
		}
	}
	return Record(said, &Report{Adapter: s.Adapter, Protocol: s.Protocol})
}

// recorder keeps what is said on a line: the greeting, and one scan at a time. It
// belongs to the owner goroutine.
type recorder struct {
	said    []Exchange
	greeted int  // so many of said are the greeting
	resting bool // between the scans nothing is kept
	size    int
	dropped int
}

func (r *recorder) note(e Exchange) {
	switch {
	case r.resting:
	case r.size+len(e.Raw) > MaxSession:
		r.dropped++
	default:
		r.size += len(e.Raw)
		r.said = append(r.said, e)
	}
}

// rest ends the greeting.
func (r *recorder) rest() { r.greeted, r.resting = len(r.said), true }

// begin goes on with a new scan: after the greeting comes nothing but it.
func (r *recorder) begin() {
	if !r.resting {
		r.rest()
	}
	r.said = r.said[:r.greeted:r.greeted]
	r.resting, r.dropped, r.size = false, 0, 0
	for _, e := range r.said {
		r.size += len(e.Raw)
	}
}

// session ends the scan that began at started on the scanner's clock.
func (r *recorder) session(started time.Duration, report *Report) *Session {
	s := &Session{Adapter: report.Adapter, Protocol: report.Protocol, Dropped: r.dropped}
	for _, e := range r.said {
		e.At -= started
		s.Exchanges = append(s.Exchanges, e)
	}
	r.resting = true
	return s
}

// sessionForm names the packed form; another one gets another name.
const sessionForm = "pitlane-session/1"

// packedSession is the durable form of a Session: JSON, packed with zstd. Bytes
// that are no text are in base64.
type packedSession struct {
	Form      string           `json:"form"`
	Adapter   Adapter          `json:"adapter"`
	Protocol  Protocol         `json:"protocol"`
	StartedMS int64            `json:"started_ms"`
	EndedMS   int64            `json:"ended_ms"`
	Dropped   int              `json:"dropped,omitempty"`
	Exchanges []packedExchange `json:"exchanges"`
}

type packedExchange struct {
	AtMS    int64  `json:"at"` // since the scan began; the greeting lies before it
	TookMS  int64  `json:"took"`
	Request string `json:"request"`
	Raw     string `json:"raw,omitempty"`
	Raw64   string `json:"raw64,omitempty"`
	Headers bool   `json:"headers,omitempty"`
	Echo    bool   `json:"echo,omitempty"`
	Broken  bool   `json:"broken,omitempty"`
}

// PackSession packs a session; the same session gives the same bytes with the same
// version of the packer. Times are kept to the millisecond.
func PackSession(s *Session) ([]byte, error) {
	p := packedSession{
		Form: sessionForm, Adapter: s.Adapter, Protocol: s.Protocol,
		StartedMS: s.StartedMS, EndedMS: s.EndedMS, Dropped: s.Dropped, Exchanges: []packedExchange{},
	}
	for _, e := range s.Exchanges {
		x := packedExchange{
			AtMS: e.At.Milliseconds(), TookMS: e.Took.Milliseconds(), Request: e.Request,
			Headers: e.Headers, Echo: e.Echo, Broken: e.Broken,
		}
		if utf8.Valid(e.Raw) {
			x.Raw = string(e.Raw)
		} else {
			x.Raw64 = base64.StdEncoding.EncodeToString(e.Raw)
		}
		p.Exchanges = append(p.Exchanges, x)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("pack a session: %w", err)
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, fmt.Errorf("pack a session: %w", err)
	}
	defer func() { _ = z.Close() }() // nothing is left in it
	return z.EncodeAll(text.Bytes(), nil), nil
}

// maxUnpacked bounds what a packed session may inflate to: the answers, and the
// JSON around them.
const maxUnpacked = 16 << 20

// UnpackSession reverses PackSession. It takes any bytes; what is no session, or
// inflates beyond any honest one, is ErrSession.
func UnpackSession(packed []byte) (*Session, error) {
	z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSession, err)
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSession, err)
	}
	var p packedSession
	if len(text) > maxUnpacked || json.Unmarshal(text, &p) != nil || p.Form != sessionForm {
		return nil, ErrSession
	}
	s := &Session{Adapter: p.Adapter, Protocol: p.Protocol, StartedMS: p.StartedMS, EndedMS: p.EndedMS, Dropped: p.Dropped}
	for _, x := range p.Exchanges {
		raw := []byte(x.Raw)
		if x.Raw64 != "" {
			if raw, err = base64.StdEncoding.DecodeString(x.Raw64); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrSession, err)
			}
		}
		s.Exchanges = append(s.Exchanges, Exchange{
			At: time.Duration(x.AtMS) * time.Millisecond, Took: time.Duration(x.TookMS) * time.Millisecond,
			Request: x.Request, Raw: raw, Headers: x.Headers, Echo: x.Echo, Broken: x.Broken,
		})
	}
	return s, nil
}
