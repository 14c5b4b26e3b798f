// Package journal is the notebook: events numbered, hashed and signed, on disk
// before anyone hears of them.
//
// It promises: Append returns only after the commit with fsync; the bytes of a
// leaf are stored, hashed and sent as they were written, never serialised again;
// every commit carries a signed checkpoint of its origin; a repeat of a request id
// returns the first entry.
//
// It keeps kind and bytes and does not know what they mean: an old edge stores
// and forwards kinds that it does not know.
package journal
