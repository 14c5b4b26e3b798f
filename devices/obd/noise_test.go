package obd_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// TestNoiseNeverMakesAWrongValue spoils every recorded exchange in turn: a line is
// cut, lost, doubled, or lies beside lines that answer something else. Whatever an
// ECU then still says with state ok, it says as without the noise.
func TestNoiseNeverMakesAWrongValue(t *testing.T) {
	files, _ := vehicleFiles(t)
	spoilt, spared := 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := obd.ParseVehicle(data)
		if err != nil {
			t.Fatal(err)
		}
		clean := obd.Replay(v)
		for i := range v.Exchanges {
			if i%max(1, len(v.Exchanges)/12) != 0 {
				continue // every vehicle gives a fair sample
			}
			n, bad := spoil(t, v, i, clean[i])
			spoilt += n
			spared += bad
		}
	}
	t.Logf("%d spoilt replies, %d ECUs still right", spoilt, spared)
	if spoilt == 0 {
		t.Error("nothing was spoilt")
	}
}

// spoil spoils exchange i in every way.
func spoil(t *testing.T, v *obd.Vehicle, i int, clean obd.ReplayLine) (spoilt, spared int) {
	t.Helper()
	original := v.Exchanges[i].Lines
	defer func() { v.Exchanges[i].Lines = original }()
	for _, lines := range noisy(original) {
		v.Exchanges[i].Lines = lines
		spoilt++
		one := *v
		one.Exchanges = v.Exchanges[i : i+1]
		if len(one.Protocol) == 0 || one.Protocol[0] == "?" {
			one.Protocol = nil
		}
		for id, e := range obd.Replay(&one)[0].ECUs {
			if e.State != obd.OK || answersTwice(original, id) {
				continue
			}
			spared++
			if cannotBeSeen(v, i, lines, original) {
				continue
			}
			was, known := clean.ECUs[id]
			if strings.HasPrefix(id, "#") { // without a header, the one that is left takes the name of the one that is lost
				for _, other := range clean.ECUs {
					if reflect.DeepEqual(other, e) {
						was, known = other, true
					}
				}
			}
			if !known || !reflect.DeepEqual(was, e) {
				got, _ := json.Marshal(e)
				want, _ := json.Marshal(was)
				t.Errorf("%s %q: %s says %s, without noise %s", v.Exchanges[i].Request, lines, id, got, want)
			}
		}
	}
	return spoilt, spared
}

// cannotBeSeen reports whether a loss leaves no trace: a whole line of a legacy list
// (or what is left of it looks like the echo), or the end of a UDS list whose length
// the recording does not hold.
func cannotBeSeen(v *obd.Vehicle, i int, lines, original []string) bool {
	request := v.Exchanges[i].Request
	gone := len(lines) < len(original) || slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) == request })
	return gone && request == "03" && !can(v) || strings.HasPrefix(request, "19") && !v.Settings.Headers
}

// can reports whether a vehicle speaks CAN.
func can(v *obd.Vehicle) bool { return len(v.Protocol) > 0 && v.Protocol[0] >= "6" }

// answersTwice reports whether an ECU begins more than one message in a reply: with
// one of them spoilt, the other is as right.
func answersTwice(lines []string, ecu string) bool {
	n := 0
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(strings.ReplaceAll(line, " ", ""), ecu); ok && rest != "" && rest[0] <= '1' {
			n++
		}
	}
	return n > 1
}

// noisy lists the spoilt forms of a reply.
func noisy(lines []string) [][]string {
	var out [][]string
	for n, line := range lines {
		for cut := 1; cut < len(line); cut++ {
			out = append(out, with(lines, n, line[:cut]), with(lines, n, line[cut:]))
		}
		out = append(out, slices.Delete(slices.Clone(lines), n, n+1))
		out = append(out, slices.Insert(slices.Clone(lines), n, "CAN ERROR"), slices.Insert(slices.Clone(lines), n, "ELM327 v1.5"))
		out = append(out, slices.Insert(slices.Clone(lines), n, "7E8037F3E12"), slices.Insert(slices.Clone(lines), n, "18DAF11003413F00"))
	}
	return out
}

func with(lines []string, n int, line string) []string {
	out := slices.Clone(lines)
	out[n] = line
	return out
}
