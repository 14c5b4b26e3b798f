package journal

import (
	"errors"

	"pitlane/edge/tlog"
)

// VerifyAgainst holds what is here against what another folder of the shop, of the node
// called name, has of the same logs: the signed checkpoints of its tips. The log that this
// node writes cannot be longer there, and where both reach, both must have the same tree.
// What of a tip does not verify is the other folder's own finding.
func (j *Journal) VerifyAgainst(r *tlog.VerifyReport, name string, tips []Tip) {
	if j.Roster() == nil {
		return // that is said
	}
	heads := j.allHeads()
	for _, tip := range tips {
		h := heads[tip.Origin]
		cp, err := j.Roster().CheckCheckpoint(tip.Origin, tip.Checkpoint)
		if h == nil || err != nil {
			continue
		}
		if cp.Size > h.Size {
			if tip.Origin == j.Origin() {
				r.Find("%s: %s holds %d entries, %d are here: the newest were deleted, or an older copy was put back", tip.Origin, name, cp.Size, h.Size)
				r.Advise(adviceOlder)
			}
			continue
		}
		if err := j.sameTree(cp, h); errors.Is(err, tlog.ErrForked) {
			r.Find("%s: at size %d %s holds another signed tree: there are two histories", tip.Origin, cp.Size, name)
			r.Advise(adviceRewritten)
		}
	}
}
