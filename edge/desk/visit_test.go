package desk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitlane/devices/keycab"
	"pitlane/edge/job"
)

// checkedIn brings a car to the shop: the job and the customer's code.
func (f *front) checkedIn() (id, code string) {
	f.t.Helper()
	opened := f.must("checkin/open", opening())
	id, _ = opened["job"].(string)
	order, _ := opened["order"].(object)
	f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
	if out := f.must("checkin/key", object{"job": id}); out["outcome"] != "opened" || out["slot"] != 3.0 {
		f.t.Fatalf("the slot answers %v", out)
	}
	f.until("the key is in and the car handed over", id, func(s job.State) bool { return s.HandedOver })
	done := f.must("checkin/finish", object{"job": id})
	code, _ = done["code"].(string)
	return id, code
}

func staff(id string, more object) object {
	in := object{"job": id, "by": "sa"}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// repaired brings a car that is checked in to the gate pass.
func (f *front) repaired(id string) {
	f.t.Helper()
	f.must("desk/assign", staff(id, object{"bay": "1", "lead": "te"}))
	for _, step := range []struct {
		path string
		more object
	}{
		{"bay/receive", nil},
		{"bay/start", nil},
		{"bay/pause", object{"reason": "lunch"}},
		{"bay/resume", nil},
		{"bay/finish", object{"cause": "worn sensor"}},
		{"desk/inspect", object{"passed": true, "checks": []string{"test drive"}}},
		{"desk/prepare", nil},
		{"desk/notify", object{"channel": "phone"}},
		{"desk/settle", object{"paid": 30050, "method": "card"}},
		{"desk/gatepass", nil},
	} {
		f.must(step.path, staff(id, step.more))
	}
}

func TestAWholeVisit(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, code := f.checkedIn()
	f.refused("pickup/key", object{"code": code, "strokes": strokes()}, http.StatusConflict, "no_gatepass")
	if v := f.must("pickup/open", object{"code": code}); v["ready"] != false || v["why"] != "no_gatepass" {
		t.Errorf("before the gate pass the pick-up says %v", v)
	}
	f.repaired(id)
	v := f.must("pickup/open", object{"code": code})
	if v["ready"] != true || v["total"] != 30050.0 {
		t.Fatalf("the pick-up says %v", v)
	}
	if out := f.must("pickup/key", object{"code": code, "strokes": strokes()}); out["outcome"] != "opened" {
		t.Fatalf("the slot answers %v", out)
	}
	f.until("the car is handed back", id, func(s job.State) bool { return s.Back })
	f.must("pickup/rate", object{"code": code, "stars": 5})
	f.refused("pickup/open", object{"code": code}, http.StatusGone, "used")
	f.refused("pickup/key", object{"code": code, "strokes": strokes()}, http.StatusConflict, "closed")
	if s := f.state(id); s.Phase != job.PhaseLeft || s.Stars != 5 || len(s.Conflicts) > 0 {
		t.Errorf("the visit ends as %s with %d stars and conflicts %v", s.Phase, s.Stars, s.Conflicts)
	}
}

func TestOrderTextIsBoundToItsHash(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	for _, lang := range []string{"zh-Hans", "zh-Hant", "en"} {
		in := opening()
		in["lang"] = lang
		out := f.must("checkin/open", in)
		order, _ := out["order"].(object)
		text, _ := order["text"].(string)
		sum := sha256.Sum256([]byte(text))
		if order["text_hash"] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the hash is not the text's", lang)
		}
		for _, want := range []string{"京A12345", "scratch left", "100.00", "200.50", "300.50", f.now.Now().UTC().Format(time.DateOnly) + " 13:15", "90", out["ticket"].(string)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the text does not say %q", lang, want)
			}
		}
		id, _ := out["job"].(string)
		other := strings.Repeat("0", 64)
		f.refused("checkin/sign", object{"job": id, "text_hash": other, "consent_scan": true, "strokes": strokes()}, http.StatusConflict, "text_changed")
		f.refused("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "strokes": []object{}}, http.StatusBadRequest, "no_signature")
		f.refused("checkin/key", object{"job": id}, http.StatusConflict, "no_order")
		if f.state(id).Signed {
			t.Errorf("%s: a refused signature was written", lang)
		}
	}
}

