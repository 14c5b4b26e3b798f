package keycab

import "pitlane/devices"

// Hook is the state of a lock's hook.
type Hook string

// Key is the state of the key sensor of a slot.
type Key string

// The three values of each.
const (
	HookOpen    Hook = "open"
	HookClosed  Hook = "closed"
	HookUnknown Hook = "unknown"

	KeyPresent Key = "present"
	KeyAbsent  Key = "absent"
	KeyUnknown Key = "unknown"
)

// Slot is one place of a cabinet. Number counts 1..N over all boards in the order
// of their bus addresses.
type Slot struct {
	Number int  `json:"slot"`
	Hook   Hook `json:"hook"`
	Key    Key  `json:"key"`
	// Unfelt: no sensor tells of a key here; it is unknown for good, not just now.
	Unfelt bool `json:"-"`
}

// Snapshot is the whole debounced state, emitted first after each connect, and
// with Online false when the cabinet is lost (Slots is then the last known state).
type Snapshot struct {
	Online bool
	Why    string         // when not online: one of the Why words
	Fault  *devices.Fault // when not online: what a person should do
	Slots  []Slot
	Tags   []Tag // the tags that lie at readers now; nil where there is no reader
}

// Why a cabinet is not online.
const (
	WhyMissing   = "missing"   // no such port
	WhyBusy      = "busy"      // another process has the port
	WhyPort      = "port"      // the port cannot be opened for another reason
	WhyUnplugged = "unplugged" // the line broke
	WhySilent    = "silent"    // the line is there, no board answers
	WhyNoise     = "noise"     // bytes come, but no reply is among them
	WhyRefused   = "refused"   // the board answers, but not to what it is asked
)

// Change is one debounced change of one slot.
type Change struct{ Slot Slot }

// Tag is one tag that came to a reader, or left it. A reader that sends a tag only
// once for each presentation never says gone.
type Tag struct {
	ID     string    `json:"tag"` // ten hex digits, upper case
	Action TagAction `json:"action"`
	Reader string    `json:"reader,omitempty"` // the reader's name; "" of the only one
	Slot   int       `json:"slot,omitempty"`   // the slot the reader sits in; 0: one for the whole cabinet
}

// TagAction is what a tag did.
type TagAction string

// The actions of a tag.
const (
	TagSeen TagAction = "seen"
	TagGone TagAction = "gone"
)

// Warning is something a person should look at.
type Warning struct {
	Slot int // 0: the whole cabinet
	Kind string
}

// The kinds of Warning.
const (
	WarnFlapping        = "flapping"         // a sensor changes all the time: its slot is unknown
	WarnAddressConflict = "address_conflict" // two boards answer to one address: it opens nothing there
	WarnNoise           = "noise"            // bytes come, but no replies
	WarnBoardSilent     = "board_silent"     // one of several boards does not answer
	WarnNotCommissioned = "not_commissioned" // HookClosed is not set: hooks are unknown
	WarnEcho            = "echo"             // our own bytes come back though Options.Echo says none
	WarnStuck           = "stuck"            // a slot was unlocked twice and its hook was seen not to move
	WarnRebooted        = "rebooted"         // a board was away for a moment: its power may be too weak
	WarnEnergised       = "energised"        // a lock could not be seen to be switched off again: cut its power
	WarnReaderLost      = "reader_lost"      // a tag reader is gone; what lies there is not known
)

// Outcome of an unlock, never guessed.
type Outcome string

// The outcomes of an unlock.
const (
	Opened         Outcome = "opened"
	Failed         Outcome = "failed"
	OutcomeUnknown Outcome = "unknown"
)
