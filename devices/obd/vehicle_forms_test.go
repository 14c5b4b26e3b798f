package obd_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// Recordings of cars that are not there: what a file of the same form may hold.
func TestVehicleFilesOfOtherFormsAreRead(t *testing.T) {
	vin := `"vin":"1FTFW1E50PFA12010"`
	for name, c := range map[string]struct {
		protocol string
		settings string
		exchange string
		want     []string
	}{
		"lower case with spaces": {`["6"]`, `"headers":true,"spaces":true`, `"request":"01 0c","lines":["7e8 04 41 0c 1a f8"]`, []string{`"value":1726`}},
		"a count digit":          {`["6"]`, `"headers":true`, `"request":"010C1","lines":["7E804410C1AF8"]`, []string{`"value":1726`}},
		"lines that were not cut": {`["6"]`, `"headers":true`, `"request":"0902","lines":["7E8 10 14 49 02 01 31 46 54\r7E8 21 46 57 31 45 35 30 50\r\n7E8 22 46 41 31 32 30 31 30\r\r>"]`,
			[]string{vin}},
		"no protocol named": {`[]`, `"headers":true`, `"request":"0902","lines":["7E8101449020131465", "7E8 10 14 49 02 01 31 46 54","7E8 21 46 57 31 45 35 30 50","7E8 22 46 41 31 32 30 31 30"]`, []string{vin}},
		"interleaved on 29 bits": {`["7"]`, `"headers":true`,
			`"request":"0902","lines":["18DAF110 10 14 49 02 01 31 46 54","18DAF118 10 14 49 02 01 31 46 54","18DAF110 21 46 57 31 45 35 30 50","18DAF118 21 46 57 31 45 35 30 50","18DAF118 22 46 41 31 32 30 31 30","18DAF110 22 46 41 31 32 30 31 30"]`,
			[]string{`"18DAF110":{"state":"ok",` + vin, `"18DAF118":{"state":"ok",` + vin}},
		"time asked for before the data": {`["6"]`, `"headers":true`, `"request":"0902","lines":["7E8037F0978AAAAAAAA","7E8037F0978AAAAAAAA","7E81014490201314654","7E82146573145353050","7E82246413132303130"]`,
			[]string{`"7E8":{"state":"ok",` + vin}},
		"time asked for, headers off": {`["6"]`, `"headers":false`, `"request":"22F190","lines":["7F 22 78","014","0: 62 F1 90 31 46 54","1: 46 57 31 45 35 30 50","2: 46 41 31 32 30 31 30"]`, []string{vin}},
		"several tests of a monitor": {`["6"]`, `"headers":true`, `"request":"0601","lines":["7E8101346 01800B0190","7E8210064038401810B","7E8220400006403 84AA"]`,
			[]string{`"tid":"80"`, `"tid":"81"`, `"value":1.024`}},
		"tests of an older bus":                  {`["4"]`, `"headers":true`, `"request":"0601","lines":["87 F1 10 46 01 11 01 23 02 00 06"]`, []string{`"component":"11"`, `"value":291`}},
		"KWP2000 without a length in the header": {`["5"]`, `"headers":true`, `"request":"010C","lines":["80 F1 10 04 41 0C 0B B8 95"]`, []string{`"10":{"state":"ok"`, `"value":750`}},
		"J1850 PWM":                              {`["1"]`, `"headers":true`, j1850("010C", 0x41, 0x6B, 0x10, 0x41, 0x0C, 0x1A, 0xF8), []string{`"value":1726`}},
		"J1850 VPW":                              {`["2"]`, `"headers":true`, j1850("03", 0x48, 0x6B, 0x10, 0x43, 0x01, 0x33, 0x00, 0x00, 0x00, 0x00), []string{`"codes":["P0133"]`}},
		"an older list, bare":                    {`["3"]`, `"headers":false`, `"request":"03","lines":["43 01 33 02 01 03 00","43 04 20 00 00 00 00"]`, []string{`["P0133","P0201","P0300","P0420"]`}},
		"several identifiers":                    {`["6"]`, `"headers":true`, `"request":"22F40CF405F40D","lines":["7E8 10 0B 62 F4 0C 1A F8 F4","7E8 21 05 7B F4 0D 32 AA AA"]`, []string{`"value":1726`, `"value":83`, `"value":50`}},
		"a VIN among identifiers": {`["6"]`, `"headers":true`, `"request":"22F40DF190","lines":["7E8 10 17 62 F4 0D 32 F1 90","7E8 21 31 46 54 46 57 31 45","7E8 22 35 30 50 46 41 31 32","7E8 23 30 31 30 AA AA AA AA"]`,
			[]string{vin, `"value":50`}},
		"identifiers of a maker": {`["6"]`, `"headers":true`, `"request":"221E12","lines":["7E8 05 62 1E 12 00 2A"]`, []string{`"raw":"621E12002A"`}},
		"KWP2000 identification": {`["5"]`, `"headers":true`, kwp("1A90", "5A90"+fmt.Sprintf("%X", "1FTFW1E50PFA12010")), []string{vin, `"raw":"5A90`}},
		"a local identifier":     {`["5"]`, `"headers":true`, kwp("2101", "6101AABBCC"), []string{`"raw":"6101AABBCC"`}},
		"a named unit, as Renault answers": {`["6"]`, `"headers":true`, `"request":"19023B","header":"745","receive_address":"765","lines":["765 10 0B 59 02 B9 95 7C 14","765 21 29 95 7D 14 29"]`,
			[]string{`"uds_codes":[{"code":"957C14","status":"29"},{"code":"957D14","status":"29"}]`, `"availability_mask":"B9"`}},
		"codes of WWH-OBD": {`["9"]`, `"headers":true,"spaces":true`,
			`"request":"1942330C1E","lines":["18 DA F1 00 03 7F 19 78","18 DA F1 3D 03 7F 19 78","18 DA F1 00 10 10 59 42 33 FF FF 04","18 DA F1 3D 06 59 42 33 FF FF 04","18 DA F1 00 21 02 04 20 00 08 04 24","18 DA F1 00 22 63 1F 04 00 00 00 00"]`,
			[]string{`"codes":["P0420","P2463"]`, `{"code":"24631F","status":"04","severity":"04"}`, `"18DAF13D":{"state":"ok","codes":[],`, `"dtc_format":"04"`}},
		"a snapshot": {`["6"]`, `"headers":true`, `"request":"1904013300FF","lines":["7E8 10 0F 59 04 01 33 00 AF","7E8 21 00 02 F4 0C 1A F8 F4","7E8 22 0D 32 AA AA AA AA AA"]`,
			[]string{`"frames":[{"frame":0,`, `"pid":"F40C","name":"engine_rpm","value":1726`, `"pid":"F40D","name":"vehicle_speed","value":50`}},
		"half a list of UDS":  {`["6"]`, `"headers":true`, `"request":"19423308FF","lines":["7E8 07 59 42 33 FF FF 04 22"]`, []string{`"state":"incomplete"`}},
		"the lines of a talk": {`["6"]`, `"headers":true`, `"request":"ATRV","lines":["12.4V"]`, []string{`"volts":12.4`}},
		"nothing came":        {`["6"]`, `"headers":true`, `"request":"010C","lines":[]`, []string{`"error":"no_answer"`}},
		"an unknown service":  {`["6"]`, `"headers":true`, `"request":"3101FF00","lines":["7E8 04 71 01 FF 00"]`, []string{`"raw":"7101FF00"`}},
	} {
		t.Run(name, func(t *testing.T) {
			file := `{"schema":"pitlane-transcript/1","protocol":` + c.protocol + `,"adapter_settings":{` + c.settings + `},"exchanges":[{` + c.exchange + `}]}`
			v, err := obd.ParseVehicle([]byte(file))
			if err != nil {
				t.Fatalf("%v: %s", err, file)
			}
			got, err := json.Marshal(obd.Replay(v)[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(got), want) {
					t.Errorf("got %s\nwant %s", got, want)
				}
			}
		})
	}
}

// j1850 is an exchange on a bus with a CRC.
func j1850(request string, frame ...byte) string {
	crc := byte(0xFF)
	for _, x := range frame {
		crc ^= x
		for range 8 {
			top := crc & 0x80
			crc <<= 1
			if top != 0 {
				crc ^= 0x1D
			}
		}
	}
	return fmt.Sprintf(`"request":%q,"lines":["%X"]`, request, append(frame, ^crc))
}

// kwp is an exchange on a K-line, with the length in the header.
func kwp(request, payload string) string {
	n := len(payload) / 2
	var frame []byte
	frame = append(frame, 0x80|byte(n), 0xF1, 0x10)
	for i := range n {
		var b byte
		_, _ = fmt.Sscanf(payload[2*i:2*i+2], "%X", &b) // the payloads here are hex
		frame = append(frame, b)
	}
	var sum byte
	for _, b := range frame {
		sum += b
	}
	return fmt.Sprintf(`"request":%q,"lines":["%X"]`, request, append(frame, sum))
}
