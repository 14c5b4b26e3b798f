package job

// The payloads of the event kinds, v1, in the order of a visit. Names are
// thing.happened. Times are milliseconds since 1970; money is in the smallest
// unit of the shop's currency.

// Opened starts a visit (K-023, K-033, K-040).
type Opened struct {
	Ticket      string    `json:"ticket"`
	Lang        string    `json:"lang"` // zh-Hans, zh-Hant, en
	Purpose     string    `json:"purpose"`
	Channel     string    `json:"channel"` // kiosk, counter, phone, web
	Plate       string    `json:"plate,omitempty"`
	PlatePublic string    `json:"plate_public"` // masked or ticket
	Complaint   Complaint `json:"complaint"`
	Owner       string    `json:"owner"` // first receiver, never empty (K-033)
	Urgency     string    `json:"urgency"`
	Assistance  bool      `json:"assistance,omitempty"` // K-032, never on a public screen
	CodeHash    string    `json:"code_hash,omitempty"`  // SHA-256 of the salted pick-up code
}

// Complaint is what the customer says is wrong: tapped words and free words.
type Complaint struct {
	Taps  []string `json:"taps,omitempty"`
	Words string   `json:"words,omitempty"`
}

// Inspected is the walk-round (K-112). None is chosen actively.
type Inspected struct {
	None  bool     `json:"none"`
	Marks []string `json:"marks,omitempty"`
}

// Belongings is the list of things left in the car (K-114). None is chosen actively.
type Belongings struct {
	None  bool     `json:"none"`
	Items []string `json:"items,omitempty"`
	Box   string   `json:"box,omitempty"`
}

// Offered is the order put before the customer (K-080): the exact text shown is
// bound by TextHash.
type Offered struct {
	Lines    []Line `json:"lines"`
	Promised int64  `json:"promised"`
	Total    int64  `json:"total"`
	TextHash string `json:"text_hash"` // hex SHA-256 of the text
	Text     string `json:"text"`
	// Within, in ms, where it is not 0: the author's clock could not be right, so the
	// customer was promised a time from this event on and no moment, and Promised is that
	// by the wrong clock.
	Within int64 `json:"within,omitempty"`
}

// Line is one line of an order.
type Line struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Price int64  `json:"price"`
}

// Consented records the consent to diagnosis (K-060).
type Consented struct {
	Scan     bool   `json:"scan"`
	TextHash string `json:"text_hash"`
	Lang     string `json:"lang"`
}

// Signed binds the signature (in the contact payload) to the text (K-082).
type Signed struct {
	TextHash string `json:"text_hash"`
	Lang     string `json:"lang"`
}

// Declined is the customer's no to the order (K-083).
type Declined struct {
	Reason string `json:"reason,omitempty"`
}

// HandedOver says that car and key are with the shop (K-119).
type HandedOver struct{}

// UnlockIntended is on disk before any frame leaves (K-116). Purpose: hang,
// release, and for staff work (take the key for work) and return.
type UnlockIntended struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	Purpose string `json:"purpose"`
	By      string `json:"by"`
	Reason  string `json:"reason,omitempty"` // why staff opens it, where staff does
	Wish    string `json:"wish,omitempty"`   // the wish of another edge that this grants
}

// SlotOpened is an unlock confirmed by the hook.
type SlotOpened struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// SlotClosed is a hook seen closed again.
type SlotClosed struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// UnlockFailed is an unlock that the hook did not confirm in time.
type UnlockFailed struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	Why     string `json:"why"`
}

// OutcomeUnknown is an intent whose outcome nobody saw (crash, unplug): a person looks.
type OutcomeUnknown struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// KeyHung is a key sensed on its hook (K-116).
type KeyHung struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
	Tag     string `json:"tag,omitempty"`
	// Unfelt: the slot has no sensor for keys. It was opened for this and shut again,
	// and nobody has seen more than that.
	Unfelt bool `json:"unfelt,omitempty"`
}

// KeyTaken is a key gone from its hook.
type KeyTaken struct {
	Cabinet    string `json:"cabinet"`
	Slot       int    `json:"slot"`
	Authorised bool   `json:"authorised"`
	Unfelt     bool   `json:"unfelt,omitempty"` // as in KeyHung
}

// CabinetOnline carries the whole state after a connect: a snapshot, no edges.
type CabinetOnline struct {
	Cabinet string      `json:"cabinet"`
	Slots   []SlotState `json:"slots"`
}

// SlotState is a hook and its key, each three-valued.
type SlotState struct {
	Slot int    `json:"slot"`
	Hook string `json:"hook"` // open closed unknown
	Key  string `json:"key"`  // present absent unknown
}

// CabinetOffline says that nothing is known of the cabinet any more.
type CabinetOffline struct {
	Cabinet string `json:"cabinet"`
	Why     string `json:"why"`
}

// Forced is a hook that opened though nothing had asked for it.
type Forced struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// Flapping is a sensor that changes all the time: its slot is unknown meanwhile.
type Flapping struct {
	Cabinet string `json:"cabinet"`
	Slot    int    `json:"slot"`
}

// BayAssigned sends the car to a bay with one lead technician (K-144).
type BayAssigned struct {
	Bay     string   `json:"bay"`
	Lead    string   `json:"lead"`
	Helpers []string `json:"helpers,omitempty"`
	By      string   `json:"by"`
}

