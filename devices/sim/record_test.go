package sim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/sim"
)

func playFile(t *testing.T, text string) *talk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "car.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	car, err := sim.VehicleFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return serveAdapter(t, instant(car))
}

const withHeaders = `{"schema":"pitlane-transcript/1","protocol":["7"],"adapter_settings":{"headers":true,"spaces":false},
"exchanges":[
 {"request":"ATRV","lines":["13.6V"]},
 {"request":"01 0c","header":"DB33","lines":["18DAF11004410C1AF8"]},
 {"request":"010C","header":"DB33","lines":["18DAF11004410C1B00"]},
 {"request":"0902","lines":["18DAF1101014490201574142","18DAF1102143444546303031","18DAF1102232333435363738"]},
 {"request":"222610","header":"DA10","lines":["18DAF1100562261000FF"]},
 {"request":"0142","header":"DA11","lines":["18DAF1110441423687"]},
 {"request":"07","lines":["18DAF110024700","7E8044110"]}
]}`

func TestARecordingIsPlayed(t *testing.T) {
	for _, x := range []struct {
		set       string
		ask, want []string
	}{
		{"ATH1 ATS0", []string{"ATRV", "010C1", "010C", "010C"}, []string{"13.6V", "18DAF11004410C1AF8", "18DAF11004410C1B00", "18DAF11004410C1AF8"}},
		{"ATH0 ATS1", []string{"010C"}, []string{"41 0C 1A F8 "}},
		{"ATH1 ATS1", []string{"0902"}, []string{"18 DA F1 10 10 14 49 02 01 57 41 42 \r18 DA F1 10 21 43 44 45 46 30 30 31 \r18 DA F1 10 22 32 33 34 35 36 37 38 "}},
		{"ATH0 ATS0", []string{"0902"}, []string{"014\r0:490201574142\r1:43444546303031\r2:32333435363738"}},
		{"ATH1 ATS0", []string{"010D", "222610", "ATSHDA10F1", "222610", "010C"}, []string{"NO DATA", "18DAF1100562261000FF", "OK", "18DAF1100562261000FF", "NO DATA"}},
		{"ATH0 ATS0", []string{"07"}, []string{"18DAF110024700\r7E8044110"}},
		{"ATH1 ATS0", []string{"0142", "0100", "0140"}, []string{"18DAF1110441423687", "18DAF110064100" + "00100000" + "\r18DAF111064100" + "00000001", "18DAF111064140" + "40000000"}},
	} {
		t.Run(strings.Join(append([]string{x.set}, x.ask...), " "), func(t *testing.T) {
			k := playFile(t, withHeaders)
			k.setUp(append(strings.Fields(x.set), "ATSP7")...)
			for i, ask := range x.ask {
				if got, want := k.ask(ask), x.want[i]+"\r\r>"; got != want {
					t.Errorf("%s = %q, want %q", ask, got, want)
				}
			}
		})
	}
}

func TestARecordingWithoutHeadersGetsThem(t *testing.T) {
	k := playFile(t, `{"schema":"pitlane-transcript/1","protocol":["6"],"adapter_settings":{"headers":false,"spaces":true},"exchanges":[
	 {"request":"0100","lines":["SEARCHING...","41 00 BE 3E A8 17 AA","41 00 80 00 00 00"]},
	 {"request":"0902","lines":["014","0: 49 02 01 57 41 42","1: 43 44 45 46 30 30 31","2: 32 33 34 35 36 37 38"]}]}`)
	k.setUp("ATSP6", "ATH1", "ATS0")
	for ask, want := range map[string]string{
		"0100": "7E8064100BE3EA817\r7E906410080000000\r\r>",
		"0902": "7E81014490201574142\r7E82143444546303031\r7E82232333435363738\r\r>",
	} {
		if got := k.ask(ask); got != want {
			t.Errorf("%s = %q, want %q", ask, got, want)
		}
	}
}

func TestWordsAboutTheBusAreSaidOnce(t *testing.T) {
	k := playFile(t, `{"schema":"pitlane-transcript/1","protocol":["3"],"adapter_settings":{"headers":true,"spaces":true},"exchanges":[
	 {"request":"0100","lines":["BUS INIT: OK","48 6B 11 41 00 BE 1F B8 10 AA"]},
	 {"request":"03","lines":["BUS INIT: ERROR"]}]}`)
	k.setUp("ATSP3", "ATH1")
	for _, x := range []struct{ ask, want string }{
		{"0100", "BUS INIT: OK\r48 6B 11 41 00 BE 1F B8 10 AA\r\r>"},
		{"0100", "48 6B 11 41 00 BE 1F B8 10 AA\r\r>"},
		{"03", "BUS INIT: ERROR\r\r>"},
	} {
		if got := k.ask(x.ask); got != x.want {
			t.Errorf("%s = %q, want %q", x.ask, got, x.want)
		}
	}
}

func TestWhatIsNoVehicleFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"no JSON": "hello", "another schema": `{"schema":"other/1"}`} {
		path := filepath.Join(dir, "x.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sim.VehicleFile(path); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := sim.VehicleFile(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a missing file was taken")
	}
}
