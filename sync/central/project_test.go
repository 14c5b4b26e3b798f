package central

import "testing"

func TestIdentify(t *testing.T) {
	t.Parallel()
	known := func(id, vin, plate string) *Vehicle { return &Vehicle{ID: id, VIN: vin, Plate: plate, Seen: 5} }
	fresh := vehicleID("j1")
	for _, c := range []struct {
		name           string
		vin, plate     string
		byVIN, byPlate *Vehicle
		want           Vehicle
		merged         string
	}{
		{"a new car", "VIN1", "P1", nil, nil, Vehicle{ID: fresh, VIN: "VIN1", Plate: "P1"}, ""},
		{"a new car without a VIN", "", "P1", nil, nil, Vehicle{ID: fresh, Plate: "P1"}, ""},
		{"a known VIN", "VIN1", "P1", known("v", "VIN1", "P1"), known("v", "VIN1", "P1"), Vehicle{ID: "v", VIN: "VIN1", Plate: "P1"}, ""},
		{"a known VIN with a new plate", "VIN1", "P2", known("v", "VIN1", "P1"), nil, Vehicle{ID: "v", VIN: "VIN1", Plate: "P2"}, ""},
		{"a known plate that gets its VIN", "VIN1", "P1", nil, known("v", "", "P1"), Vehicle{ID: "v", VIN: "VIN1", Plate: "P1"}, ""},
		{"a known plate, not scanned yet", "", "P1", nil, known("v", "VIN1", "P1"), Vehicle{ID: "v", VIN: "VIN1", Plate: "P1"}, ""},
		{"a plate that has moved to another car", "VIN2", "P1", nil, known("v", "VIN1", "P1"), Vehicle{ID: fresh, VIN: "VIN2", Plate: "P1"}, ""},
		{"two files of one car", "VIN1", "P2", known("v", "VIN1", "P1"), known("w", "", "P2"), Vehicle{ID: "v", VIN: "VIN1", Plate: "P2"}, "w"},
		{"a known car that takes another's plate", "VIN1", "P2", known("v", "VIN1", "P1"), known("w", "VIN2", "P2"), Vehicle{ID: "v", VIN: "VIN1", Plate: "P2"}, ""},
		{"blanks and small letters", "vin-1", "p 1", nil, nil, Vehicle{ID: fresh, VIN: "VIN1", Plate: "P1"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, merged := identify(Job{ID: "j1", VIN: c.vin, Plate: c.plate, Newest: 9}, c.byVIN, c.byPlate)
			c.want.Seen = 9
			if got != c.want || merged != c.merged {
				t.Errorf("got %+v, %q, want %+v, %q", got, merged, c.want, c.merged)
			}
		})
	}
}

func TestOldNewsDoesNotTakeAPlateBack(t *testing.T) {
	t.Parallel()
	v := &Vehicle{ID: "v", VIN: "VIN1", Plate: "P2", Seen: 9}
	if got, _ := identify(Job{ID: "j1", VIN: "VIN1", Plate: "P1", Newest: 3}, v, nil); got.Plate != "P2" || got.Seen != 9 {
		t.Errorf("got %+v", got)
	}
}

func TestOneCarHasOneFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", "粤B12345")) // not scanned: a file by its plate
	h.write(h.bay, "j2", opened("A-2", ""))        // no plate: nothing yet
	h.write(h.bay, "j2", scanned("s2", vin1)...)   // a file by its VIN
	_, _, err := h.intake.take(t.Context(), h.bytes(h.bay, 0, 1<<20))
	h.must(err)
	before := h.size(h.bay)
	h.write(h.bay, "j1", scanned("s1", vin1)...) // it is one car
	h.write(h.bay, "j3", opened("A-3", "粤B-12345"))
	_, _, err = h.intake.take(t.Context(), h.bytes(h.bay, before, 1<<20))
	h.must(err)
	cars, err := h.store.Vehicles(t.Context(), 10)
	h.must(err)
	if len(cars) != 1 || cars[0].VIN != vin1 || cars[0].Jobs != 3 || cars[0].Scans != 2 {
		t.Errorf("vehicles %+v", cars)
	}
}
