package desk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pitlane/edge/job"
)

// TestNobodySignsForADayOf1970: an edge that does not know the time promises a time
// from the signature on.
func TestNobodySignsForADayOf1970(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "within 4 h of signing", "zh-Hans": "签字后 4 小时内", "zh-Hant": "簽名後 4 小時內"} {
		f := newFront(t)
		f.now.add(time.Unix(42, 0).Sub(f.now.Now()))
		in := opening()
		in["lang"] = lang
		opened := f.must("checkin/open", in)
		order, _ := opened["order"].(object)
		text, _ := order["text"].(string)
		if order["promised"] != nil || !strings.Contains(text, want) || strings.Contains(text, "1970") {
			t.Errorf("%s: promised %v, and the text says\n%s", lang, order["promised"], text)
		}
		id, _ := opened["job"].(string)
		f.must("checkin/sign", object{"job": id, "text_hash": order["text_hash"], "consent_scan": true, "strokes": strokes()})
		f.must("checkin/key", object{"job": id})
		f.until("handed over", id, func(s job.State) bool { return s.HandedOver })
		s := f.state(id)
		if s.Promised != s.OpenedMS+(4*time.Hour).Milliseconds() && s.Promised < s.OpenedMS {
			t.Errorf("%s: the promise is %d, the visit began at %d", lang, s.Promised, s.OpenedMS)
		}
	}
}

// TestAClockThatWasSetBackShutsNobodyOut: wrong codes from the future are held against
// their customer no longer than the machine has run since.
func TestAClockThatWasSetBackShutsNobodyOut(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.now.add(time.Since(f.now.Now()))
	_, code := f.checkedIn()
	for i := range 5 {
		f.refused("pickup/open", object{"code": wrongCode(code, i)}, http.StatusNotFound, "wrong_code")
	}
	f.restart() // into another boot, in 1970
	f.now.add(time.Unix(42, 0).Sub(f.now.Now()))
	f.since.Store(1000)
	f.refused("pickup/open", object{"code": code}, http.StatusTooManyRequests, "too_many")
	f.since.Store((61 * time.Second).Milliseconds())
	f.must("pickup/open", object{"code": code})
}
