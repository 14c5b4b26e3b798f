// Package sim holds practice cars, practice key cabinets and tag readers that talk
// over real pseudo terminals, byte for byte, with their faults.
//
// It promises: what is behind a Line can be reached only through the serial port,
// as with the real thing; frames, bitmaps and checksums are computed, never
// copied; every fault can be switched while it runs; time and chance come from
// the configuration, so that a run can be repeated.
//
// It does not know any driver, it decides nothing a real device would not decide,
// and its cars and people are made up.
package sim
