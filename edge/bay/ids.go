package bay

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"

	"pitlane/edge/journal"
)

// ids makes request ids and scan ids.
type ids struct {
	node string
	run  [16]byte // of this run of the process
	n    atomic.Uint64
}

func newIDs(node string) *ids {
	i := &ids{node: node}
	_, _ = rand.Read(i.run[:]) // never fails: it would end the process
	return i
}

// seen is the request id of one thing that a device did in this run: writing it
// again after an uncertain commit does not double it.
func (i *ids) seen() journal.RequestID {
	n := binary.BigEndian.AppendUint64(nil, i.n.Add(1))
	return requestOf("seen", i.node, string(i.run[:]), string(n))
}

// endOf is the request id of the ending of a scan or an unlock. All endings of one
// thing have the same id, so that the journal keeps one, whoever writes it: the
// run that began it or the one after a crash.
func endOf(what, id string) journal.RequestID { return requestOf("end", what, id) }

func requestOf(words ...string) journal.RequestID {
	h := sha256.New()
	h.Write([]byte("pitlane/edge/bay"))
	for _, w := range words {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(w))))
		h.Write([]byte(w))
	}
	return journal.RequestID(h.Sum(nil)[:16])
}

// clearID is the name of the clearing that a request asks for: the same request names
// the same one in every run.
func clearID(r journal.RequestID) string {
	id := requestOf("clear", hex.EncodeToString(r[:]))
	return hex.EncodeToString(id[:8])
}

// scanID is a new name for a scan.
func scanID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it would end the process
	return hex.EncodeToString(b[:])
}
