package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Graves is the side of a vault that tells of erasures (edge/vault): what was ordered
// outlives the log in which it stands.
type Graves interface {
	// Tombs says how many orders are carried out here, and a sum that two vaults share
	// that have the same.
	Tombs() (n int, sum [32]byte)
	// TombsFrom is a signed page of them from a position on; nil behind the last.
	TombsFrom(from int) (page, sig []byte, err error)
	// Bury carries out the orders of pages that a node told of.
	Bury(from string, pages, sigs [][]byte) error
}

const (
	maxTombs  = 1 << 21 // orders that a node may tell of
	maxPages  = 32      // gathered before they are carried out
	tombGrace = 2 * time.Second
)

// TombsState says how many erasures a node has carried out, and their sum. It is
// retained.
type TombsState struct {
	N   int    `json:"n"`
	Sum string `json:"sum"` // 64 hex digits
}

// TombsAsk asks one node for a page of its erasures.
type TombsAsk struct {
	From int `json:"from"`
}

// TombsPage answers it. Without a page there are no more.
type TombsPage struct {
	From int    `json:"from"`
	Page []byte `json:"page"`
	Sig  []byte `json:"sig"`
}

type askedTombs struct {
	Ask TombsAsk `json:"tombs"`
}

type givenTombs struct {
	Page TombsPage `json:"buried"`
}

// Encode gives the bytes of the message.
func (t TombsState) Encode() ([]byte, error) { return encodeChecked(t, t.check()) }

// DecodeTombsState reads a TombsState. Only bytes that Encode gives are accepted.
func DecodeTombsState(b []byte) (TombsState, error) {
	var t TombsState
	if err := strict(b, &t, maxState); err != nil {
		return TombsState{}, err
	}
	if err := t.check(); err != nil {
		return TombsState{}, err
	}
	return t, same(b, t)
}

func (t TombsState) check() error {
	if raw, err := hex.DecodeString(t.Sum); err != nil || len(raw) != 32 || t.N < 0 || t.N > maxTombs {
		return fmt.Errorf("%w: not a sum of erasures", ErrMessage)
	}
	return nil
}

// Encode gives the bytes of the message.
func (t TombsAsk) Encode() ([]byte, error) { return encodeChecked(askedTombs{t}, t.check()) }

// DecodeTombsAsk reads a TombsAsk. Only bytes that Encode gives are accepted.
func DecodeTombsAsk(b []byte) (TombsAsk, error) {
	var t askedTombs
	if err := strict(b, &t, maxState); err != nil {
		return TombsAsk{}, err
	}
	if err := t.Ask.check(); err != nil {
		return TombsAsk{}, err
	}
	return t.Ask, same(b, t)
}

func (t TombsAsk) check() error {
	if t.From < 0 || t.From > maxTombs {
		return fmt.Errorf("%w: number out of bounds", ErrMessage)
	}
	return nil
}

// Encode gives the bytes of the message.
func (t TombsPage) Encode() ([]byte, error) { return encodeChecked(givenTombs{t}, t.check()) }

// DecodeTombsPage reads a TombsPage. Only bytes that Encode gives are accepted.
func DecodeTombsPage(b []byte) (TombsPage, error) {
	var t givenTombs
	if err := strict(b, &t, MaxMessage); err != nil {
		return TombsPage{}, err
	}
	if err := t.Page.check(); err != nil {
		return TombsPage{}, err
	}
	return t.Page, same(b, t)
}

func (t TombsPage) check() error {
	if t.From < 0 || t.From > maxTombs || len(t.Page) > maxParcel || len(t.Sig) > maxSig || (t.Page == nil) != (t.Sig == nil) {
		return fmt.Errorf("%w: page of erasures out of bounds", ErrMessage)
	}
	return nil
}

