// Package obd turns the talk of ELM327 and STN adapters into trouble codes,
// readings and readiness, per ECU; on a person's wish it clears codes, tells live
// values, and keeps the exact bytes of what was said (Session, Replay).
//
// It promises: only the prompt ends a response; nothing is called empty, absent
// or healthy unless every ECU said so; a half message is an error; what is not
// known has a State of its own. The request to clear leaves at most once for an
// order, and "cleared" is said of what was read again. A line that was made faster
// is put back.
//
// It does not know jobs, and it opens no port itself (it is handed a
// devices.Opener).
package obd
