package bay_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"pitlane/devices/keycab"
	"pitlane/edge/bay"
	"pitlane/edge/job"
)

const tagA, tagB = "62E3086CED", "01000734E0"

func (c *cupboard) tag(slot int, id string, a keycab.TagAction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say(keycab.Tag{ID: id, Action: a, Slot: slot})
}

// keyed is a key with a tag that comes to a slot or leaves it: its switch tells
// first, or, where there is none, the cabinet after the slot's reader.
func (c *cupboard) keyed(slot int, id string, there, switches bool) {
	key, action := keycab.KeyAbsent, keycab.TagGone
	if there {
		key, action = keycab.KeyPresent, keycab.TagSeen
	}
	if switches {
		c.key(slot, key)
	}
	c.tag(slot, id, action)
	if !switches {
		c.key(slot, key)
	}
}

// inTagRoom plays a test with a cabinet whose slots each have a reader.
func inTagRoom(t *testing.T, floating bool, play func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := openWith(t, newNotebook(), newCupboard(), newAdapter(), func(c *bay.Config) { c.Floating = floating })
		defer r.stop()
		r.n.say(t, "j1", signed()...)
		r.n.say(t, "j2", signed()...)
		play(t, r)
	})
}

// brings hangs a key with a tag into the slot that is opened for it.
func (r *room) brings(id string, slot int, tag string, switches bool) {
	r.t.Helper()
	if _, err := r.unlock(id, slot, "hang", request()); err != nil {
		r.t.Fatal(err)
	}
	r.cab.keyed(slot, tag, true, switches)
	r.cab.hook(slot, keycab.HookClosed)
	synctest.Wait()
}

func (r *room) takes(id string, slot int, tag string, switches bool) {
	r.t.Helper()
	r.staff(id, slot, "work", "te1")
	r.cab.keyed(slot, tag, false, switches)
	r.cab.hook(slot, keycab.HookClosed)
	synctest.Wait()
}

func TestATagIsBoundWhenItsKeyIsHungAndTellsWhereItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		floating, switches bool
		warns              []string
	}{
		{"a floating cabinet with switches", true, true, nil},
		{"a floating cabinet without switches", true, false, nil},
		{"a fixed-slot cabinet", false, true, []string{"wrong_slot"}},
		{"a fixed-slot cabinet without switches", false, false, []string{"wrong_slot"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inTagRoom(t, c.floating, func(t *testing.T, r *room) {
				r.brings("j1", 1, tagA, c.switches)
				r.brings("j2", 2, tagB, c.switches)
				r.stand()
				r.takes("j1", 1, tagA, c.switches)
				r.takes("j2", 2, tagB, c.switches)
				r.staff("j1", 1, "return", "te1") // and hangs the other key there
				r.cab.keyed(1, tagB, true, c.switches)
				r.cab.hook(1, keycab.HookClosed)
				synctest.Wait()
				if st, _ := r.n.Job("j2"); st.Key.Where != job.WhereSlot || st.Key.Slot != 1 || st.Key.Tag != tagB {
					t.Errorf("the tag of j2 lies in slot 1, but its key is %+v", st.Key)
				}
				if st, _ := r.n.Job("j1"); st.Key.Where == job.WhereSlot {
					t.Errorf("the key of j1 is away, not %+v", st.Key)
				}
				got := r.standing()
				got = slices.DeleteFunc(got, func(w string) bool { return w == job.AlarmKeyMissing })
				if !slices.Equal(got, c.warns) {
					t.Errorf("what stands is %q, want %q", got, c.warns)
				}
			})
		})
	}
}

func TestAKeyThatIsBackInItsOwnSlotIsNotInTheWrongOne(t *testing.T) {
	t.Parallel()
	inTagRoom(t, false, func(t *testing.T, r *room) {
		r.brings("j1", 1, tagA, false)
		r.cab.keyed(1, tagA, false, false) // taken without leave, and another one in its place
		r.cab.keyed(1, tagB, true, false)
		synctest.Wait()
		if got := r.standing(); !slices.Contains(got, job.AlarmKeyTaken) || !slices.Contains(got, job.WarnUnknownTag) {
			t.Errorf("with a strange key in its slot what stands is %q", got)
		}
		r.cab.keyed(1, tagB, false, false)
		r.cab.keyed(1, tagA, true, false)
		synctest.Wait()
		if got := r.standing(); slices.Contains(got, job.WarnWrongSlot) {
			t.Errorf("in its own slot again what stands is %q", got)
		}
		if st, _ := r.n.Job("j1"); st.Key.Where != job.WhereSlot || st.Key.Slot != 1 {
			t.Errorf("the key is %+v", st.Key)
		}
	})
}

func TestATagOfNobodyIsAWarning(t *testing.T) {
	t.Parallel()
	inTagRoom(t, true, func(t *testing.T, r *room) {
		r.cab.tag(0, tagA, keycab.TagSeen)
		r.stand("unknown_tag")
		if w := r.alarms()[0]; w.Tag != tagA {
			t.Errorf("got %+v", w)
		}
		r.cab.tag(0, tagA, keycab.TagGone)
		r.stand()
	})
}

func TestATagShownAtTheCabinetIsBoundToTheOpenSlot(t *testing.T) {
	t.Parallel()
	inTagRoom(t, false, func(t *testing.T, r *room) {
		if _, err := r.unlock("j1", 3, "hang", request()); err != nil {
			t.Fatal(err)
		}
		r.cab.tag(0, tagA, keycab.TagSeen)
		r.cab.key(3, keycab.KeyPresent)
		r.stand()
		if st, _ := r.n.Job("j1"); st.Key.Tag != tagA || !st.Key.In {
			t.Errorf("the key is %+v", st.Key)
		}
	})
}

// A key whose tag nobody knows is not taken for that of a job whose key has a tag,
// whether tag or switch is heard first.
func TestAKeyWithAnotherTagIsNotTheJobs(t *testing.T) {
	t.Parallel()
	for _, tagFirst := range []bool{true, false} {
		inTagRoom(t, false, func(t *testing.T, r *room) {
			r.brings("j1", 1, tagA, true)
			r.takes("j1", 1, tagA, true)
			r.staff("j1", 1, "return", "te1")
			if tagFirst {
				r.cab.tag(1, tagB, keycab.TagSeen)
				r.cab.key(1, keycab.KeyPresent)
			} else {
				r.cab.key(1, keycab.KeyPresent)
				synctest.Wait()
				r.cab.tag(1, tagB, keycab.TagSeen)
			}
			synctest.Wait()
			if st, _ := r.n.Job("j1"); st.Key.Where == job.WhereSlot || st.Key.Tag != tagA {
				t.Errorf("tag first %v: the key of j1 is away, not %+v", tagFirst, st.Key)
			}
			if got := r.standing(); !slices.Contains(got, job.WarnUnknownTag) {
				t.Errorf("tag first %v: what stands is %q, want the unknown tag among it", tagFirst, got)
			}
		})
	}
}