func TestARepeatIsWrittenOnce(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	in := opening()
	in["request"] = "0123456789abcdef0123456789abcdef"
	first := f.must("checkin/open", in)
	again := f.must("checkin/open", in)
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(again)
	if string(a) != string(b) {
		t.Error("a repeat is answered otherwise")
	}
	id, _ := first["job"].(string)
	events := f.state(id).Events
	if events != 4 {
		t.Errorf("got %d events, want 4", events)
	}
	order, _ := first["order"].(object)
	sign := object{"request": "1123456789abcdef0123456789abcdef", "job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()}
	f.must("checkin/sign", sign)
	f.must("checkin/sign", sign)
	if got := f.state(id).Events; got != events+2 {
		t.Errorf("got %d events after a repeated signature, want %d", got, events+2)
	}
	delete(sign, "request")
	f.refused("checkin/sign", sign, http.StatusConflict, "already")
}

func TestADecisionOnOldNewsIsRefused(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, _ := f.checkedIn()
	seen := f.state(id).Tips
	f.must("desk/assign", staff(id, object{"bay": "2", "lead": "te", "seen": seen}))
	f.refused("desk/assign", staff(id, object{"bay": "1", "lead": "te", "seen": seen}), http.StatusConflict, "moved")
	if got := f.state(id).Bay; got != "2" {
		t.Errorf("the car is in bay %q, want 2", got)
	}
	f.refused("bay/receive", staff(id, nil), http.StatusConflict, "other_bay")
	f.must("desk/assign", staff(id, object{"bay": "1", "lead": "te", "seen": f.state(id).Tips}))
}

func TestWhatTheVisitDoesNotAllow(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id, _ := f.checkedIn()
	f.refused("bay/start", staff(id, nil), http.StatusConflict, "not_assigned")
	f.refused("desk/assign", object{"job": id, "by": "stranger", "bay": "1", "lead": "te"}, http.StatusForbidden, "unknown_person")
	f.refused("desk/assign", staff("ffff", object{"bay": "1", "lead": "te"}), http.StatusNotFound, "unknown_job")
	f.refused("desk/release", staff(id, object{"slot": 3, "reason": "he asks"}), http.StatusConflict, "no_gatepass")
	f.refused("desk/release", staff(id, object{"slot": 4, "reason": "he asks"}), http.StatusConflict, "other_slot")
	f.must("desk/assign", staff(id, object{"bay": "1", "lead": "te"}))
	f.refused("bay/start", staff(id, nil), http.StatusConflict, "not_received")
	f.refused("checkin/finish", object{"job": id}, http.StatusConflict, "already")
	f.must("bay/receive", staff(id, nil))
	f.refused("bay/scan", staff(id, nil), http.StatusServiceUnavailable, "no_scanner")
	f.must("bay/start", staff(id, nil))
	f.must("bay/extra", staff(id, object{"text": "brake pads", "safety": true}))
	extra := f.state(id).Extras[0].ID
	f.refused("bay/finish", staff(id, object{"cause": "x"}), http.StatusConflict, "open_extra")
	answer := func(more object) object { return staff(id, more) }
	f.refused("desk/extra", answer(object{"extra": extra, "answer": "approved"}), http.StatusConflict, "not_offered")
	f.refused("desk/extra", answer(object{"extra": extra, "answer": "offered", "price": 100}), http.StatusConflict, "no_promise")
	f.refused("desk/extra", answer(object{"extra": extra, "answer": "offered", "price": 100, "promised": 1}), http.StatusBadRequest, "out_of_range")
	f.must("desk/extra", answer(object{"extra": extra, "answer": "offered", "price": 100, "promised": f.now.Now().UnixMilli() + 3_600_000}))
	f.refused("desk/extra", answer(object{"extra": extra, "answer": "declined"}), http.StatusConflict, "not_told")
	f.refused("desk/extra", answer(object{"extra": extra, "answer": "declined", "told": "te"}), http.StatusConflict, "not_acknowledged")
	f.must("desk/extra", answer(object{"extra": extra, "answer": "declined", "told": "te", "acknowledged": true}))
	f.refused("bay/finish", staff(id, nil), http.StatusConflict, "no_cause")
	f.must("bay/finish", staff(id, object{"cause": "cause not found"}))
	f.refused("desk/settle", staff(id, object{"paid": 30050, "method": "cash"}), http.StatusConflict, "not_inspected")
	f.refused("desk/inspect", staff(id, object{"passed": true}), http.StatusConflict, "no_checks")
	f.refused("desk/inspect", staff(id, object{"passed": false}), http.StatusBadRequest, "no_reason")
	f.must("desk/inspect", staff(id, object{"passed": false, "reason": "still rattles"}))
	f.must("bay/start", staff(id, nil))
	f.must("bay/finish", staff(id, object{"cause": "loose bolt"}))
	f.must("desk/inspect", staff(id, object{"passed": true, "checks": []string{"drive"}}))
	f.must("desk/prepare", staff(id, nil))
	f.refused("desk/settle", staff(id, object{"paid": 1, "method": "cash"}), http.StatusConflict, "amount")
}

func TestASlotThatDoesNotOpenIsSaid(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.keys.outcome = keycab.Failed
	out := f.must("checkin/open", opening())
	id, _ := out["job"].(string)
	order, _ := out["order"].(object)
	f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
	if slot := f.must("checkin/key", object{"job": id}); slot["outcome"] != "failed" {
		t.Errorf("the slot answers %v, want failed", slot)
	}
	f.untilView("the kiosk says that it failed", func() bool { s := f.session(); return s != nil && s.Step == "failed" })
	f.refused("checkin/finish", object{"job": id}, http.StatusConflict, "key_not_in")
}

func TestDecliningEndsTheCheckIn(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	out := f.must("checkin/open", opening())
	id, _ := out["job"].(string)
	f.must("checkin/decline", object{"job": id})
	if !f.state(id).Declined || f.session() != nil {
		t.Error("the visit is not declined, or the session goes on")
	}
	f.refused("checkin/key", object{"job": id}, http.StatusConflict, "declined")
}