// CarReceived is the workshop receiver's sign-in (K-118).
type CarReceived struct {
	Bay string `json:"bay"`
	By  string `json:"by"`
}

// ScanStarted is on disk before the first request (K-060, K-062).
type ScanStarted struct {
	Scan string `json:"scan"`
	Bay  string `json:"bay"`
	By   string `json:"by"`
}

// ScanCompleted is a whole scan: the codes in plain JSON for search, the full
// report of devices/obd packed beside them (PackReport).
type ScanCompleted struct {
	Scan     string   `json:"scan"`
	Bay      string   `json:"bay"`
	VIN      string   `json:"vin,omitempty"`
	Adapter  string   `json:"adapter"`
	Protocol string   `json:"protocol"`
	Volts    *float64 `json:"volts,omitempty"`
	Complete bool     `json:"complete"` // every ECU answered every code request (never "no codes" otherwise)
	Codes    []Code   `json:"codes"`
	Report   []byte   `json:"report,omitempty"`
	// Parts: the packed report is in so many scan.part events before this one.
	Parts int `json:"parts,omitempty"`
}

// ScanPart is a piece of a packed report that is too large for one event. Parts
// count from 1 and come before the scan.completed that names their number.
type ScanPart struct {
	Scan string `json:"scan"`
	Part int    `json:"part"`
	Data []byte `json:"data"`
}

// Code is one trouble code of one ECU. Status: stored, pending, permanent.
type Code struct {
	ECU    string `json:"ecu"`
	Code   string `json:"code"`
	Status string `json:"status"`
}

// ScanFailed ends a scan without a result. Why is one of the error kinds of
// `pitlane scan`.
type ScanFailed struct {
	Scan    string `json:"scan"`
	Bay     string `json:"bay"`
	Why     string `json:"why"`
	Message string `json:"message,omitempty"`
}

// CarMismatched says that the car in the bay is not the job's car.
type CarMismatched struct {
	Scan string `json:"scan"`
}

// WorkStarted begins the repair (K-094).
type WorkStarted struct {
	Bay string `json:"bay"`
	By  string `json:"by"`
}

// WorkPaused carries its reason.
type WorkPaused struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// WorkResumed ends a pause.
type WorkResumed struct {
	By string `json:"by"`
}

// WorkFinished is the team's "done" (K-138, K-067).
type WorkFinished struct {
	Bay   string `json:"bay"`
	By    string `json:"by"`
	Cause string `json:"cause"`
}

// PartAwaited is work waiting for parts (K-139).
type PartAwaited struct {
	Part string `json:"part"`
	ETA  int64  `json:"eta,omitempty"`
}

// PartArrived ends PartAwaited.
type PartArrived struct {
	Part string `json:"part"`
}

// ExtraRaised is an extra item found in the bay (K-160).
type ExtraRaised struct {
	Extra  string `json:"extra"`
	Text   string `json:"text"`
	Safety bool   `json:"safety,omitempty"`
	By     string `json:"by"`
}

// ExtraOffered puts price and new finish time to the customer (K-161).
type ExtraOffered struct {
	Extra    string `json:"extra"`
	Price    int64  `json:"price"`
	Promised int64  `json:"promised"`
	By       string `json:"by"`
}

// ExtraApproved is the customer's yes (K-164).
type ExtraApproved struct {
	Extra   string `json:"extra"`
	Channel string `json:"channel"`
	By      string `json:"by"`
}

// ExtraDeclined is the customer's no, with who was told in the workshop (K-163)
// and the second acknowledgement where safety is concerned (K-165).
type ExtraDeclined struct {
	Extra        string `json:"extra"`
	Channel      string `json:"channel"`
	Told         string `json:"told"`
	Acknowledged bool   `json:"acknowledged,omitempty"`
	By           string `json:"by"`
}

// InspectionPassed (K-186).
type InspectionPassed struct {
	By     string   `json:"by"`
	Checks []string `json:"checks"`
}

// InspectionFailed sends the car back to its bay.
type InspectionFailed struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// CarPrepared (K-200).
type CarPrepared struct {
	By string `json:"by"`
}

// ReadyNotified (K-202).
type ReadyNotified struct {
	By      string `json:"by"`
	Channel string `json:"channel"`
}

// BillStated is the statement: no line that is not signed or approved (K-093).
type BillStated struct {
	Lines []Line `json:"lines"`
	Total int64  `json:"total"`
}

// BillSettled (K-201).
type BillSettled struct {
	By     string `json:"by"`
	Paid   int64  `json:"paid"`
	Method string `json:"method"`
}

// GatepassIssued opens the way to the key (K-207).
type GatepassIssued struct {
	By string `json:"by"`
}

// HandbackSigned is the customer's second signature (in the contact payload), on
// disk before the key's slot opens (K-208, K-209).
type HandbackSigned struct {
	Total int64 `json:"total"` // of the bill that was shown
}

// CarHandedBack ends the visit with the second signature (K-208, K-209).
type CarHandedBack struct {
	By string `json:"by"`
}

// Rated is the one-tap rating, 1 to 5 (K-212).
type Rated struct {
	Stars int `json:"stars"`
}

// Merged only joins more than four tips.
type Merged struct{}
