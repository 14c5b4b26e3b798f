// Package keycab reads lock boards, input modules and tag readers: which hook
// holds which key. It learns a cabinet with a person's help (Commission).
//
// It promises: a slot is open, closed or unknown and its key present, absent or
// unknown; one frame never makes an event; after a break the whole state comes
// first, as a snapshot, never as invented edges; an unlock is said to be done only
// when the hook was seen open; which level means closed is never assumed.
//
// It does not know jobs, it decides nothing about who may take a key, and it sends
// no frame that opens a slot that was not asked for.
package keycab
