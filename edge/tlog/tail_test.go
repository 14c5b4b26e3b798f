package tlog_test

import (
	"encoding/json"
	"testing"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
)

func TestATailLineHasAllItsFields(t *testing.T) {
	secret := &journal.Opening{Payload: []byte(`{"phone":"x"}`)}
	for name, e := range map[string]journal.Entry{
		"an opening of the log": {Kind: "log.opened", Contact: secret},
		"a payload of words":    {Kind: "k", Work: &journal.Opening{Payload: []byte(`{"a":1}`)}, Contact: secret},
		"a payload of bytes":    {Kind: "k", Work: &journal.Opening{Payload: []byte{0xff}}, Contact: secret},
	} {
		var line map[string]json.RawMessage
		if err := json.Unmarshal(tlog.TailLine(e, false), &line); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, f := range []string{"origin", "seq", "time", "clock", "kind", "job", "hash", "work"} {
			if _, ok := line[f]; !ok {
				t.Errorf("%s: no %s", name, f)
			}
		}
		if _, ok := line["contact"]; ok {
			t.Errorf("%s: contact unasked", name)
		}
	}
}
