// Package job is the shop's words: what can happen to a visit and what is then
// true.
//
// It promises: Apply is total and pure, Fold gives the same State for any order
// in which the same events arrive, and no function here reads a clock, a disk or
// a network.
//
// It does not store, send or show anything, and it decides nothing about who may
// see what (edge/board does).
package job
