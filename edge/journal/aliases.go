package journal

import "pitlane/edge/tlog"

// The words of this room's own calls, which edge/tlog defines: whoever only appends
// and reads needs no second import. Whoever checks or carries a log says tlog.
type (
	// Hash is an RFC 6962 leaf or node hash.
	Hash = tlog.Hash
	// RequestID names one wish of one person or device.
	RequestID = tlog.RequestID
	// Opening is a payload and the salt of its commitment.
	Opening = tlog.Opening
	// Entry is one stored event.
	Entry = tlog.Entry
	// Tip is how much of one origin is on this disk.
	Tip = tlog.Tip
	// Segment is a run of entries with what proves them.
	Segment = tlog.Segment
	// Roster says who belongs to a shop.
	Roster = tlog.Roster
)
