// Package hub serves the screens of an edge: pages, their assets, their live state
// and the calls that people make on them; and to customers their receipts, with the
// page that checks them.
//
// It promises: a page carries its first state, so that it shows something before
// any script runs, and the waiting room works with none; a screen gets what
// edge/board made for its audience and nothing else; an edge without built screens
// says so instead of failing.
//
// It decides nothing and writes nothing: actions are handed in.
package hub
