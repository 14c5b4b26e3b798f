package board

import (
	"time"

	"pitlane/edge/job"
)

// DeskTimer is a limit of the shop that has come, and whose matter is not done yet.
type DeskTimer struct {
	Timer   string     `json:"timer"`              // a word of job's list
	Since   *time.Time `json:"since"`              // when it was due; null where only the second limit was seen
	Overdue *time.Time `json:"overdue,omitempty"`  // when its second limit passed too
	AtLeast bool       `json:"at_least,omitempty"` // more time may have passed: the computer was off, and its clock cannot say how long
	Text    string     `json:"text,omitempty"`     // of the extra item it is about
}

// deskTimers are the limits that call the desk.
func deskTimers(s job.State) []DeskTimer {
	list := []DeskTimer{}
	for _, f := range job.Standing(s) {
		t := DeskTimer{Timer: f.Timer, Since: moments(f.DueMS), Overdue: moments(f.OverdueMS), AtLeast: f.AtLeast}
		for _, x := range s.Extras {
			if x.ID == f.N {
				t.Text = x.Text
			}
		}
		list = append(list, t)
	}
	return list
}

func erasedOf(s job.State) string {
	switch {
	case s.Erased:
		return "all"
	case s.ContactErased:
		return "contact"
	}
	return ""
}
