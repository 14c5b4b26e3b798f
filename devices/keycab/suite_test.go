package keycab_test

import (
	"testing"

	"pitlane/devices"
	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
	"pitlane/devices/sim"
)

// answers waits until the practice board is up: the suite counts goroutines.
func (r *rig) answers() {
	r.t.Helper()
	port, err := serialport.Opener(serialport.Config{Path: r.line.Path(), Baud: 19200, ReadTimeout: patience})(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := port.Write([]byte{0x02, 0x00, 0x30, 0x03, 0x35}); err != nil {
		r.t.Fatal(err)
	}
	if n, err := port.Read(make([]byte, 16)); n == 0 || err != nil {
		r.t.Fatalf("the practice board does not answer: %d bytes, %v", n, err)
	}
	if err := port.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func TestTheCabinetPassesTheSuiteOfAllDrivers(t *testing.T) {
	t.Parallel()
	devicetest.Run(t, func(t *testing.T) devicetest.Setup {
		r := wire(t, sim.BoardConfig{HookClosed: 1}, keycab.Options{HookClosed: closedIs(1)})
		r.answers()
		return devicetest.Setup{
			Device: r.cab,
			Unplug: r.line.Unplug,
			Replug: r.line.Replug,
			Noise: func(b []byte) error {
				_, err := r.line.Write(b)
				return err
			},
			Whole: func(x devices.Reading) bool {
				s, ok := x.Value.(keycab.Snapshot)
				return ok && s.Online
			},
			Lost: func(x devices.Reading) bool {
				s, ok := x.Value.(keycab.Snapshot)
				return ok && !s.Online
			},
			Harmless: func(x devices.Reading) bool {
				_, ok := x.Value.(keycab.Warning)
				return ok
			},
		}
	})
}
