package obd_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestWhatIsLearnedIsWrittenAsPromised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "learned.json")
		g := garage{car: func() *sim.Vehicle { return sim.DemoCAN11(1) }}
		g.scans(t, obd.Options{Port: "bay", Cache: file}, obd.Options{Port: "bay", Cache: file})
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "learned.golden")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(got) != string(want) {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	})
}

func TestWhatWasLearnedBeforeIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		started bool // with the protocol that is remembered
	}{
		"a protocol alone":        {`{"bay":"9"}`, true},
		"another port":            {`{"desk":{"protocol":"3"}}`, false},
		"an unknown field":        {`{"bay":{"protocol":"9","more":1}}`, true},
		"half a file":             {`{"bay":{"protocol":"9"`, false},
		"nothing":                 {``, false},
		"frames that are none":    {`{"bay":{"protocol":"9","counts":"yes","car":{"frames":{"03":-1,"07":99}}}}`, true},
		"null":                    {`null`, false},
		"counts that say nothing": {`{"bay":{"protocol":"9","identity":"ELM327 v1.5","counts":"perhaps"}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "learned.json")
				if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
				g := garage{car: func() *sim.Vehicle { return sim.DemoCAN29(1) }, change: func(v *sim.Vehicle) { v.Protocol = "9" }}
				reports, said := g.scans(t, obd.Options{Port: "bay", Cache: file}, obd.Options{Plain: true})
				if facts(t, reports[0]) != facts(t, reports[1]) {
					t.Error("the scan says something else than a slow one")
				}
				searched := slices.ContainsFunc(said[0], func(e obd.Exchange) bool { return e.Request == "ATSP0" })
				if searched == c.started {
					t.Errorf("searched: %t", searched)
				}
			})
		})
	}
}
