package bay_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices"
	"pitlane/devices/obd"
	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/journal"
)

func kindOf(err error) string {
	f, ok := errors.AsType[*devices.Fault](err)
	if !ok {
		return ""
	}
	return f.Kind
}

func TestAScanIsOnDiskBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from := r.n.size()
		id, err := r.scan("j1", request())
		if err != nil {
			t.Fatal(err)
		}
		<-r.obd.begun
		r.wrote(from, "scan.started")
		if now := newest(r.wall, func(n board.Now) *board.ScanNow { return n.Scan }); now == nil || !now.State.Running || now.State.Step != "codes" || len(now.State.Codes) != 1 {
			t.Errorf("the board was told %+v, want the running scan with its code", now)
		}
		r.obd.find <- found{report: report()}
		r.wrote(from, "scan.started", "scan.completed")
		got, who := last[job.ScanCompleted](t, r.n)
		if want := []job.Code{{ECU: "7E8", Code: "P0133", Status: "stored"}}; who != "j1" || got.Scan != id || !got.Complete || !slices.Equal(got.Codes, want) || got.VIN != secretVIN {
			t.Errorf("wrote codes %v, complete %v of job %s, want %v, true, j1", got.Codes, got.Complete, who, want)
		}
		var back obd.Report
		unpack(t, got.Report, &back)
		if !reflect.DeepEqual(back.ECUs[0].Stored, report().ECUs[0].Stored) {
			t.Errorf("the report came back as %+v", back)
		}
		if now := newest(r.wall, func(n board.Now) *board.ScanNow { return n.Scan }); now.State.Running || now.State.Step != "done" || now.State.ID != id {
			t.Errorf("the board was told %+v, want the end", now.State)
		}
	})
}

func unpack(t *testing.T, packed []byte, into any) {
	t.Helper()
	b, err := job.UnpackReport(packed)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAScanThatMayNotBeIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	no := func(drop string) []job.Payload {
		return slices.DeleteFunc(received(), func(p job.Payload) bool { return p.Kind() == drop })
	}
	cases := []struct {
		name string
		past []job.Payload
		kind string
	}{
		{"a job nobody knows", nil, "unknown_job"},
		{"without consent", no("job.consented"), "no_consent"},
		{"consent to work but not to diagnosis", append(received(), job.Consented{Scan: false}), "no_consent"},
		{"a car that was not received", no("car.received"), "not_received"},
		{"a car in another bay", append(received(), job.BayAssigned{Bay: "bay-2", Lead: "t2"}, job.CarReceived{Bay: "bay-2", By: "t2"}), "other_bay"},
		{"a visit that is over", append(received(), job.CarHandedBack{}), "closed"},
		{"an order declined", append(received(), job.Declined{}), "declined"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", c.past...)
				from := r.n.size()
				_, err := r.scan("j1", request())
				if got := kindOf(err); got != c.kind {
					t.Errorf("got %q (%v), want %q", got, err, c.kind)
				}
				r.wrote(from)
			})
		})
	}
}

func TestAScanIsRefusedWhileTheScannerCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdapter()
		a.offline = true
		r := open(t, newNotebook(), newCupboard(), a)
		defer r.stop()
		r.n.say(t, "j1", received()...)
		_, err := r.scan("j1", request())
		if f, ok := errors.AsType[*devices.Fault](err); !ok || f.Kind != "scanner_offline" || f.Hint != "plug it in" {
			t.Errorf("got %v, want scanner_offline with the adapter's hint", err)
		}
	})
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		r.n.say(t, "j2", received()...)
		if _, err := r.scan("j1", request()); err != nil {
			t.Fatal(err)
		}
		<-r.obd.begun
		for _, id := range []string{"j1", "j2"} {
			if _, err := r.scan(id, request()); kindOf(err) != "running" {
				t.Errorf("%s: got %v, want running", id, err)
			}
		}
	})
}

func TestTheSameRequestIsTheSameScan(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		from, req := r.n.size(), request()
		first, err := r.scan("j1", req)
		if err != nil {
			t.Fatal(err)
		}
		<-r.obd.begun
		if again, err := r.scan("j1", req); again != first || err != nil {
			t.Errorf("while it runs: %q and %v, want %q", again, err, first)
		}
		r.obd.find <- found{report: report()}
		r.wrote(from, "scan.started", "scan.completed")
		if again, err := r.scan("j1", req); again != first || err != nil {
			t.Errorf("after its end: %q and %v, want %q", again, err, first)
		}
		r.stop()
		r = open(t, r.n, newCupboard(), newAdapter())
		defer r.stop()
		if again, err := r.scan("j1", req); again != first || err != nil {
			t.Errorf("after a restart: %q and %v, want %q", again, err, first)
		}
		if got := len(r.obd.begun); got != 0 {
			t.Errorf("the car was asked again")
		}
	})
}

func TestAScanEndsOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	failed := report()
	failed.Error = &obd.Failure{Kind: "bus_init", Message: "the bus did not start", Hint: "ignition on"}
	cases := []struct {
		name string
		end  func(r *room)
		why  string
	}{
		{"a report that says why not", func(r *room) { r.obd.find <- found{report: failed, err: errors.New("bus init")} }, "bus_init"},
		{"a fault without a report", func(r *room) {
			r.obd.find <- found{err: &devices.Fault{Kind: "port", Message: "gone", Hint: "plug it in"}}
		}, "port"},
		{"neither", func(r *room) { r.obd.find <- found{} }, "adapter_fault"},
		{"the edge is stopped", func(r *room) { r.stop() }, "interrupted"},
		{"it never ends", func(r *room) {
			ctx := time.After(6 * time.Minute)
			<-ctx
		}, "interrupted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", received()...)
				from := r.n.size()
				id, err := r.scan("j1", request())
				if err != nil {
					t.Fatal(err)
				}
				<-r.obd.begun
				c.end(r)
				r.wrote(from, "scan.started", "scan.failed")
				if got, _ := last[job.ScanFailed](t, r.n); got.Scan != id || got.Why != c.why {
					t.Errorf("got %+v, want %s", got, c.why)
				}
			})
		})
	}
}

func TestAnotherCarThanTheJobsIsSaid(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", append(received(), job.ScanStarted{Scan: "s0", Bay: "bay-1"}, job.ScanCompleted{Scan: "s0", VIN: "WDB11111111111111", Codes: []job.Code{}})...)
		from := r.n.size()
		if _, err := r.scan("j1", request()); err != nil {
			t.Fatal(err)
		}
		r.obd.find <- found{report: report()}
		r.wrote(from, "scan.started", "scan.completed", "car.mismatched")
	})
}

func TestALargeReportGoesIntoParts(t *testing.T) {
	t.Parallel()
	big := report()
	for range 3000 {
		name := rand.Text() // does not pack
		big.ECUs[0].Readings = append(big.ECUs[0].Readings, obd.Reading{PID: "0C", Name: &name})
	}
	for range 300 {
		big.ECUs[0].Stored.Codes = append(big.ECUs[0].Stored.Codes, obd.Code{Code: "P0300"})
	}
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		id, err := r.scan("j1", request())
		if err != nil {
			t.Fatal(err)
		}
		r.obd.find <- found{report: big}
		synctest.Wait()
		done, _ := last[job.ScanCompleted](t, r.n)
		if done.Parts < 2 || len(done.Report) != 0 || len(done.Codes) == 0 {
			t.Errorf("%d parts and %d bytes in the ending, want several and none", done.Parts, len(done.Report))
		}
		st, _ := r.n.Job("j1")
		if len(st.Scans) != 1 || st.Scans[0].ID != id {
			t.Fatalf("scans are %v", st.Scans)
		}
		var back obd.Report
		unpack(t, st.Scans[0].Report, &back)
		if len(back.ECUs[0].Readings) != 3000 || len(back.ECUs[0].Stored.Codes) != 301 {
			t.Errorf("%d readings and %d codes came back", len(back.ECUs[0].Readings), len(back.ECUs[0].Stored.Codes))
		}
	})
}

func TestNoCodesIsOnlySaidWhenEveryECUSaidSo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		bend func(*obd.Report)
		want bool
	}{
		{"all answered", func(*obd.Report) {}, true},
		{"no ECU at all", func(r *obd.Report) { r.ECUs = nil }, false},
		{"stored codes refused", func(r *obd.Report) { r.ECUs[0].Stored.State = obd.Refused }, false},
		{"pending codes not answered", func(r *obd.Report) { r.ECUs[0].Pending.State = obd.NoAnswer }, false},
		{"permanent codes not known to the car", func(r *obd.Report) { r.ECUs[0].Permanent.State = obd.Unsupported }, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, r *room) {
				r.n.say(t, "j1", received()...)
				if _, err := r.scan("j1", request()); err != nil {
					t.Fatal(err)
				}
				x := report()
				c.bend(x)
				r.obd.find <- found{report: x}
				synctest.Wait()
				if got, _ := last[job.ScanCompleted](t, r.n); got.Complete != c.want {
					t.Errorf("complete %v, want %v", got.Complete, c.want)
				}
			})
		})
	}
}

func TestAFullDiskRefusesWishesAndKeepsDeeds(t *testing.T) {
	t.Parallel()
	inRoom(t, func(t *testing.T, r *room) {
		r.n.say(t, "j1", received()...)
		r.n.full = true
		if _, err := r.scan("j1", request()); !errors.Is(err, journal.ErrFull) {
			t.Errorf("got %v, want a full disk", err)
		}
		if outcome, err := r.unlock("j1", 1, "hang", request()); !errors.Is(err, journal.ErrFull) || outcome != "failed" {
			t.Errorf("got %s and %v, want a full disk", outcome, err)
		}
		if len(r.obd.begun) > 0 || len(r.cab.sent) > 0 {
			t.Error("a device was asked without its start on disk")
		}
		from := r.n.size()
		r.n.stuck = 5
		r.cab.key(2, "present")
		<-time.After(time.Minute)
		r.wrote(from, "key.hung", "alarm.raised")
	})
}
