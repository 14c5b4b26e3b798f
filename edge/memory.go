package edge

import (
	"runtime/debug"

	"pitlane/edge/board"
	"pitlane/edge/journal"
	"pitlane/edge/vault"
)

// memory is where the board keeps its snapshot: in the journal's index, sealed by the
// vault. It names the program and the log, so that what another program has kept, or
// this one before the node began a new log, does not open; nor does what was kept
// before an erasure.
type memory struct {
	journal *journal.Journal
	vault   *vault.Vault
}

var _ board.Memory = memory{}

const keptBoard = "board"

// snapshotForm changes when a snapshot says other things than before.
const snapshotForm = "1"

func (m memory) name() string {
	return keptBoard + "/" + snapshotForm + "/" + program() + "/" + m.journal.Origin()
}

// Recall implements board.Memory.
func (m memory) Recall() []byte {
	plain, err := m.vault.OpenLocal(m.name(), m.journal.Kept(keptBoard))
	if err != nil {
		return nil // it is made anew
	}
	return plain
}

// Keep implements board.Memory.
func (m memory) Keep(snapshot []byte) {
	if sealed, err := m.vault.SealLocal(m.name(), snapshot); err == nil { // else the next start reads everything
		m.journal.Keep(keptBoard, sealed)
	}
}

// program is the build of this program, as far as it knows: another one may fold
// otherwise.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	is := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			is += " " + s.Value
		}
	}
	return is
}
