package job

// Apply is what is true after e, told after everything in s.
func Apply(s State, e Event) State { return s }

// Order is the one order in which a set of events is told.
func Order(events []Event) []Event { return events }

// Fold is what is true after all of the events, in whichever order they came.
func Fold(events []Event) State { return State{} }

// Tips are the hashes that no other of the events names as a parent or follows in
// its origin, sorted.
func Tips(events []Event) []Hash { return nil }
