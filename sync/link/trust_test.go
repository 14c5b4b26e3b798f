package link

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

// A journal vouches for the time where the clock does not, but never so that a node
// whose clock was once far in the future is shut out for ever.
func TestTheLastAnchorMakesTheClockNoEarlier(t *testing.T) {
	now, anchor := time.Unix(42, 0), time.Time{}
	ends := time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
	l, err := New(Config{URL: "tls://demo-reception:8883", Node: "demo-bay-1", TLS: &tls.Config{
		Time: func() time.Time { return now }, Certificates: []tls.Certificate{{Leaf: &x509.Certificate{NotAfter: ends}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := l.anchored(func(node string) time.Time {
		if node != "demo-bay-1" {
			t.Errorf("the clock of %s is asked", node)
		}
		return anchor
	})
	at := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct{ now, anchor, want time.Time }{
		{at(1970), time.Time{}, at(1970)},
		{at(1970), at(2027), at(2027)},
		{at(2028), at(2027), at(2028)},
		{at(2028), at(2150), at(2028)},
	} {
		now, anchor = tt.now, tt.anchor
		if got := c.Time(); !got.Equal(tt.want) {
			t.Errorf("clock %d, anchor %d: judged by %d", tt.now.Year(), tt.anchor.Year(), got.Year())
		}
	}
}
