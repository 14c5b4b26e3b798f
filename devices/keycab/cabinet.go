package keycab

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
	Why    string // when not online: unplugged, silent, missing, busy, not_commissioned
	Slots  []Slot
}

// Change is one debounced change of one slot.
type Change struct{ Slot Slot }

// Warning is something a person should look at: flapping, address_conflict, noise.
type Warning struct {
	Slot int // 0: the whole cabinet
	Kind string
}

// Outcome of an unlock, never guessed.
type Outcome string

// The outcomes of an unlock.
const (
	Opened         Outcome = "opened"
	Failed         Outcome = "failed"
	OutcomeUnknown Outcome = "unknown"
)
