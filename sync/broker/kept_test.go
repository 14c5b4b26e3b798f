package broker_test

import (
	"encoding/binary"
	"sync"
	"testing"
)

// Fails under the race detector when the server looks for what it kept while it
// keeps something.
func TestSubscribingBesideARetainedPublicationIsSafe(t *testing.T) {
	t.Parallel()
	b := start(t)
	writer, reader := dial(t, b), dial(t, b)
	writer.login("demo-bay-1")
	reader.login("demo-bay-2")
	const rounds = 200
	var both sync.WaitGroup
	both.Go(func() {
		for i := range rounds {
			kept := []byte("kept")
			if i%2 == 1 {
				kept = nil // no longer
			}
			id := binary.BigEndian.AppendUint16(nil, uint16(i+1))
			_, err := writer.Write(packet(0x33, str("pitlane/v1/demo-bay-1/up/have"), id, kept))
			if err == nil {
				_, _, err = writer.next() // PUBACK
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	both.Go(func() {
		for i := range rounds {
			id := binary.BigEndian.AppendUint16(nil, uint16(i+1))
			_, err := reader.Write(packet(0x82, id, str("pitlane/v1/+/up/#"), []byte{0}))
			for head := byte(0); head != 0x90 && err == nil; { // SUBACK
				head, _, err = reader.next()
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	both.Wait()
	// Both are let go: each may do what the other did.
	writer.send(packet(0x82, []byte{1, 0}, str("pitlane/v1/+/up/#"), []byte{0}))
	reader.send(packet(0x33, str("pitlane/v1/demo-bay-2/up/have"), []byte{1, 0}, []byte("kept")))
	for head := byte(0); head != 0x40; { // PUBACK
		head, _ = reader.read()
	}
}
