// Package timers fires the limits of the shop (requirements, section 3): somebody has
// to be called, a check is due, a promise comes near.
//
// It promises: a timer belongs to the node that wrote the event which began it, and
// fires once, also across restarts and power cuts, each firing an event with its
// cause. It runs on the time since the computer was started, across restarts on what
// its clocks can vouch for, and where they cannot on the time for which it is known
// to have run: then it says "at least".
//
// It keeps nothing of its own: what has begun and what has fired is in the journal.
package timers
