// Package obd turns the talk of ELM327 and STN adapters into trouble codes,
// readings and readiness, per ECU.
//
// It promises: only the prompt ends a response; nothing is called empty, absent
// or healthy unless every ECU said so; a half message is an error; what is not
// known has a State of its own.
//
// It does not know jobs, and it opens no port itself (it is handed a
// devices.Opener).
package obd
