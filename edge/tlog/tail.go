package tlog

import (
	"encoding/json"
	"time"
)

// TailLine is an entry as one line of JSON with its line end, as `pitlane tail`
// prints it. Contact payloads are in it only when contact is set.
func TailLine(e Entry, contact bool) []byte {
	line := struct {
		Origin  string          `json:"origin"`
		Seq     uint64          `json:"seq"`
		Time    string          `json:"time"`
		Clock   uint8           `json:"clock"`
		Kind    string          `json:"kind"`
		Job     string          `json:"job"`
		Hash    Hash            `json:"hash"`
		Parents []Hash          `json:"parents,omitempty"`
		Work    json.RawMessage `json:"work"` // null where there is none
		Contact json.RawMessage `json:"contact,omitempty"`
	}{
		Origin: e.Origin, Seq: e.Seq, Clock: e.Quality, Kind: e.Kind, Job: e.Job, Hash: e.Hash, Parents: e.Parents,
		Time: time.UnixMilli(e.WallMS).UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		Work: payloadJSON(e.Work),
	}
	if contact {
		line.Contact = payloadJSON(e.Contact)
	}
	b, err := json.Marshal(line)
	if err != nil {
		return nil // cannot be: every field encodes, and the payloads are valid
	}
	return append(b, '\n')
}

// payloadJSON is a payload that is JSON; another node's may be anything.
func payloadJSON(o *Opening) json.RawMessage {
	if o == nil || !json.Valid(o.Payload) {
		return nil
	}
	return o.Payload
}
