// Package journal is the notebook: events numbered, hashed and signed, on disk
// before anyone hears of them. What a log is, in bytes and hashes, edge/tlog says; this
// room has the disk.
//
// It promises: Append returns only after the commit is synced, in the segment file or
// in the redo log ahead of it (edge/redo); the bytes of a leaf are stored, hashed and
// sent as they were written, never serialised again, and given to nobody once they
// have changed on the disk;
// every commit carries a signed checkpoint of its origin; a repeat of a request id
// returns the first entry.
//
// Beside its own log it keeps those of the shop's other nodes. Adopt takes only what
// the roster, the signature and the tree prove, and of an origin with two histories it
// keeps the evidence. It cosigns the logs that it holds (Cosign) and keeps who has
// cosigned (TakeCosigned), so that a log that was cut back shows.
//
// With Options.Keys, payloads are sealed before they are written; what the keys do not
// open stays shut and the log stays proven. Trim drops whole segment files and keeps
// the tree above them, so that proofs and new replicas go on.
//
// What is damaged does not keep it shut: what checks out is taken over, the damaged
// file stays aside as *.quarantine, and where the own log lost something, the node
// writes a new one (an epoch) and says so (Mended). A disk that is an older copy gives
// way to what the others hold, and writes again what only it had. Salvage reads a
// file that is beyond that.
//
// It keeps kind and bytes and does not know what they mean: an old edge stores
// and forwards kinds that it does not know. It deletes no single entry, changes none,
// and opens no connection.
package journal
