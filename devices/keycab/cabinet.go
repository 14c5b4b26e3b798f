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
}

// Snapshot is the whole debounced state, emitted first after each connect, and
// with Online false when the cabinet is lost (Slots is then the last known state).
type Snapshot struct {
	Online bool
	Why    string         // when not online: one of the Why words
	Fault  *devices.Fault // when not online: what a person should do
	Slots  []Slot
}

// Why a cabinet is not online.
const (
	WhyMissing   = "missing"   // no such port
	WhyBusy      = "busy"      // another process has the port
	WhyPort      = "port"      // the port cannot be opened for another reason
	WhyUnplugged = "unplugged" // the line broke
	WhySilent    = "silent"    // the line is there, no board answers
	WhyNoise     = "noise"     // bytes come, but no reply is among them
)

// Change is one debounced change of one slot.
type Change struct{ Slot Slot }

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
)

// Outcome of an unlock, never guessed.
type Outcome string

// The outcomes of an unlock.
const (
	Opened         Outcome = "opened"
	Failed         Outcome = "failed"
	OutcomeUnknown Outcome = "unknown"
)
