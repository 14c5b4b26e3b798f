package bay

import (
	"cmp"
	"context"

	"pitlane/devices/keycab"
	"pitlane/edge/job"
)

// A switch proves that something hangs in a slot, a tag proves which key it is.
// The tag is bound to the job when its key is hung. In a fixed-slot cabinet a key in
// another slot than its own is in the wrong one; in a floating cabinet a key hangs
// wherever its tag is read.

// takeTag takes a tag that came to a reader or left it. Where no switch tells of the
// key, the cabinet says after it that the slot has changed.
func (b *Bay) takeTag(ctx context.Context, t keycab.Tag) {
	b.mu.Lock()
	if t.Action == keycab.TagGone {
		delete(b.live.tags, t.Slot)
	} else {
		b.live.tags[t.Slot] = t.ID
	}
	b.mu.Unlock()
	switch {
	case t.Action == keycab.TagGone:
		b.recordAll(ctx, b.ended(onSlot(t.Slot, job.WarnUnknownTag)))
	case t.Slot == 0:
		b.recordAll(ctx, b.shown(t))
	default:
		b.recordAll(ctx, b.tagNews(t))
	}
	b.tellCabinetNow()
}

// lie notes the tags of a whole snapshot. b.mu is held.
func (n *cabinetNow) lie(tags []keycab.Tag) {
	n.tags = map[int]string{}
	for _, t := range tags {
		n.tags[t.Slot] = t.ID
	}
}

// tagged is the job of the key whose tag lies in a slot; "" when no tag or an
// unknown one does.
func (b *Bay) tagged(slot int) (id, tag string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tag = b.live.tags[slot]
	return b.book.tags[tag], tag
}

// cameBack says that the tag in a slot is that of a job's key which was not there.
func (b *Bay) cameBack(slot int, owner string) bool {
	id, _ := b.tagged(slot)
	b.mu.Lock()
	defer b.mu.Unlock()
	_, away := b.book.held[id]
	return id != "" && (id != owner || away)
}

// tagNews is what a tag tells of a slot whose switch has told of the key already, or
// will in a moment.
func (b *Bay) tagNews(t keycab.Tag) []happened {
	b.mu.Lock()
	id, s := b.book.tags[t.ID], b.book.slot(t.Slot)
	bound := b.book.tagOf(s.owner) != ""
	b.mu.Unlock()
	name := b.cfg.Cabinet.Name()
	switch {
	case s.key != keycab.KeyPresent || id != "" && id == s.owner:
		return nil // the switch tells, and asks for the tag then; or all is as it should be
	case id == "" && s.owner != "" && !bound:
		return []happened{{job: s.owner, p: job.TagBound{Cabinet: name, Slot: t.Slot, Tag: t.ID}}}
	case id == "" && s.owner == "":
		return b.strange(t)
	case id == "": // the owner's key has another tag
		return append(b.strange(t), b.raised(job.AlarmKeyMissing, t.Slot, s.owner)...)
	}
	out := []happened{{job: id, p: job.KeyHung{Cabinet: name, Slot: t.Slot, Tag: t.ID}}}
	if s.owner != "" { // it was taken for that one's key
		out = append(out, b.raised(job.AlarmKeyMissing, t.Slot, s.owner)...)
	}
	return append(out, b.misplaced(t.Slot, id, s)...)
}

// strange is a tag in a slot that no job's key has.
func (b *Bay) strange(t keycab.Tag) []happened {
	if id, _ := b.tagged(t.Slot); id != "" {
		return nil
	}
	return b.warned("", job.WarningRaised{What: job.WarnUnknownTag, Slot: t.Slot, Tag: t.ID})
}

// shown is a tag held to the one reader of a cabinet: it is bound to the job whose
// slot stands open for its key, where there is exactly one.
func (b *Bay) shown(t keycab.Tag) []happened {
	b.mu.Lock()
	id, slot, waits := "", 0, 0
	for n, s := range b.book.slots {
		if s.hangs() && s.hook == keycab.HookOpen {
			id, slot, waits = s.intentJob, n, waits+1
		}
	}
	known, bound := b.book.tags[t.ID], b.book.tagOf(id) != ""
	b.mu.Unlock()
	switch {
	case known == "" && waits == 1 && id != "" && !bound:
		return []happened{{job: id, p: job.TagBound{Cabinet: b.cfg.Cabinet.Name(), Slot: slot, Tag: t.ID}}}
	case known == "":
		return b.strange(t)
	case waits == 1 && known != id && !b.cfg.Floating:
		return b.warned(known, job.WarningRaised{What: job.WarnWrongSlot, Slot: slot, Want: b.slotOf(known), Tag: t.ID})
	}
	return nil
}

// misplaced warns of a key in another slot than its own; a floating cabinet has none.
func (b *Bay) misplaced(slot int, id string, before slotBook) []happened {
	if b.cfg.Floating || before.hangs() && before.intentJob == id {
		return nil
	}
	want := b.slotOf(id)
	if st, ok := b.cfg.Jobs.Job(id); ok && want == 0 && st.Key.Slot == slot {
		return nil // it was gone, and another key hung here meanwhile
	}
	return b.warned(id, job.WarningRaised{What: job.WarnWrongSlot, Slot: slot, Want: want})
}

// slotOf is the slot that is kept or open for the key of a job; 0 when there is none.
func (b *Bay) slotOf(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	want := 0
	for n, s := range b.book.slots {
		if s.hangs() && s.intentJob == id {
			return n
		}
		if s.owner == id {
			want = n
		}
	}
	return want
}

// hungBy is whose key has just been hung: the tag's, else of the job that was asked
// to hang it, else of the one that the slot is kept for. A key with a tag of nobody is
// not that of a job whose key has another one.
func (b *Bay) hungBy(slot int, before slotBook) (id, tag string) {
	by, tag := b.tagged(slot)
	id = before.owner
	if before.hangs() {
		id = before.intentJob
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if by == "" && tag != "" && b.book.tagOf(id) != "" {
		return "", tag
	}
	return cmp.Or(by, id), tag
}

// tagOf is the tag of a job's key; "" when none is bound.
func (b *book) tagOf(id string) string {
	for tag, of := range b.tags {
		if of == id && id != "" {
			return tag
		}
	}
	return ""
}
