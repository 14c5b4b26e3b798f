// Package vault keeps the keys under which payloads are sealed, and destroys them
// when a person's data is to be erased.
//
// It promises: a key is on disk, wrapped, before anything is sealed under it; a box
// opens in its own place only; a key is given to nodes that are entitled to it and
// travels wrapped to a key that lives in memory alone; what was erased cannot be
// opened any more with anything that is on this disk, and no copy of an erased key
// is ever taken in again, whoever offers it. An order to erase, and what is needed to
// erase in time, outlive the log that they came from.
//
// It does not protect a stolen box that holds its own keys, and a full copy of a
// node's disk, key folder included, from before an erasure still has the key.
package vault
