package job

import "strings"

// Who does what an event tells, where its payload names nobody.
const (
	ByCustomer = "customer" // at the kiosk, or with his hand on the key
	ByDevice   = "device"   // seen or answered by scanner or cabinet
	ByPerson   = "person"   // of the shop; the payload says who, where it was asked
	ByProgram  = "program"  // the edge itself: what is composed, sealed, due
)

// Actor is who does what an event of this kind tells: a word of the list above, ""
// for a kind that is not known here.
func Actor(kind string) string {
	for _, g := range actors() {
		for k := range strings.FieldsSeq(g.kinds) {
			if k == kind {
				return g.who
			}
		}
	}
	return ""
}

func actors() []struct{ who, kinds string } {
	return []struct{ who, kinds string }{
		{ByCustomer, "job.opened job.inspected job.belongings job.consented job.handed_over job.rated order.signed order.declined " +
			"handback.signed pickup.refused"},
		{ByDevice, "slot.opened slot.closed slot.unlock_failed slot.outcome_unknown key.hung key.taken cabinet.online cabinet.offline " +
			"cabinet.forced cabinet.flapping tag.bound alarm.raised alarm.cleared warning.raised warning.cleared " +
			"scan.part scan.completed scan.failed scan.recorded car.mismatched codes.cleared codes.clear_failed codes.clear_unknown"},
		{ByPerson, "slot.unlock_intended slot.wished bay.assigned car.received scan.started codes.clear_intended car.mismatch_decided " +
			"work.started work.paused work.resumed work.finished part.awaited part.arrived extra.raised extra.offered extra.approved extra.declined " +
			"inspection.passed inspection.failed car.prepared ready.notified bill.stated bill.settled gatepass.issued " +
			"alarm.acknowledged cabinet.commissioned subject.erased subject.contact_erased"},
		{ByProgram, "wish.refused order.offered car.handed_back pickup.bound job.sealed job.amended job.merged timer.due timer.overdue"},
	}
}
