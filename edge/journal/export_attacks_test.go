package journal

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"pitlane/edge/tlog"
)

// Rerecord changes a stored record and writes it anew with a right length and
// checksum, as who knows the format would.
func Rerecord(b []byte, change func(leaf *[]byte, hashes *[]Hash, work, contact **tlog.Sealed)) ([]byte, error) {
	r, err := decodeRecord(slices.Clone(b))
	if err != nil {
		return nil, err
	}
	change(&r.leaf, &r.hashes, &r.sealedWork, &r.sealedContact)
	return r.encode(), nil
}

// Recode writes an entry's leaf from its fields.
func Recode(e *Entry) (err error) {
	if e.Leaf, err = tlog.EncodeLeaf(e); err == nil {
		e.Hash = tlog.LeafHash(e.Leaf)
	}
	return err
}

// Forge makes a node's folder that holds just these entries as one log, numbered,
// sealed and signed anew: what somebody with the node's keys can do.
func Forge(o Options, origin string, entries []Entry) error {
	path := filepath.Join(o.Dir, "segments", "000001.db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := writeIdentity(o.Dir, identity{Format: identityFormat, Node: o.Node, Epoch: strings.TrimPrefix(origin, o.Node+"/")}); err != nil {
		return err
	}
	if err := createSegment(path, segmentSealed, 1, 1, nil, map[string]*head{}); err != nil {
		return err
	}
	db, err := openSegment(path, false)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // a test's
	return db.Update(func(tx *bbolt.Tx) error { return forge(tx, o, origin, entries) })
}

func forge(tx *bbolt.Tx, o Options, origin string, entries []Entry) error {
	h := new(head)
	sign := func(bucket bool) error {
		b, err := SignAs(tlog.Checkpoint{Origin: origin, Size: h.Size, Root: h.Root()}, o.Key)
		h.Checkpoint, h.CheckpointSize = string(b), h.Size
		if err == nil && bucket {
			err = putIn(tx, bucketCheckpoints, origin, h.Size, b)
		}
		return err
	}
	for i := range entries {
		e := entries[i]
		e.Origin, e.Seq, e.SealedWork, e.SealedContact = origin, uint64(i), nil, nil
		for _, p := range e.Parts() {
			if *p.Open != nil {
				*map[tlog.Class]*Hash{tlog.Work: &e.WorkCommit, tlog.Contact: &e.ContactCommit}[p.Place.Class] = (*p.Open).Commit()
			}
		}
		if err := Recode(&e); err != nil {
			return err
		}
		if err := tlog.SealEntry(o.Keys, &e, false); err != nil {
			return err
		}
		r := record{hashes: h.Add(e.Hash), leaf: e.Leaf, sealedWork: e.SealedWork, sealedContact: e.SealedContact}
		if err := putIn(tx, bucketLeaves, origin, e.Seq, r.encode()); err != nil {
			return err
		}
		if h.Size%keptCheckpoints == 0 {
			if err := sign(true); err != nil {
				return err
			}
		}
	}
	if err := sign(false); err != nil {
		return err
	}
	return putHead(tx, origin, h)
}

// SignAs signs a checkpoint with any key under the name of the origin's node.
func SignAs(c tlog.Checkpoint, key ed25519.PrivateKey) ([]byte, error) {
	return tlog.SignCheckpoint(c, tlog.NewSigner(tlog.NodeOf(c.Origin), key))
}
