package tlog_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"pitlane/edge/tlog"
)

// TestABoxThatTheLeafDoesNotCommitToIsForged: a node without the key could not tell it
// from one that belongs there, and would pass it on.
func TestABoxThatTheLeafDoesNotCommitToIsForged(t *testing.T) {
	t.Parallel()
	m := logAs(t, "demo-a/"+epoch, 4, func(e *tlog.Entry) {
		e.Contact, e.ContactCommit = nil, tlog.Hash{}
		e.Work, e.WorkCommit = nil, tlog.Hash{}
	})
	roster := rosterOf("demo-a")
	for name, add := range map[string]func(*tlog.Entry){
		"nothing": func(*tlog.Entry) {},
		"contact": func(e *tlog.Entry) { e.SealedContact = &tlog.Sealed{Box: make([]byte, 80)} },
		"work":    func(e *tlog.Entry) { e.SealedWork = &tlog.Sealed{Box: make([]byte, 80)} },
		"clear":   func(e *tlog.Entry) { e.Work = opening(t, `{}`) },
	} {
		s := m.segment(t, 0, 4, 4)
		add(&s.Entries[2])
		if _, err := roster.CheckAlone(s); errors.Is(err, tlog.ErrForged) != (name != "nothing") {
			t.Errorf("%s added: %v", name, err)
		}
	}
}

// TestACheckpointHasOneFormOnly: what its own node has signed otherwise is none.
func TestACheckpointHasOneFormOnly(t *testing.T) {
	t.Parallel()
	m := logOf(t, "demo-a", 12)
	good, _, err := tlog.NoteLines(m.signed(t, 12, keyOf("demo-a")))
	if err != nil {
		t.Fatal(err)
	}
	roster := rosterOf("demo-a")
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"as it is written":     {good, true},
		"a line more":          {good + "more\n", false},
		"an empty line more":   {good + "\n", false},
		"a size with a zero":   {strings.Replace(good, "\n12\n", "\n012\n", 1), false},
		"a size with a sign":   {strings.Replace(good, "\n12\n", "\n+12\n", 1), false},
		"a root without pads":  {strings.Replace(good, "=\n", "\n", 1), false},
		"bits beyond the root": {good[:len(good)-3] + string(good[len(good)-3]+1) + "=\n", false},
	} {
		signed, err := note.Sign(&note.Note{Text: c.text}, tlog.NewSigner("demo-a", keyOf("demo-a")))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := roster.CheckCheckpoint(m.origin, signed); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
