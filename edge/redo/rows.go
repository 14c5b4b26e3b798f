package redo

import (
	"encoding/binary"
	"errors"
)

// Row is one change: a key of a bucket within a bucket, or of a bucket itself where
// Inner is empty.
type Row struct {
	Bucket, Inner string
	Key, Value    []byte
	Delete        bool // Value is empty
}

// errRows are rows that this package has not written.
var errRows = errors.New("the rows of a redo frame cannot be read")

const (
	opPut    = 1
	opDelete = 2
)

// AppendRow appends a row to the rows of a frame: operation (1 put, 2 delete), then
// bucket, inner bucket, key and value, each after its length as a uvarint.
func AppendRow(rows []byte, r Row) []byte {
	op := byte(opPut)
	if r.Delete {
		op = opDelete
	}
	rows = append(rows, op)
	rows = append(binary.AppendUvarint(rows, uint64(len(r.Bucket))), r.Bucket...)
	rows = append(binary.AppendUvarint(rows, uint64(len(r.Inner))), r.Inner...)
	rows = append(binary.AppendUvarint(rows, uint64(len(r.Key))), r.Key...)
	return append(binary.AppendUvarint(rows, uint64(len(r.Value))), r.Value...)
}

// Rows gives the rows of a frame one by one. Keys and values point into the frame.
func Rows(frame []byte, each func(Row) error) error {
	var last Row // its names are made once: most rows are of one bucket
	for len(frame) > 0 {
		op := frame[0]
		if op != opPut && op != opDelete {
			return errRows
		}
		parts := [4][]byte{}
		frame = frame[1:]
		for i := range parts {
			n, width := binary.Uvarint(frame)
			if width <= 0 || n > uint64(len(frame)-width) {
				return errRows
			}
			parts[i], frame = frame[width:width+int(n):width+int(n)], frame[width+int(n):]
		}
		if op == opDelete && len(parts[3]) > 0 {
			return errRows
		}
		if string(parts[0]) != last.Bucket {
			last.Bucket = string(parts[0])
		}
		if string(parts[1]) != last.Inner {
			last.Inner = string(parts[1])
		}
		last.Key, last.Value, last.Delete = parts[2], parts[3], op == opDelete
		if err := each(last); err != nil {
			return err
		}
	}
	return nil
}
