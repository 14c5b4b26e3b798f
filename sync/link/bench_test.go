package link_test

import (
	"crypto/rand"
	"testing"

	"pitlane/edge/journal"
	"pitlane/housetest"
)

// BenchmarkEventToPeer is the time from the call of Append on one node until
// another has the entry on its disk, through a broker on this machine.
func BenchmarkEventToPeer(b *testing.B) {
	br, _ := listen(b, "127.0.0.1:0")
	s := newShop(b, "demo-bay-1", "demo-reception")
	one, two := s.journal("demo-bay-1"), s.journal("demo-reception")
	s.carry(br.URL(), one)
	s.carry(br.URL(), two)
	housetest.Until(b, "both are connected", func() bool { return held(two, one.Origin()) == held(one, one.Origin()) })
	wake, stop := two.Wake()
	defer stop()
	for b.Loop() {
		d := journal.Draft{Kind: "work.started", Job: "j1", Work: []byte(`{"bay":"1","by":"t1"}`)}
		_, _ = rand.Read(d.Request[:]) // crypto/rand does not fail
		e, err := one.Append(b.Context(), d)
		if err != nil {
			b.Fatal(err)
		}
		for held(two, one.Origin()) <= e[0].Seq {
			<-wake
		}
	}
}
