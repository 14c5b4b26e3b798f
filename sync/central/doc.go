// Package central is head office: one more replica of every log of a shop, kept in
// SQL beside what follows from it, and the office's screens.
//
// It promises: nothing is kept that does not verify; a segment, the mark of its
// origin and all that follows from it are one transaction, so that each entry
// counts exactly once; a shop hears that head office has something only after that
// transaction is on disk; what contradicts what is held is never written over it. It
// cosigns what it holds, and blanks what is erased with the transaction that takes the
// order in.
//
// It gives no orders to edges, and it is never needed for a shop to work.
package central
