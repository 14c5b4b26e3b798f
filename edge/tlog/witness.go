package tlog

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Witnessed is a checkpoint with those who have cosigned it.
type Witnessed struct {
	Checkpoint
	Witness map[string]time.Time // node → what its clock said; zero where it gave no time
}

// CheckCosigned verifies a cosigned checkpoint: the origin's signature, and of the
// cosignatures those that verify; others are dropped.
func (r *Roster) CheckCosigned(signed []byte) (Witnessed, error) {
	text, lines, err := NoteLines(signed)
	if err != nil {
		return Witnessed{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	cp, err := ParseCheckpoint(text)
	if err != nil {
		return Witnessed{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if _, err := r.CheckCheckpoint(cp.Origin, signed); err != nil {
		return Witnessed{}, err
	}
	out := Witnessed{cp, map[string]time.Time{}}
	for _, l := range lines[1:] {
		node, ok := r.Node(l[0])
		raw, err := base64.StdEncoding.DecodeString(l[1])
		if !ok || err != nil || len(raw) < 12 {
			continue
		}
		w := witness{node.Name, node.Key}
		if binary.BigEndian.Uint32(raw) != w.KeyHash() || !w.Verify([]byte(text), raw[4:]) {
			continue
		}
		at := time.Time{}
		if sec := binary.BigEndian.Uint64(raw[4:]); sec > 0 {
			at = time.Unix(int64(sec), 0)
		}
		out.Witness[l[0]] = at
	}
	return out, nil
}

// Cosignatures are, of a note's signature lines after the first, those of nodes on the
// roster that verify; others are dropped.
func (r *Roster) Cosignatures(text string, lines [][2]string) (map[string]string, error) {
	good := map[string]string{}
	for _, l := range lines[1:] {
		node, ok := r.Node(l[0])
		raw, err := base64.StdEncoding.DecodeString(l[1])
		if !ok || err != nil || len(raw) < 5 {
			continue
		}
		w := witness{node.Name, node.Key}
		if binary.BigEndian.Uint32(raw) == w.KeyHash() && w.Verify([]byte(text), raw[4:]) {
			good[l[0]] = base64.StdEncoding.EncodeToString(raw)
		}
	}
	return good, nil
}

// AllSigned finds a cosignature of a node of the shop that does not verify: such a
// one is never kept.
func (r *Roster) AllSigned(signed []byte, cp Witnessed) error {
	_, lines, err := NoteLines(signed)
	if err != nil {
		return err
	}
	for _, l := range lines[1:] {
		_, known := r.Node(l[0])
		if _, good := cp.Witness[l[0]]; known && !good {
			return fmt.Errorf("the cosignature of %s was changed", l[0])
		}
	}
	return nil
}
