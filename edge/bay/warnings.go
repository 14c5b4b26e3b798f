package bay

import (
	"context"

	"pitlane/devices/keycab"
	"pitlane/edge/board"
	"pitlane/edge/job"
)

// takeWarning writes down what a person should look at.
func (b *Bay) takeWarning(ctx context.Context, w keycab.Warning) {
	if w.Kind == keycab.WarnFlapping {
		out := []happened{{p: job.Flapping{Cabinet: b.cfg.Cabinet.Name(), Slot: w.Slot}}}
		b.recordAll(ctx, append(out, b.warned("", job.WarningRaised{What: job.WarnFlapping, Slot: w.Slot})...))
		b.tellCabinetNow()
		return
	}
	word := w.Kind
	if word == keycab.WarnStuck {
		word = job.WarnStuck
	}
	b.recordAll(ctx, b.warned("", job.WarningRaised{What: word, Slot: w.Slot}))
	b.tellCabinetNow()
	if message, hint := warningText(w.Kind); message != "" {
		b.tell(board.Now{Fault: &board.Fault{Kind: "cabinet", Message: message, Hint: hint}})
	}
}

// warningText is what a fault of the whole cabinet says on the screens as long as it
// lasts: the next snapshot ends it. Other warnings, as of one slot, are in the list of
// what stands, and nothing more.
func warningText(kind string) (message, hint string) {
	switch kind {
	case keycab.WarnNotCommissioned:
		return "the key cabinet is not commissioned: its hooks are unknown and nothing opens",
			"end the edge and commission it: pitlane keys commission --data DIR"
	case keycab.WarnAddressConflict:
		return "two lock boards have the same address: nothing opens there", "give each board its own address with its DIP switches"
	case keycab.WarnBoardSilent:
		return "a lock board does not answer: its slots are unknown", "check its power and its two wires"
	}
	return "", ""
}
