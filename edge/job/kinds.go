package job

// Kind implements Payload.
func (Opened) Kind() string { return "job.opened" }

// Kind implements Payload.
func (Inspected) Kind() string { return "job.inspected" }

// Kind implements Payload.
func (Belongings) Kind() string { return "job.belongings" }

// Kind implements Payload.
func (Offered) Kind() string { return "order.offered" }

// Kind implements Payload.
func (Consented) Kind() string { return "job.consented" }

// Kind implements Payload.
func (Signed) Kind() string { return "order.signed" }

// Kind implements Payload.
func (Declined) Kind() string { return "order.declined" }

// Kind implements Payload.
func (HandedOver) Kind() string { return "job.handed_over" }

// Kind implements Payload.
func (UnlockIntended) Kind() string { return "slot.unlock_intended" }

// Kind implements Payload.
func (SlotOpened) Kind() string { return "slot.opened" }

// Kind implements Payload.
func (SlotClosed) Kind() string { return "slot.closed" }

// Kind implements Payload.
func (UnlockFailed) Kind() string { return "slot.unlock_failed" }

// Kind implements Payload.
func (OutcomeUnknown) Kind() string { return "slot.outcome_unknown" }

// Kind implements Payload.
func (KeyHung) Kind() string { return "key.hung" }

// Kind implements Payload.
func (KeyTaken) Kind() string { return "key.taken" }

// Kind implements Payload.
func (CabinetOnline) Kind() string { return "cabinet.online" }

// Kind implements Payload.
func (CabinetOffline) Kind() string { return "cabinet.offline" }

// Kind implements Payload.
func (Forced) Kind() string { return "cabinet.forced" }

// Kind implements Payload.
func (Flapping) Kind() string { return "cabinet.flapping" }

// Kind implements Payload.
func (BayAssigned) Kind() string { return "bay.assigned" }

// Kind implements Payload.
func (CarReceived) Kind() string { return "car.received" }

// Kind implements Payload.
func (ScanStarted) Kind() string { return "scan.started" }

// Kind implements Payload.
func (ScanPart) Kind() string { return "scan.part" }

// Kind implements Payload.
func (ScanCompleted) Kind() string { return "scan.completed" }

// Kind implements Payload.
func (ScanFailed) Kind() string { return "scan.failed" }

// Kind implements Payload.
func (CarMismatched) Kind() string { return "car.mismatched" }

// Kind implements Payload.
func (WorkStarted) Kind() string { return "work.started" }

// Kind implements Payload.
func (WorkPaused) Kind() string { return "work.paused" }

// Kind implements Payload.
func (WorkResumed) Kind() string { return "work.resumed" }

// Kind implements Payload.
func (WorkFinished) Kind() string { return "work.finished" }

// Kind implements Payload.
func (PartAwaited) Kind() string { return "part.awaited" }

// Kind implements Payload.
func (PartArrived) Kind() string { return "part.arrived" }

// Kind implements Payload.
func (ExtraRaised) Kind() string { return "extra.raised" }

// Kind implements Payload.
func (ExtraOffered) Kind() string { return "extra.offered" }

// Kind implements Payload.
func (ExtraApproved) Kind() string { return "extra.approved" }

// Kind implements Payload.
func (ExtraDeclined) Kind() string { return "extra.declined" }

// Kind implements Payload.
func (InspectionPassed) Kind() string { return "inspection.passed" }

// Kind implements Payload.
func (InspectionFailed) Kind() string { return "inspection.failed" }

// Kind implements Payload.
func (CarPrepared) Kind() string { return "car.prepared" }

// Kind implements Payload.
func (ReadyNotified) Kind() string { return "ready.notified" }

// Kind implements Payload.
func (BillStated) Kind() string { return "bill.stated" }

// Kind implements Payload.
func (BillSettled) Kind() string { return "bill.settled" }

// Kind implements Payload.
func (GatepassIssued) Kind() string { return "gatepass.issued" }

// Kind implements Payload.
func (HandbackSigned) Kind() string { return "handback.signed" }

// Kind implements Payload.
func (CarHandedBack) Kind() string { return "car.handed_back" }

// Kind implements Payload.
func (Rated) Kind() string { return "job.rated" }

// Kind implements Payload.
func (Merged) Kind() string { return "job.merged" }
