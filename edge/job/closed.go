package job

import "time"

// ClosedFor says whether a visit has been over for at least keep. Its age counts from
// the newest of its events, and only clocks that can be right count. events need no
// payloads. With begun the visit may lack its first events, which were dropped when it
// was over already.
func ClosedFor(events []Event, now time.Time, keep time.Duration, begun bool) bool {
	newest, over, opened := int64(0), false, false
	for _, e := range events {
		switch e.Kind {
		case CarHandedBack{}.Kind(), Declined{}.Kind(), SubjectErased{}.Kind():
			over = true
		case Opened{}.Kind():
			opened = true
		}
		if e.Quality > 0 {
			newest = max(newest, e.WallMS)
		}
	}
	over = over || begun && !opened
	return over && newest > 0 && now.Sub(time.UnixMilli(newest)) >= keep
}
