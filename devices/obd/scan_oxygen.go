package obd

import (
	"fmt"
	"slices"
	"strings"
)

// leftOut says which services a scan does not ask for: 08 makes the car do something,
// and 05 is not laid down for CAN, where 06 tells the same (SAE J1979).
func (x *scan) leftOut() {
	out := []NotAsked{{Service: "08", State: Unsupported, Message: "it would make the car do something; pitlane only reads"}}
	if x.isCAN() {
		out = append(out, NotAsked{Service: "05", State: Unsupported, Message: "not on CAN: the oxygen sensors are among the tests of 06"})
	}
	x.report.NotAsked = out
}

// oxygen reads the tests of the oxygen sensors (mode 05), which only older buses have.
// Which sensors there are says PID 13 or 1D, a bit for each.
func (x *scan) oxygen() error {
	x.leftOut()
	if x.isCAN() || x.uds {
		return nil
	}
	sensors := map[string][]string{} // by sensor, the units that have it
	for _, id := range x.ids() {
		for _, r := range x.ecus[id].Readings {
			bits := parseRequest(r.Raw)
			if r.PID != "13" && r.PID != "1D" || len(bits.data) != 1 {
				continue
			}
			for bit := byte(1); bit != 0; bit <<= 1 {
				if s := upperHex([]byte{bit}); bits.data[0]&bit != 0 && !slices.Contains(sensors[s], id) {
					sensors[s] = append(sensors[s], id)
				}
			}
		}
	}
	for bit := 1; bit < 0x100; bit <<= 1 {
		if s := fmt.Sprintf("%02X", bit); len(sensors[s]) > 0 {
			if err := x.sensor(s, sensors[s]); err != nil {
				return err
			}
		}
	}
	return nil
}

// sensor reads all tests of one oxygen sensor.
func (x *scan) sensor(sensor string, of []string) error {
	has := lists{}
	a, err := x.requestOf("0500"+sensor, of, limitRequest)
	if err != nil {
		return err
	}
	for _, id := range of {
		e, said := a.ECUs[id]
		switch {
		case said && e.State == OK:
			has.add(id, e.Supported)
		case said: // silence is how a unit without the service answers
			x.note("0500"+sensor, id, e, words(a.Kind))
		}
	}
	for _, tid := range has.items() {
		request := "05" + tid + sensor
		err := x.ask(request, tid, has, func(u *unit, e ECUAnswer) bool {
			u.Readings = append(slices.Clip(u.Readings), e.Readings...)
			u.Tests = append(slices.Clip(u.Tests), e.Tests...)
			return len(e.Readings)+len(e.Tests) > 0
		})
		if err != nil {
			return err
		}
	}
	for _, id := range of {
		slices.SortStableFunc(x.ecus[id].Readings, func(a, b Reading) int { return strings.Compare(a.PID, b.PID) })
	}
	return nil
}

// refuseJ1939 says that a bus of SAE J1939 is not read.
func refuseJ1939() *Failure {
	return &Failure{
		Kind: "wrong_usage", Message: "SAE J1939 is not read",
		Hint: "heavy vehicles that speak ISO 27145 beside it are found with --protocol auto",
	}
}
