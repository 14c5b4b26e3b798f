package obd

import "bytes"

// splitPIDs cuts an answer to several PIDs into one part a PID, its number first. A
// value of unknown width cannot be cut off; where the widths leave more than one way
// to cut, or none, nothing is read. Behind an answer whose length the bus did not say
// padding may follow.
func splitPIDs(data, asked []byte, exact bool) ([][]byte, bool) {
	s := splitter{exact: exact}
	s.cut(data, bytes.Clone(asked), nil)
	return s.found, s.ways == 1
}

// splitter counts the ways to cut an answer.
type splitter struct {
	exact bool
	ways  int
	found [][]byte
}

func (s *splitter) cut(rest, asked []byte, parts [][]byte) {
	if s.ways > 1 {
		return
	}
	if len(rest) == 0 || !contains(asked, rest[0]) {
		if len(parts) > 0 && (len(rest) == 0 || !s.exact) {
			s.ways++
			s.found = append([][]byte(nil), parts...)
		}
		return
	}
	spec := pidTable()[rest[0]]
	if spec.width == 0 {
		return
	}
	left := bytes.ReplaceAll(asked, rest[:1], nil)
	for n := spec.least; n <= spec.width && n < len(rest); n++ {
		s.cut(rest[1+n:], left, append(parts[:len(parts):len(parts)], rest[:1+n]))
	}
}
