package wire_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

func sealedSample() tlog.Segment {
	s := sample()
	for i := range s.Entries {
		e := &s.Entries[i]
		e.Work, e.Contact = nil, nil
		if i != 1 {
			e.SealedWork = &tlog.Sealed{Key: tlog.KeyID{byte(i), 0xfe}, Box: []byte("a box of work\nwith a line end")}
		}
		if i == 2 {
			e.SealedContact = &tlog.Sealed{Key: tlog.KeyID{9}, Box: []byte{}}
		}
	}
	return s
}

// The sealed segment's format is final: the golden file is what version 2 nodes send.
func TestSealedSegmentFormatIsFinal(t *testing.T) {
	c := codec(t)
	b, err := c.Encode(sealedSample())
	if err != nil {
		t.Fatal(err)
	}
	text, err := inflate(b)
	if err != nil {
		t.Fatal(err)
	}
	housetest.Golden(t, *update, "segment-v2.txt", text)
	housetest.Golden(t, *update, "segment-v2.zst", b)
	old, err := os.ReadFile(filepath.Join("testdata", "segment-v2.zst"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Decode(old); err != nil || !reflect.DeepEqual(got, sealedSample()) {
		t.Errorf("the golden segment is read as %+v, %v", got, err)
	}
}

func TestASegmentHoldsNothingInClearBesideBoxes(t *testing.T) {
	c := codec(t)
	s := sealedSample()
	s.Entries[1].Work = &tlog.Opening{Payload: []byte(`{}`)}
	if _, err := c.Encode(s); err == nil {
		t.Error("written")
	}
}

// TestTheLargestSealedEntryFits: boxes do not get smaller by packing.
func TestTheLargestSealedEntryFits(t *testing.T) {
	c := codec(t)
	s := sealedSample()
	s.Entries = s.Entries[:1]
	for _, b := range []**tlog.Sealed{&s.Entries[0].SealedWork, &s.Entries[0].SealedContact} {
		*b = &tlog.Sealed{Box: make([]byte, tlog.MaxBox)}
		_, _ = rand.Read((*b).Box) // crypto/rand does not fail
	}
	proof := make([]tlog.Hash, 60)
	for i := range proof {
		_, _ = rand.Read(proof[i][:])
	}
	s.Proof = proof
	b, err := c.Encode(s)
	if err != nil {
		t.Fatalf("it does not fit: %v", err)
	}
	if got, err := c.Decode(b); err != nil || !bytes.Equal(got.Entries[0].SealedWork.Box, s.Entries[0].SealedWork.Box) {
		t.Errorf("it does not come back: %v", err)
	}
}

func FuzzSealedSegment(f *testing.F) {
	c := codec(f)
	b, err := c.Encode(sealedSample())
	if err != nil {
		f.Fatal(err)
	}
	text, err := inflate(b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := c.Decode(deflate(t, b))
		if err != nil {
			return
		}
		for _, e := range s.Entries {
			if (e.Work != nil || e.Contact != nil) && (e.SealedWork != nil || e.SealedContact != nil) {
				t.Error("clear and sealed in one entry")
			}
		}
	})
}

func FuzzKeyMessages(f *testing.F) {
	for _, m := range []interface{ Encode() ([]byte, error) }{
		wire.Receiver{Key: []byte("k"), Sig: []byte("s")},
		wire.KeyAsk{Receiver: wire.Receiver{Key: []byte("k"), Sig: []byte("s")}, IDs: []tlog.KeyID{{1}}},
		wire.Parcel{Box: []byte("b"), Sig: []byte("s")}, wire.Parcel{},
	} {
		b, err := m.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		same := func(again []byte, err error) {
			if err != nil || !bytes.Equal(again, b) {
				t.Errorf("what was read is written otherwise: %v", err)
			}
		}
		if r, err := wire.DecodeReceiver(b); err == nil {
			same(r.Encode())
		}
		if k, err := wire.DecodeKeyAsk(b); err == nil {
			same(k.Encode())
		}
		if p, err := wire.DecodeParcel(b); err == nil {
			same(p.Encode())
		}
	})
}
