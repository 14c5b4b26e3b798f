// Package redo keeps what the newest transactions changed in a bbolt file, on disk
// with one sync each, until that file is synced itself.
//
// A bbolt commit that may be believed needs two syncs, one after the other: its pages,
// then the meta page that names them. Here a transaction goes into the file without
// any, and its rows go into this log with one. After a power cut the file holds any
// part of what was written to it; the log then says from which state the rows lead on.
//
//	0     "pl-redo/v1\n" and zeros, 16 bytes
//	16    generation, 16 random bytes
//	32    number of the file, 4 bytes; 0: nothing is to be done again
//	36    length of the base, 4 bytes
//	40    CRC-32C of bytes 0 to 39 and the base
//	64    base: the meta pages of the file as they were when it was last synced
//	…     from the next multiple of 4096 on, frames:
//	      length, index and CRC-32C of generation, index and rows (4 bytes each), rows
//
// Numbers are big endian. What keeps a base true is its user's part: from the header's
// sync on no page that the base's tree uses may be written, until the next header. A
// read transaction that began at the base does that (bbolt frees nothing that an open
// transaction can see), and only the two meta pages, which bbolt writes by turns, are
// put back from here.
//
// It promises: a frame whose Append has returned is read back whole after any crash or
// power cut; one that is torn, older than the header, or of another file is never read;
// the log needs no room on the disk while it is appended to.
//
// It does not: know what a row means, write the rows into the file again (edge/journal
// does), or prove anything: what is read back is checked like the file itself.
package redo
