package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

func TestScanReadsCarsOfUDSAndUnitsByAddress(t *testing.T) {
	t.Parallel()
	car := sim.DemoUDS(1)
	car.ECUs = append(car.ECUs, &sim.ECU{ID: "765", Address: "745", UDS: &sim.UDS{
		Only: true, DTCs: []sim.DTC{{Code: "B157C", Failure: 0x14, Status: 0x09}},
	}})
	_, port := practiceCar(t, car)
	record := filepath.Join(t.TempDir(), "car.json")
	out, complaints, code := called(scanCommand(), "--port", port, "--format", "json", "--cache", "", "--ecu", "745", "--record", record)
	var report obd.Report
	var tree any
	if err := errors.Join(json.Unmarshal([]byte(out), &report), json.Unmarshal([]byte(out), &tree)); err != nil || code != 0 {
		t.Fatalf("code %d, %s %v", code, complaints, err)
	}
	if n := nulls("", tree); len(n) != 0 {
		t.Errorf("null: %q", n)
	}
	if report.Protocol.Standard != "SAE J1979-2" || len(report.ECUs) != 3 || report.ECUs[0].Maker == nil {
		t.Errorf("%+v, %d units", report.Protocol, len(report.ECUs))
	}
	replayed, complaints, code := called(replayCommand(), record)
	for _, want := range []string{
		`"request":"19423308FF"`, `"uds_codes":[{"code":"013300","status":"AF","severity":"22"}]`, `"codes":["P0133"]`,
		`{"765":{"state":"ok","uds_codes":[{"code":"957C14","status":"09"}]`, report.VIN.Value,
	} {
		if code != 0 || !strings.Contains(replayed, want) {
			t.Errorf("the recording does not play %q: %d %s", want, code, complaints)
		}
	}
	text, _, code := called(scanCommand(), "--port", port, "--cache", "", "--ecu", "745:765")
	text = strings.Join(strings.Fields(text), " ") // however it is set
	for _, want := range []string{
		"ISO 15765-4 CAN 11/500 (6) SAE J1979-2", "P0133-00 (test failed, test failed this cycle, pending, confirmed, failed since clear, warning lamp)",
		"By address B157C-14 (test failed, confirmed)", "group 01 components not complete (1 code)", "frame 0, stored with P0133",
	} {
		if code != 0 || !strings.Contains(text, want) {
			t.Errorf("code %d: the text does not say %q:\n%s", code, want, text)
		}
	}
	if out, _, code := called(scanCommand(), "--port", port, "--ecu", "engine", "--format", "json"); code != exitUsage || !strings.Contains(out, "wrong_usage") {
		t.Errorf("no address: %d %s", code, out)
	}
}
