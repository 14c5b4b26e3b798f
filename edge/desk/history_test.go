package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pitlane/edge/board"
	"pitlane/edge/clocks"
	"pitlane/edge/desk"
	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/receipt"
	"pitlane/edge/web"
)

// read is a query by GET.
func read(t *testing.T, api http.Handler, path string, out any) int {
	t.Helper()
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/"+path, nil))
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return w.Code
}

// TestTheHistoryOfAVisitIsWhole: every entry once, in the order of telling, with who
// and when, what the seal lists, and who has cosigned.
func TestTheHistoryOfAVisitIsWhole(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.witnessed = func(string) desk.Witnessed { return desk.Witnessed{Size: 3, By: []string{"demo-central"}} }
	f.restart()
	open, _ := f.checkedIn()
	var h desk.History
	if code := read(t, f.api, "desk/history?job="+open, &h); code != http.StatusOK || h.Seals != 0 || h.Unsealed != 0 {
		t.Fatalf("an open visit: %d, %d seals, %d unsealed", code, h.Seals, h.Unsealed)
	}
	for _, e := range h.Entries {
		if e.Seal != "open" || (e.Seq < 3) != slices.Equal(e.Seen, []string{"demo-central"}) {
			t.Errorf("an open visit: entry %d is %s, seen by %v", e.Seq, e.Seal, e.Seen)
		}
	}
	id := f.closed()
	entries, err := f.journal.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	before := len(entries)
	read(t, f.api, "desk/history?job="+id, &h)
	if len(h.Entries) != len(entries) || h.Seals != 1 || h.Unsealed != 0 || h.Erased != "" || len(h.Conflicts) != 0 {
		t.Errorf("%d of %d entries, %d seals, %d unsealed, erased %q, conflicts %v", len(h.Entries), len(entries), h.Seals, h.Unsealed, h.Erased, h.Conflicts)
	}
	by := map[string]string{}
	for i, e := range h.Entries {
		if i > 0 && e.Seq <= h.Entries[i-1].Seq {
			t.Errorf("entry %d is told after %d", e.Seq, h.Entries[i-1].Seq)
		}
		want := "listed"
		if e.Kind == (job.Sealed{}).Kind() {
			want = "seal"
		}
		if e.Seal != want || e.When.At == nil || e.When.Sure == "" || e.Node != "demo-front" || e.Who == "" || e.Payload != "whole" {
			t.Errorf("%s: %+v", e.Kind, e)
		}
		by[e.Kind] = e.By
	}
	if by["bay.assigned"] != "sa" || by["job.opened"] != "" || by["key.hung"] != "" {
		t.Errorf("done by %v", by)
	}
	if entries, err = f.journal.Job(t.Context(), id); err != nil || len(entries) != before {
		t.Errorf("reading the history wrote %d entries, %v", len(entries)-before, err)
	}
	var refused object
	for _, path := range []string{"desk/history?job=nosuchjob", "desk/history"} {
		if code := read(t, f.api, path, &refused); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// TestTheHistorySaysNothingOfWhatWasSaid: no word of a payload is in it but who did
// it; what a customer or a bay's screen is sent has no history at all.
func TestTheHistorySaysNothingOfWhatWasSaid(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	id := f.closed()
	var h any
	read(t, f.api, "desk/history?job="+id, &h)
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := f.journal.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, e := range entries {
		for _, opening := range []*journal.Opening{e.Work, e.Contact} {
			if opening == nil {
				continue
			}
			for _, v := range said(t, opening.Payload) {
				looked++
				if strings.Contains(string(text), v) {
					t.Errorf("the history holds a text of %s", e.Kind)
				}
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d texts were looked for", looked)
	}
	for _, a := range []board.Audience{board.Kiosk, board.Waiting, board.Bay} {
		body, err := json.Marshal(f.board.View(a))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{`"entries"`, `"timers"`, `"seals"`, "job.sealed", f.desk.ReceiptToken(id)} {
			if strings.Contains(string(body), word) {
				t.Errorf("%s is sent %s", a, word)
			}
		}
	}
}

// said are the texts in a payload that are long enough to be found by no accident,
// without the fields that name who did it and what the history names as well.
func said(t *testing.T, payload []byte) []string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case string:
			if len(v) >= 4 && !slices.Contains([]string{"by", "logs", "leaves", "purpose", "channel", "kiosk"}, key) {
				out = append(out, v)
			}
		case []any:
			for _, x := range v {
				walk(key, x)
			}
		case map[string]any:
			for k, x := range v {
				walk(k, x)
			}
		}
	}
	walk("", v)
	return out
}

// shelf is a journal that holds just these entries.
type shelf struct {
	desk.Log
	entries []journal.Entry
}

func (s shelf) Job(context.Context, string) ([]journal.Entry, error) { return s.entries, nil }

// TestTheHistorySaysHowSureATimeIsAndWhatIsErased from entries as a node holds them
// whose clocks and keys were of every kind.
func TestTheHistorySaysHowSureATimeIsAndWhatIsErased(t *testing.T) {
	t.Parallel()
	const noon = int64(1_795_000_000_000)
	c := clocks.New()
	entry := func(seq uint64, boot string, quality uint8, wall int64, kind string) journal.Entry {
		e := journal.Entry{Origin: "demo-bay/0", Seq: seq, Boot: boot, BootMS: int64(seq) * 1000, WallMS: wall, Quality: quality, Kind: kind, Job: "j"}
		e.Hash[0] = byte(seq + 1)
		e.WorkCommit[0] = 1
		c.Hear(clocks.Reading{Node: "demo-bay", Boot: boot, BootMS: e.BootMS, WallMS: wall, Quality: quality})
		return e
	}
	entries := []journal.Entry{
		entry(0, "a", 0, 5, "job.opened"),              // never dated, and nothing before
		entry(1, "b", 3, noon, "tea.drunk"),            // synchronised, of a later version
		entry(2, "c", 0, 5, "work.started"),            // between b and d
		entry(3, "c", 1, noon+2000, "work.paused"),     // a battery's clock
		entry(4, "d", 3, noon+60_000, "work.resumed"),  // synchronised
		entry(5, "e", 2, noon+90_000, "work.finished"), // set once
		entry(6, "f", 0, 5, "timer.due"),               // after d
		entry(7, "f", 0, 5, "subject.erased"),
		entry(8, "f", 0, 5, "job.sealed"),
	}
	entries[6].Work = &journal.Opening{Payload: []byte(`{"timer":"inspector_call","n":"1","cause":"c","at_least":true}`)}
	entries[7].Work = &journal.Opening{Payload: []byte(`{"by":"sa","reason":"asked for it"}`)}
	out := historyOf(t, c, entries)
	var sure, payload, seal []string
	for _, e := range out.Entries {
		sure, payload, seal = append(sure, e.When.Sure), append(payload, e.Payload), append(seal, e.Seal)
	}
	for what, c := range map[string][2]string{
		"certainty": {strings.Join(sure, " "), "before sure between battery sure set after after after"},
		"payloads":  {strings.Join(payload, " "), "erased erased erased erased erased erased whole whole erased"},
		"seals":     {strings.Join(seal, " "), "unknown unknown unknown unknown unknown unknown unknown unknown seal"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s\nwant %s", what, c[0], c[1])
		}
	}
	if e := out.Entries[2]; e.When.From == nil || e.When.To == nil || !e.When.To.After(*e.When.From) {
		t.Errorf("between what: %+v", e.When)
	}
	if out.Erased != "all" || out.Seals != 1 || out.Unsealed != 0 || !out.Entries[6].AtLeast || out.Entries[7].By != "sa" || out.Entries[1].Who != "" {
		t.Errorf("erased %q, at least %t, by %q, who %q", out.Erased, out.Entries[6].AtLeast, out.Entries[7].By, out.Entries[1].Who)
	}
	entries = entries[:1]
	c = clocks.New()
	if e := historyOf(t, c, entries).Entries[0]; e.When.Sure != "unknown" || e.When.At != nil || e.Payload != "locked" {
		t.Errorf("a clock of 1970 and a key that is not here: %+v", e)
	}
}

func historyOf(t *testing.T, c *clocks.Clocks, entries []journal.Entry) desk.History {
	t.Helper()
	b := board.New(board.Config{Node: "demo-front"})
	d := desk.New(desk.Config{Node: "demo-front", Journal: shelf{entries: entries}, Board: b, Clocks: c, Log: slog.New(slog.DiscardHandler)})
	api, err := web.NewAPI("test", d.Actions()...)
	if err != nil {
		t.Fatal(err)
	}
	var out desk.History
	if code := read(t, api, "desk/history?job=j", &out); code != http.StatusOK || len(out.Entries) != len(entries) {
		t.Fatalf("%d, %d entries", code, len(out.Entries))
	}
	return out
}

// TestTheDeskGivesTheReceiptOfASealedVisit: by an address that a phone can open, and
// says where it cannot; the customer's own page has the same.
func TestTheDeskGivesTheReceiptOfASealedVisit(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.givesReceipts()
	open, code := f.checkedIn()
	var refused struct{ Error struct{ Kind string } }
	if status := read(t, f.api, "desk/receipt?job="+open, &refused); status != http.StatusConflict || refused.Error.Kind != "not_sealed" {
		t.Errorf("an open visit: %d %s", status, refused.Error.Kind)
	}
	if v := f.must("pickup/open", object{"code": code}); v["receipt"] != nil {
		t.Error("a car that is not ready has a receipt")
	}
	id := f.closed()
	var r desk.ReceiptOut
	if status := read(t, f.api, "desk/receipt?job="+id, &r); status != http.StatusOK {
		t.Fatal(status)
	}
	path := "/receipt/" + f.desk.ReceiptToken(id)
	shop, err := receipt.ShopOf(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Address != f.public+path || r.Path != path || r.Verify != f.public+"/verify" || r.Local || r.Key != shop.Key || len(r.Seen) != 0 || r.Bytes == 0 || !strings.HasPrefix(r.QR, "<svg ") {
		t.Errorf("got %s %s %s, local %t, %d bytes", r.Address, r.Path, r.Verify, r.Local, r.Bytes)
	}
	f.receipts = func(context.Context, string) ([]byte, error) {
		return nil, fmt.Errorf("make one: %w", receipt.ErrClosed)
	}
	f.restart()
	if status := read(t, f.api, "desk/receipt?job="+id, &refused); status != http.StatusGone || refused.Error.Kind != "erased" {
		t.Errorf("a visit that is erased: %d %s", status, refused.Error.Kind)
	}
	f.repaired(open)
	v := f.must("pickup/open", object{"code": code})
	if got, _ := v["receipt"].(object); got["address"] != f.public+"/receipt/"+f.desk.ReceiptToken(open) || got["qr_svg"] == "" || got["local"] != nil {
		t.Errorf("the customer's page has %v", got["address"])
	}
}

// TestAnAddressThatOnlyThisComputerHasIsSaid: without [http] public the address is
// the one that the screen itself was asked by.
func TestAnAddressThatOnlyThisComputerHasIsSaid(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	f.receipts = func(context.Context, string) ([]byte, error) { return nil, fmt.Errorf("not asked here") }
	f.restart()
	id, code := f.checkedIn()
	f.repaired(id)
	for host, local := range map[string]bool{"127.0.0.1:8080": true, "[::1]:8080": true, "localhost:8080": true, "0.0.0.0:80": true, "shop.example": false, "192.0.2.7:8080": false} {
		body := strings.NewReader(fmt.Sprintf(`{"request":"%032x","code":"%s"}`, time.Now().UnixNano(), code))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/api/v1/pickup/open", body)
		r.Header.Set("Origin", "http://"+host)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(web.HeaderName, "1")
		w := httptest.NewRecorder()
		web.Guard([]string{host}, f.api).ServeHTTP(w, r)
		var v struct{ Receipt *desk.ReceiptCode }
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.Receipt == nil {
			t.Fatalf("%s: %d %v", host, w.Code, err)
		}
		if want := "http://" + host + "/receipt/" + f.desk.ReceiptToken(id); v.Receipt.Address != want || v.Receipt.Local != local {
			t.Errorf("%s: %s, local %t", host, v.Receipt.Address, v.Receipt.Local)
		}
	}
}
