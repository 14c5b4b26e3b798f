package obd_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const madeUp = `{"schema":"pitlane-transcript/1","source":{"repo":"pitlane","path":"made up","licence":"Apache-2.0"},
"vehicle":{"make":null,"model":null},"kind":"made-up","protocol":["6"],"adapter":null,
"adapter_settings":{"headers":true,"spaces":true,"echo":false},"note":null,"exchanges":[
{"request":"ATZ","lines":["ELM327 v1.5"],"expected":{}},
{"request":"ATRV","lines":["12.6V"],"expected":{}},
{"request":"ATDPN","lines":["A6"],"expected":{}},
{"request":"ATDP","lines":["AUTO, ISO 14230-4 (KWP FAST)"],"expected":{}},
{"request":"0100","lines":["BUS INIT: ...ERROR"],"expected":{}},
{"request":"0100","lines":["7E8 06 41 00 80 00 00 01","7E9 06 41 00 80 00 00 00"],"expected":{}},
{"request":"0101","lines":["7E8 06 41 01 81 07 65 04"],"expected":{}},
{"request":"010C","lines":["7E8 04 41 0C 1A F8","7E9 03 7F 01 12","7E8 03 41 0D 00"],"expected":{}},
{"request":"0167","lines":["7E8 05 41 67 01 77 00"],"expected":{}},
{"request":"03","lines":["7E8 04 43 01 01 33","7E9 02 43 00"],"expected":{}},
{"request":"0A","lines":["7E8 03 7F 0A 11"],"expected":{}},
{"request":"0902","lines":["7E8 10 14 49 02 01 31 58 58","7E8 21 58 58 30 30 30 30 30","7E8 22 30 30 30 30 30 30 30"],"expected":{}},
{"request":"0902","lines":["7E8 10 14 49 02 01 31 58 58"],"expected":{}},
{"request":"0904","lines":["7E8 10 13 49 04 01 41 42 43","7E8 21 31 32 33 00 00 00 00","7E8 22 00 00 00 00 00 00 00"],"expected":{}},
{"request":"090A","lines":["7E8 10 17 49 0A 01 45 43 4D","7E8 21 00 2D 45 6E 67 69 6E","7E8 22 65 00 00 00 00 00 00","7E8 23 00 00 00 00"],"expected":{}},
{"request":"020200","lines":["7E8 05 42 02 00 01 33"],"expected":{}},
{"request":"19023B","header":"745","receive_address":"765","lines":["765 07 59 02 B9 95 7C 14 29"],"expected":{}},
{"request":"22F40C","lines":["7E8 05 62 F4 0C 1A F8"],"expected":{}},
{"request":"01F3","lines":["7E8 04 41 F3 12 34"],"expected":{}},
{"request":"3101","lines":["7E8 03 71 01 7F"],"expected":{}},
{"request":"010D","headers":false,"lines":["41 0D 21","41 0D 22"],"expected":{}}]}`

func TestReplayIsAsPromised(t *testing.T) {
	v, err := obd.ParseVehicle([]byte(madeUp))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	for _, line := range obd.Replay(v) {
		if err := enc.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	golden := filepath.Join("testdata", "replay.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	wants := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(wants) || line != wants[i] {
			t.Errorf("line %d\n got %s\nwant %s", i, line, wants[min(i, len(wants)-1)])
		}
	}
}

func TestAVehicleFileOfAnotherFormIsRefused(t *testing.T) {
	for _, data := range []string{"", "[]", "{}", `{"schema":"pitlane-transcript/9"}`} {
		if _, err := obd.ParseVehicle([]byte(data)); err == nil {
			t.Errorf("%q is taken", data)
		}
	}
}
