// Package link is the courier: it carries a node's new entries to the other nodes
// of its shop over one broker, takes theirs, and asks for what is missing. Keys of
// payloads, checkpoints and cosignatures go the same way.
//
// It promises: an entry is pushed once, right after its commit; what is missing is
// asked of one holder at a time; what arrives twice or does not verify changes
// nothing; no message, however made, ends the link; a broken connection is replaced
// until Run ends.
//
// It trusts no broker: what another node has on disk is what that node says it has.
// It stores nothing itself.
package link
