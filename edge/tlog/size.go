package tlog

// Bytes is about what an entry takes in a segment.
func (e *Entry) Bytes() int {
	return len(e.Leaf) + int(e.PayloadBytes())
}

// PayloadBytes is about what an entry's payloads take.
func (e *Entry) PayloadBytes() int64 {
	n := int64(0)
	for _, s := range []*Sealed{e.SealedWork, e.SealedContact} {
		if s != nil {
			n += int64(len(s.Box)) + 18
		}
	}
	if e.SealedWork == nil {
		n += PayloadLen(e.Work)
	}
	if e.SealedContact == nil {
		n += PayloadLen(e.Contact)
	}
	return n
}

// PayloadLen is about what a payload takes, in clear or sealed; nil takes nothing.
func PayloadLen(o *Opening) int64 {
	if o == nil {
		return 0
	}
	return int64(len(o.Payload)) + 78 // salt, and what sealing adds
}
