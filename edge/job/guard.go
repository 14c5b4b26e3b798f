package job

// Reason says why something may not be done now, as a word of a closed list; ""
// means that it may.
type Reason string

// The reasons.
const (
	Free          Reason = ""              // it may be done
	Unknown       Reason = "unknown_job"   // nobody has opened the job
	Closed        Reason = "closed"        // the visit is over
	WasDeclined   Reason = "declined"      // the customer said no to the order
	NoConsent     Reason = "no_consent"    // K-060, K-094
	NoOrder       Reason = "no_order"      // no order is signed, or another text than the newest (K-082, K-094)
	NoWalkround   Reason = "no_walkround"  // K-112
	NoBelongings  Reason = "no_belongings" // K-114
	NoSignature   Reason = "no_signature"  // K-119, K-209
	KeyNotIn      Reason = "key_not_in"    // K-116
	NotHandedOver Reason = "not_handed_over"
	NotAssigned   Reason = "not_assigned"
	NotReceived   Reason = "not_received" // K-118
	OtherBay      Reason = "other_bay"    // the job is another bay's
	Running       Reason = "running"      // a scan of the job runs
	AwaitsAnswer  Reason = "waiting_answer"
	AwaitsParts   Reason = "waiting_parts"
	NotStarted    Reason = "not_started"
	NotPaused     Reason = "not_paused"
	NoCause       Reason = "no_cause"         // K-067
	OpenExtra     Reason = "open_extra"       // an extra item has no answer yet
	UnknownExtra  Reason = "unknown_extra"    // no such extra item
	NotOffered    Reason = "not_offered"      // the customer has not been asked
	NoPromise     Reason = "no_promise"       // K-161
	NotTold       Reason = "not_told"         // K-163
	NoAcknowledge Reason = "not_acknowledged" // K-165
	NotFinished   Reason = "not_finished"
	NoChecks      Reason = "no_checks" // K-184
	NotInspected  Reason = "not_inspected"
	NotPrepared   Reason = "not_prepared"
	UnsignedLine  Reason = "unsigned_line" // K-093
	NotSettled    Reason = "not_settled"
	NoGatepass    Reason = "no_gatepass" // K-207
	Already       Reason = "already"     // it has been done
)

// CanHandOver guards job.handed_over (K-119).
func CanHandOver(s State) Reason { return Free }

// CanAssign guards bay.assigned.
func CanAssign(s State) Reason { return Free }

// CanReceive guards car.received in the bay (K-118).
func CanReceive(s State, bay string) Reason { return Free }

// CanScan guards scan.started (K-060).
func CanScan(s State) Reason { return Free }

// CanStart guards work.started (K-094).
func CanStart(s State) Reason { return Free }

// CanPause guards work.paused.
func CanPause(s State) Reason { return Free }

// CanResume guards work.resumed.
func CanResume(s State) Reason { return Free }

// CanFinish guards work.finished (K-067, K-138).
func CanFinish(s State, cause string) Reason { return Free }

// CanRaise guards extra.raised (K-160).
func CanRaise(s State) Reason { return Free }

// CanOffer guards extra.offered (K-161).
func CanOffer(s State, o ExtraOffered) Reason { return Free }

// CanApprove guards extra.approved (K-164).
func CanApprove(s State, extra string) Reason { return Free }

// CanRefuse guards extra.declined (K-163, K-165).
func CanRefuse(s State, d ExtraDeclined) Reason { return Free }

// CanInspect guards inspection.passed and inspection.failed (K-186).
func CanInspect(s State) Reason { return Free }

// CanPrepare guards car.prepared (K-188, K-200).
func CanPrepare(s State) Reason { return Free }

// CanNotify guards ready.notified (K-202).
func CanNotify(s State) Reason { return Free }

// CanSettle guards bill.stated and bill.settled (K-201).
func CanSettle(s State) Reason { return Free }

// CanBill guards bill.stated against lines that nobody signed (K-093).
func CanBill(s State, b BillStated) Reason { return Free }

// CanGatepass guards gatepass.issued.
func CanGatepass(s State) Reason { return Free }

// CanRelease guards the unlock that gives the key back (K-207).
func CanRelease(s State) Reason { return Free }

// CanClose guards car.handed_back; signature says that the customer has signed for it (K-209).
func CanClose(s State, signature bool) Reason { return Free }

// Bill is the statement of everything signed or approved, and of nothing else (K-093).
func Bill(s State) BillStated { return BillStated{} }

// Approved are the lines that may be worked on: those of the signed order and
// the approved extra items (K-093, K-096).
func Approved(s State) []Line { return nil }

// Next is what the desk may do now: assign, offer, answer, inspect, prepare,
// notify, settle, gatepass, pickup.
func Next(s State) []string { return nil }

// Progress is how far along the visit is, 0 to 100.
func Progress(s State) int { return 0 }

// Word is the public word of a phase (K-171).
func (p Phase) Word() Word { return WordWaiting }

// Matters are the kinds that make a decision of this kind stale: what goes into
// the Matters of a draft. A kind that only records what happened has none.
func Matters(kind string) []string { return nil }