func encodeChecked(v any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func isTombsAsk(b []byte) bool  { return bytes.HasPrefix(b, []byte(`{"tombs":`)) }
func isTombsPage(b []byte) bool { return bytes.HasPrefix(b, []byte(`{"buried":`)) }

// OfKeys says whether a message to one node is for its Exchange.
func OfKeys(b []byte) bool { return IsAsk(b) || IsParcel(b) || isTombsAsk(b) || isTombsPage(b) }

// mourner learns of the erasures of others, over one connection: of each node whose
// sum is another, page by page, one ask under way. It belongs to one goroutine.
type mourner struct {
	said  string // the newest state, as told
	peers map[string]*grave
	asked string // the node that is asked now
	since time.Time
}

// grave is what one node tells.
type grave struct {
	state       TombsState
	since       time.Time // its sum is another since; zero: not seen to be
	at          int       // what of its list was taken
	done        string    // its sum when its list was taken to the end
	pages, sigs [][]byte
}

// AnnounceTombs gives what this node has erased, when that is to be told: first, and
// whenever it has changed. Nil is nothing.
func (x *Exchange) AnnounceTombs() ([]byte, error) {
	n, sum := x.vault.Tombs()
	b, err := TombsState{N: n, Sum: hex.EncodeToString(sum[:])}.Encode()
	if err != nil || string(b) == x.tombs.said || n == 0 && x.tombs.said == "" {
		return nil, err
	}
	x.tombs.said = string(b)
	return b, nil
}

// HeardTombs notes what a node has erased.
func (x *Exchange) HeardTombs(node string, payload []byte) error {
	s, err := DecodeTombsState(payload)
	if err != nil {
		return err
	}
	g := x.tombs.peers[node]
	if g == nil {
		g = &grave{}
		x.tombs.peers[node] = g
	}
	if s.N < g.at { // it began a new list
		g.at = 0
	}
	g.state = s
	return nil
}

// Message deals with a message to this node that OfKeys knows; reply says whether
// there is an answer to send.
func (x *Exchange) Message(from string, payload []byte) (answer Outgoing, reply bool, err error) {
	switch {
	case IsParcel(payload):
		return Outgoing{}, false, x.Given(from, payload)
	case isTombsPage(payload):
		return Outgoing{}, false, x.buried(from, payload)
	case isTombsAsk(payload):
		answer, err = x.tombsPage(from, payload)
	default:
		answer, err = x.Asked(from, payload)
	}
	return answer, err == nil, err
}

func (x *Exchange) tombsPage(to string, payload []byte) (Outgoing, error) {
	ask, err := DecodeTombsAsk(payload)
	if err != nil {
		return Outgoing{}, err
	}
	page, sig, err := x.vault.TombsFrom(ask.From)
	if err != nil {
		return Outgoing{}, err
	}
	b, err := TombsPage{From: ask.From, Page: page, Sig: sig}.Encode()
	return Outgoing{To: to, Payload: b}, err
}

// buried takes a page that was asked for. What was gathered is carried out at the end
// of the list, and now and then before.
func (x *Exchange) buried(from string, payload []byte) error {
	p, err := DecodeTombsPage(payload)
	if err != nil {
		return err
	}
	g := x.tombs.peers[from]
	if x.tombs.asked != from || g == nil || p.From != g.at+len(g.pages)*tombsAPage {
		return nil
	}
	x.tombs.asked = ""
	if p.Page != nil {
		g.pages, g.sigs = append(g.pages, p.Page), append(g.sigs, p.Sig)
		if len(g.pages) < maxPages && g.at+len(g.pages)*tombsAPage < g.state.N {
			return nil
		}
	}
	pages, sigs := g.pages, g.sigs
	g.pages, g.sigs = nil, nil
	if err := x.vault.Bury(from, pages, sigs); err != nil {
		g.done = g.state.Sum // not again before it changes
		return err
	}
	if g.at = min(g.at+len(pages)*tombsAPage, g.state.N); g.at >= g.state.N || p.Page == nil {
		g.done = g.state.Sum
		g.at -= g.at % tombsAPage // the last page may grow
	}
	return nil
}

// tombsAPage is how many orders a page holds (edge/vault MaxTombs).
const tombsAPage = 100

// tombAsks is the ask that is due, if one is.
func (x *Exchange) tombAsks(now time.Time) ([]Outgoing, error) {
	m := &x.tombs
	if m.asked != "" {
		if now.Sub(m.since) < x.patience && !x.gone[m.asked] {
			return nil, nil
		}
		g := m.peers[m.asked]
		g.pages, g.sigs, g.since, m.asked = nil, nil, now, ""
	}
	n, sum := x.vault.Tombs()
	mine := TombsState{N: n, Sum: hex.EncodeToString(sum[:])}
	for _, node := range slices.Sorted(maps.Keys(m.peers)) {
		g := m.peers[node]
		if g.state.Sum == mine.Sum { // what is on its list is here
			g.at = g.state.N - g.state.N%tombsAPage
		}
		if g.state.Sum == mine.Sum || g.state.N == 0 || g.done == g.state.Sum || x.gone[node] {
			g.since, g.pages, g.sigs = time.Time{}, nil, nil
			continue
		}
		if g.since.IsZero() { // the log tells of most of it by itself
			g.since = now
		}
		if now.Sub(g.since) < tombGrace {
			continue
		}
		b, err := TombsAsk{From: g.at + len(g.pages)*tombsAPage}.Encode()
		if err != nil {
			return nil, err
		}
		m.asked, m.since = node, now
		return []Outgoing{{To: node, Payload: b}}, nil
	}
	return nil, nil
}
