// Package devicetest holds the suite that every driver passes, and ports for
// tests: one in memory, one that records, one that plays a recording.
//
// It promises: a driver that passes Run ends with its context, leaves no goroutine,
// comes back after an unplugging with its whole state first, and lives through
// noise; a playback that was not followed to its end says so.
//
// It does not know any driver and any simulator; a test hands both to it.
package devicetest
