// Package tlog says what a log is, in bytes and hashes: leaf, opening, tree,
// checkpoint, cosignature, roster, segment, proof.
//
// A leaf is an event's exact bytes; it commits to the payloads, whose openings (salt
// and payload, in clear or sealed) lie and travel beside it. The leaves of one origin
// (<shop>-<node>/<epoch>) are an RFC 6962 tree; its node signs the tree's size and
// root as a checkpoint (C2SP tlog-checkpoint), other nodes cosign it (C2SP
// tlog-cosignature), and the shop's signed roster says whose keys count. A segment is
// a run of entries with the checkpoint and the proof that leads to it.
//
// It promises: a leaf, a checkpoint and a roster have one form only, which what reads
// them rebuilds and compares; CheckSegment accepts nothing that the origin did not sign;
// what verifies here needs no file, no connection and no clock.
//
// It does not: touch a disk, read a clock, start a goroutine, keep state, or know what
// an event means. edge/journal keeps logs on disk, edge/vault keeps the keys,
// sync/wire carries segments, edge/receipt takes one entry's proof home; head office
// checks what comes to it with nothing else than this.
package tlog
