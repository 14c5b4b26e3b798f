package job_test

import (
	"slices"
	"testing"

	"pitlane/edge/job"
)

func TestContradictionsStayVisible(t *testing.T) {
	type told = func(*story, int) *story
	raised := func() *story { return inRepair().tell(bay1, job.ExtraRaised{Extra: "x1", Text: "pads"}) }
	asked := func() *story { return raised().tell(reception, job.ExtraOffered{Extra: "x1", Price: 1, Promised: 2}) }
	both := func(a, b job.Payload) told {
		return func(s *story, n int) *story { return s.apart(n, reception, a).apart(n, central, b) }
	}
	later := func(a, b job.Payload) told {
		return func(s *story, _ int) *story { return s.tell(reception, a).tell(central, b) }
	}
	resolved := func(a, b, c job.Payload) told {
		return func(s *story, n int) *story {
			return s.apart(n, reception, a).apart(n, central, b).tell(reception, c)
		}
	}
	one, two := job.BayAssigned{Bay: "1", Lead: "te1"}, job.BayAssigned{Bay: "2", Lead: "te2"}
	yes, no := job.ExtraApproved{Extra: "x1"}, job.ExtraDeclined{Extra: "x1", Told: "te1"}
	other := offered()
	other.TextHash = "other"
	bill := job.BillStated{Lines: offered().Lines, Total: 39900}
	for name, c := range map[string]struct {
		from func() *story
		told told
		want []string
	}{
		"sent to two bays at once":            {checkedIn, both(one, two), []string{job.TwoBays}},
		"sent to one bay by two":              {checkedIn, both(one, one), nil},
		"sent elsewhere after all":            {checkedIn, later(one, two), nil},
		"who knows both decides":              {checkedIn, resolved(one, two, one), nil},
		"sent away while it is received":      {func() *story { return checkedIn().tell(reception, one) }, both(two, job.CarReceived{Bay: "1"}), []string{job.TwoBays}},
		"yes and no at once":                  {asked, both(yes, no), []string{job.ExtraAnsweredTwice}},
		"yes twice":                           {asked, both(yes, yes), nil},
		"no, and then yes after all":          {asked, later(no, yes), nil},
		"asked again after yes and no":        {asked, resolved(yes, no, yes), nil},
		"two prices at once":                  {raised, both(job.ExtraOffered{Extra: "x1", Price: 1}, job.ExtraOffered{Extra: "x1", Price: 2}), []string{job.ExtraOfferedTwice}},
		"signed and declined at once":         {func() *story { return newStory().tell(reception, opened(), offered()) }, both(job.Signed{TextHash: textHash}, job.Declined{}), []string{job.OrderAnsweredTwice}},
		"two orders at once":                  {func() *story { return newStory().tell(reception, opened()) }, both(offered(), other), []string{job.TwoOrders}},
		"passed and failed at once":           {inspected, both(job.InspectionPassed{}, job.InspectionFailed{}), []string{job.InspectedTwice}},
		"paid twice at once":                  {inspected, both(job.BillSettled{Paid: 5}, job.BillSettled{Paid: 5}), []string{job.SettledTwice}},
		"paid twice, one after the other":     {inspected, later(job.BillSettled{Paid: 5}, job.BillSettled{Paid: 5}), []string{job.SettledTwice}},
		"two bills at once":                   {inspected, both(bill, job.BillStated{}), []string{job.TwoBills}},
		"a line that nobody signed":           {inspected, later(job.Merged{}, job.BillStated{Lines: []job.Line{{ID: "l9", Price: 5}}, Total: 5}), []string{job.BillUnsigned}},
		"a signed line at another price":      {inspected, later(job.Merged{}, job.BillStated{Lines: []job.Line{{ID: "l1", Price: 5}}, Total: 5}), []string{job.BillUnsigned}},
		"a signed line twice":                 {inspected, later(job.Merged{}, job.BillStated{Lines: []job.Line{offered().Lines[0], offered().Lines[0]}, Total: 19800}), []string{job.BillUnsigned}},
		"opened twice":                        {checkedIn, both(opened(), job.Opened{Ticket: "B1"}), []string{job.OpenedTwice}},
		"opened twice alike":                  {checkedIn, both(opened(), opened()), nil},
		"the contradiction knows its history": {inRepair, both(job.WorkPaused{Reason: "tea"}, job.WorkResumed{}), nil},
	} {
		s := c.from()
		got := c.told(s, len(s.events)).state().Conflicts
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
