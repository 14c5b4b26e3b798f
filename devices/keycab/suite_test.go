package keycab_test

import (
	"testing"

	"pitlane/devices/devicetest"
	"pitlane/devices/keycab"
	"pitlane/devices/serialport"
)

// answersTo waits until the practice board is up: the suite counts goroutines.
func (r *rig) answersTo(request []byte) {
	r.t.Helper()
	port, err := serialport.Opener(serialport.Config{Path: r.path, Baud: keycab.Baud(""), ReadTimeout: patience})(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := port.Write(request); err != nil {
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
	devicetest.Run(t, func(t *testing.T) devicetest.Setup { return setup(t, makes()[0]) })
}
