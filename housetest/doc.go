// Package housetest holds what tests of several rooms need and no room owns: the long
// form of a test, an address of one's own, waiting, golden files, a clock that ticks
// alike every time.
//
// It promises: it knows no room, so that the tests of every floor may use it; what
// does not work ends the test and says so.
//
// It is for tests alone: no other file of a room imports it, which TestFloors holds.
package housetest
