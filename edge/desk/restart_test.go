package desk_test

import (
	"net/http"
	"testing"
	"time"

	"pitlane/edge/job"
)

func TestAVisitEndsAcrossARestart(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.repaired(id)
	f.keys.hand = false // the slot opens, then the edge dies
	f.must("pickup/key", object{"code": code, "strokes": strokes()})
	f.stop()
	f.open()
	if f.state(id).Back {
		t.Fatal("the car is handed back before the key is gone")
	}
	if err := f.keys.write(t.Context(), id, job.KeyTaken{Cabinet: "wall", Slot: 3, Authorised: true}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.until("the car is handed back", id, func(s job.State) bool { return s.Back && job.Unsealed(s) == 0 })
	events := f.state(id).Events
	f.restart()
	f.until("everything is known again", id, func(s job.State) bool { return s.Events >= events })
	if got := f.state(id).Events; got != events {
		t.Errorf("got %d events after another restart, want %d", got, events)
	}
}

func TestAKeyTakenWithoutASignatureDoesNotEndTheVisit(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, _ := f.checkedIn()
	f.repaired(id)
	f.must("desk/release", staff(id, object{"slot": 3, "reason": "the code is lost"}))
	f.until("the key is taken", id, func(s job.State) bool { return s.Key.Taken })
	f.restart()
	f.until("everything is known again", id, func(s job.State) bool { return s.Key.Taken })
	if f.state(id).Back {
		t.Error("the visit ended without the customer's signature")
	}
}

func TestTheKeyIsHungWhileTheEdgeIsDown(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id := f.keyAsked()
	f.restart()
	if err := f.keys.write(t.Context(), id, job.KeyHung{Cabinet: "wall", Slot: 3}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.until("the car is handed over", id, func(s job.State) bool { return s.HandedOver })
	first := f.must("checkin/finish", object{"job": id})
	again := f.must("checkin/finish", object{"job": id})
	if len(first["code"].(string)) != 8 || first["code"] != again["code"] || first["qr_svg"] == "" {
		t.Error("the last page is not the same again")
	}
}

func TestAKeyWishThatIsRepeatedHasItsFirstAnswer(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	out := f.must("checkin/open", opening())
	id, _ := out["job"].(string)
	order, _ := out["order"].(object)
	f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
	wish := object{"job": id, "request": "0123456789abcdef0123456789abcdef"}
	first := f.must("checkin/key", wish)
	f.until("the key hangs", id, func(s job.State) bool { return s.Key.In })
	if again := f.must("checkin/key", wish); again["slot"] != first["slot"] || again["outcome"] != first["outcome"] {
		t.Errorf("the answer was lost and asked for again: got %v, want %v", again, first)
	}
	f.refused("checkin/key", object{"job": id}, http.StatusConflict, "already")
}

func TestAReleaseThatIsRepeatedHasItsFirstAnswer(t *testing.T) {
	t.Parallel()
	for name, wish := range map[string]func(f *front, id, code string) (string, object){
		"by staff": func(_ *front, id, _ string) (string, object) {
			return "desk/release", staff(id, object{"slot": 3, "reason": "the code is lost"})
		},
		"by the customer": func(_ *front, _, code string) (string, object) {
			return "pickup/key", object{"code": code, "strokes": strokes()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t)
			id, code := f.checkedIn()
			f.repaired(id)
			path, in := wish(f, id, code)
			in["request"] = "0123456789abcdef0123456789abcdef"
			first := f.must(path, in)
			f.until("the key is taken", id, func(s job.State) bool { return s.Key.Taken })
			if again := f.must(path, in); again["slot"] != first["slot"] || again["outcome"] != first["outcome"] {
				t.Errorf("the answer was lost and asked for again: got %v, want %v", again, first)
			}
		})
	}
}

func TestAnAbandonedSessionIsWiped(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.must("checkin/open", opening())
	f.untilView("the kiosk has a session", func() bool { return f.session() != nil })
	f.must("kiosk/reset", object{})
	f.untilView("the session is wiped by hand", func() bool { return f.session() == nil })
	f.stop()
	f.idle = 50 * time.Millisecond
	f.open()
	f.must("checkin/open", opening())
	f.now.add(time.Minute)
	f.untilView("the session is wiped by itself", func() bool { return f.session() == nil })
}

func TestTheSessionFollowsTheKey(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.keys.hand = false
	out := f.must("checkin/open", opening())
	id, _ := out["job"].(string)
	order, _ := out["order"].(object)
	step := func() string {
		if s := f.session(); s != nil && s.Job == id {
			return s.Step
		}
		return ""
	}
	f.untilView("to be signed", func() bool { return step() == "sign" })
	f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
	f.untilView("to hang the key", func() bool { return step() == "key" })
	f.must("checkin/key", object{"job": id})
	f.untilView("the slot is open", func() bool { return step() == "open" && f.session().Slot == 3 })
	if err := f.keys.write(t.Context(), id, job.KeyHung{Cabinet: "wall", Slot: 3}, fresh()); err != nil {
		t.Fatal(err)
	}
	f.untilView("done", func() bool { return step() == "done" })
	f.must("checkin/finish", object{"job": id})
	f.untilView("wiped", func() bool { return f.session() == nil })
}
