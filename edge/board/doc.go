// Package board is what is true now: the journal folded, and what each audience
// may see of it.
//
// It promises: a View is built per audience from the field × role matrix, deny by
// default, so that what a screen may not know is never in its bytes; every View
// says of each origin how old its news is; Wait never gives a delta before its
// snapshot. A board that begins with its own memory of before (Config.Memory) shows
// what one shows that has read everything.
//
// It writes nothing into the journal.
package board
