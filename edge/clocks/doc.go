// Package clocks says when something happened, as far as the clocks of the shop's
// computers can be believed.
//
// A computer's time since it was started (boottime) counts evenly; its wall clock may
// stand in 1970, run days fast or be set in the middle. So a wall clock that was
// synchronised once, at some boottime, dates everything of that boot, backwards too.
//
// It promises: what it calls sure is right to the drift between two such moments;
// what no such moment dates is given as an interval and never called sure.
//
// It decides nothing: order and state come from sequence numbers and parents.
package clocks
