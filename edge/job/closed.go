package job

import "time"

// ClosedFor says whether a visit has been over for at least keep. Its age counts from
// the newest of its events; with one that nothing dates it has none. events are Bound
// and need no payloads. With begun the visit may lack its first events, which were
// dropped when it was over already.
func ClosedFor(events []Event, now time.Time, keep time.Duration, begun bool) bool {
	over, opened := false, false
	for _, e := range events {
		switch e.Kind {
		case CarHandedBack{}.Kind(), Declined{}.Kind(), SubjectErased{}.Kind():
			over = true
		case Opened{}.Kind():
			opened = true
		}
	}
	over = over || begun && !opened
	newest, known := newestOf(events, func(Event) bool { return true })
	return over && known && now.Sub(time.UnixMilli(newest)) >= keep
}
