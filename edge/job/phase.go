package job

// Phase is where a visit stands (requirements section 5).
type Phase string

// The phases, in the order of a visit.
const (
	PhaseArrived    Phase = "arrived"     // opened, nothing signed
	PhaseConsented  Phase = "consented"   // diagnosis allowed, order not signed
	PhaseSigned     Phase = "signed"      // order signed, key not in yet
	PhaseHandedOver Phase = "handed_over" // car and key with the shop
	PhaseDispatched Phase = "dispatched"  // assigned to a bay
	PhaseReceived   Phase = "received"    // in the bay
	PhaseDiagnosing Phase = "diagnosing"  // a scan runs
	PhaseInRepair   Phase = "in_repair"
	PhasePaused     Phase = "paused"
	PhaseParts      Phase = "waiting_parts"
	PhaseAnswer     Phase = "waiting_answer"
	PhaseDone       Phase = "done" // by the team, to be inspected
	PhaseRework     Phase = "rework"
	PhasePassed     Phase = "passed"
	PhasePrepared   Phase = "prepared"
	PhaseSettled    Phase = "settled"
	PhaseGatepass   Phase = "gatepass"
	PhaseDeclined   Phase = "declined"
	PhaseKeyOut     Phase = "key_out"
	PhaseLeft       Phase = "left"
)

// Word is one of the eight public words of the waiting room (K-171).
type Word string

// The eight words.
const (
	WordWaiting    Word = "waiting"
	WordChecking   Word = "checking"
	WordAnswer     Word = "waiting_answer"
	WordRepair     Word = "in_repair"
	WordParts      Word = "waiting_parts"
	WordInspection Word = "inspection"
	WordPreparing  Word = "getting_ready"
	WordReady      Word = "ready"
)
