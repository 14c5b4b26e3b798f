package tlog_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pitlane/edge/tlog"
)

// paperBag is a sealer without secrets: a box is the place and the payload in clear.
type paperBag struct {
	erased map[string]bool // jobs of which nothing is sealed any more
	lost   map[string]bool // jobs whose key is not here
}

func place(at tlog.Place) []byte { return []byte(at.Job + "/" + at.Class.String() + "\x00") }

func (paperBag) Ready(string, tlog.Class) error { return nil }

func (p paperBag) Seal(at tlog.Place, o *tlog.Opening) (*tlog.Sealed, error) {
	if p.erased[at.Job] {
		return nil, nil
	}
	return &tlog.Sealed{Box: slices.Concat(place(at), o.Salt[:], o.Payload)}, nil
}

func (p paperBag) Open(at tlog.Place, s *tlog.Sealed) (*tlog.Opening, error) {
	if p.lost[at.Job] {
		return nil, tlog.ErrNoKey
	}
	rest, ok := bytes.CutPrefix(s.Box, place(at))
	if !ok {
		rest, ok = bytes.CutPrefix(s.Box, place(tlog.Place{Class: at.Class}))
	}
	if !ok || len(rest) < 32 {
		return nil, errors.New("it does not open here")
	}
	return &tlog.Opening{Salt: [32]byte(rest), Payload: rest[32:]}, nil
}

func TestAnEntryIsSealedAndOpenedInItsPlace(t *testing.T) {
	t.Parallel()
	keys := paperBag{erased: map[string]bool{"job-1": true}, lost: map[string]bool{"job-2": true}}
	m := logOf(t, "demo-a", 3)
	open := func(e tlog.Entry) (tlog.Entry, error) {
		e.Work, e.Contact = nil, nil
		err := tlog.OpenEntry(keys, &e)
		return e, err
	}
	for i := range m.entries {
		if err := tlog.SealEntry(keys, &m.entries[i], false); err != nil {
			t.Fatal(err)
		}
	}
	e, err := open(m.entries[0])
	if err != nil || e.Work == nil || string(e.Work.Payload) != `{"n":0}` || e.Contact == nil || string(e.Contact.Payload) != `{"c":0}` {
		t.Errorf("opened: %v", err)
	}
	if e := m.entries[1]; e.SealedWork != nil || e.SealedContact != nil {
		t.Error("what is erased is sealed")
	}
	if e, err := open(m.entries[2]); err != nil || e.Work != nil || e.SealedWork == nil {
		t.Errorf("without its key: %v", err)
	}
	swapped := m.entries[0]
	swapped.SealedWork = swapped.SealedContact
	if _, err := open(swapped); err == nil {
		t.Error("a box opens in another place")
	}
	changed := m.entries[0]
	changed.SealedWork = &tlog.Sealed{Box: slices.Concat(m.entries[0].SealedWork.Box, []byte(" "))}
	if _, err := open(changed); err == nil {
		t.Error("a payload that the leaf does not commit to is opened")
	}
	outlives := logOf(t, "demo-b", 1).entries[0]
	if err := tlog.SealEntry(keys, &outlives, true); err != nil || !bytes.HasPrefix(outlives.SealedWork.Box, []byte("/work")) {
		t.Errorf("what outlives the job's data is sealed under the job's key (%v)", err)
	}
}

func TestAPayloadIsJSONAndHasItsLimit(t *testing.T) {
	t.Parallel()
	largest := slices.Concat([]byte(`"`), bytes.Repeat([]byte("a"), tlog.MaxPayload-2), []byte(`"`))
	if _, err := tlog.NewOpening(largest); err != nil {
		t.Error(err)
	}
	if _, err := tlog.NewOpening(append(largest, ' ')); !errors.Is(err, tlog.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := tlog.NewOpening([]byte("{")); err == nil {
		t.Error("half an object is a payload")
	}
	if o, err := tlog.NewOpening(nil); o != nil || err != nil {
		t.Errorf("of nothing: %v %v", o, err)
	}
	a, b := opening(t, `{}`), opening(t, `{}`)
	if a.Salt == b.Salt || a.Commit() == b.Commit() {
		t.Error("two payloads have one salt")
	}
}

func TestAKeyIDHasOneForm(t *testing.T) {
	t.Parallel()
	id := tlog.KeyID{0xab, 15: 0x01}
	text, err := id.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back tlog.KeyID
	if err := back.UnmarshalText(text); err != nil || back != id {
		t.Errorf("%s comes back as %s (%v)", text, back, err)
	}
	for _, bad := range []string{"", "ab", string(bytes.ToUpper(text)), string(text[:31]) + "x", string(text) + "0"} {
		if back.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is a key id", bad)
		}
	}
}
