package obd

import "testing"

func TestAUnitAskedByItsAddressIsKnownWithoutHeaders(t *testing.T) {
	for _, c := range []struct{ header, maker, want string }{
		{"7E0", "", "7E8"}, {"7e7", "ford", "7EF"}, {"18DA10F1", "", "18DAF110"}, {"18 DA 28 F1", "", "18DAF128"},
		{"745", "renault", "765"}, {"745", "ford", ""}, {"7DF", "", ""}, {"7DF", "renault", ""}, {"", "", ""}, {"zz", "", ""},
	} {
		if got := answers(c.header, c.maker); got != c.want {
			t.Errorf("asked at %q of %q: got %q, want %q", c.header, c.maker, got, c.want)
		}
	}
}
