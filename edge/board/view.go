package board

import (
	"encoding/json"
	"time"

	"pitlane/edge/job"
)

// Audience names whom a view is for. Anything else sees nothing.
type Audience string

// The audiences of an edge's screens.
const (
	Kiosk   Audience = "kiosk" // a customer's own session
	Waiting Audience = "board" // WR: the waiting room, public
	Bay     Audience = "bay"   // TE: the technician at this edge's bay
	Desk    Audience = "desk"  // SA: advisor, dispatcher, inspector, cashier
)

// View is a snapshot for one audience: the message of `/ws`.
type View struct {
	Version string               `json:"version"` // RUN-N, opaque
	Now     time.Time            `json:"now"`     // the edge's clock when the view was made
	AsOf    map[string]time.Time `json:"as_of"`   // node → when this edge last heard from it (itself: now)
	Body    any                  `json:"view"`    // KioskView, WaitingView, BayView, DeskView
}

// KioskView is the customer's screen: no other customer's data.
type KioskView struct {
	Shop      string        `json:"shop"`
	Accepting bool          `json:"accepting"`
	Why       string        `json:"why,omitempty"` // disk_full, cabinet_offline, no_cabinet, not_commissioned, starting
	Session   *KioskSession `json:"session,omitempty"`
	Faults    []Fault       `json:"faults"`
}

// KioskSession is the check-in or pick-up under way at this kiosk.
type KioskSession struct {
	Job      string     `json:"job"`
	Ticket   string     `json:"ticket"`
	Mode     string     `json:"mode"` // checkin, pickup
	Step     string     `json:"step"` // sign, key, opening, open, done, failed
	Slot     int        `json:"slot,omitempty"`
	Hook     string     `json:"hook,omitempty"`
	Key      string     `json:"key,omitempty"`
	Trouble  string     `json:"trouble,omitempty"` // wrong_slot, door_open, taken_back: what the customer should mend
	Other    int        `json:"other,omitempty"`   // wrong_slot: where the key hangs
	Promised *time.Time `json:"promised,omitempty"`
}

// WaitingView is the public screen.
type WaitingView struct {
	Shop   string  `json:"shop"`
	Rows   []Row   `json:"rows"`
	Faults []Fault `json:"faults"`
}

// Row is one car on the public screen. Node is the node whose news this row is:
// its age is AsOf[Node].
type Row struct {
	Ticket   string     `json:"ticket"`
	Plate    string     `json:"plate,omitempty"` // masked, or empty by the customer's choice
	Word     job.Word   `json:"word"`
	Bay      string     `json:"bay,omitempty"`
	Promised *time.Time `json:"promised,omitempty"`
	Late     bool       `json:"late,omitempty"`
	Progress int        `json:"progress"` // 0..100 along the visit
	Node     string     `json:"node"`
}

// BayView is the technician's screen: no name, phone, price or key slot.
type BayView struct {
	Bay     string       `json:"bay"`  // "" when this edge has no bay
	Node    string       `json:"node"` // this edge
	Job     *BayJob      `json:"job,omitempty"`
	Next    []BayNext    `json:"next"` // assigned after it
	Scanner ScannerState `json:"scanner"`
	Scan    *ScanState   `json:"scan,omitempty"`
	Clear   *ClearState  `json:"clear,omitempty"`
	People  []Person     `json:"people"`
	Faults  []Fault      `json:"faults"`
}

// BayNext is a car that waits for this bay.
type BayNext struct {
	Ticket string `json:"ticket"`
	Plate  string `json:"plate"`
}

// BayJob is the job in this bay.
type BayJob struct {
	ID        string        `json:"id"`
	Tips      []job.Hash    `json:"tips"`
	Ticket    string        `json:"ticket"`
	Plate     string        `json:"plate"`
	VIN       string        `json:"vin,omitempty"`
	Phase     job.Phase     `json:"phase"`
	Word      job.Word      `json:"word"`
	Complaint job.Complaint `json:"complaint"`
	Lines     []BayLine     `json:"lines"` // approved only (K-096)
	Lead      string        `json:"lead"`
	Extras    []BayExtra    `json:"extras"`
	Scans     []ScanSummary `json:"scans"`
	Locked    string        `json:"locked,omitempty"`   // why start is locked: no_order, no_consent, not_received, waiting_answer
	NoScan    string        `json:"no_scan,omitempty"`  // why scan is locked: no_consent, not_received, scanner_offline, running
	NoClear   string        `json:"no_clear,omitempty"` // why codes may not be cleared: as no_scan, mismatch, clearing
	Promised  *time.Time    `json:"promised,omitempty"`
	Mismatch  bool          `json:"mismatch,omitempty"`
	Wrong     *WrongCar     `json:"wrong,omitempty"`   // the car that a person has to decide on
	Compare   *Comparison   `json:"compare,omitempty"` // of the first and the newest scan of the job's car
}

// BayLine is an approved line without its price (K-097).
type BayLine struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// BayExtra is an extra item as the bay may see it. State: raised, offered, approved, declined.
type BayExtra struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Safety bool   `json:"safety,omitempty"`
	State  string `json:"state"`
}

// ScanSummary is one scan in the job's history. State: running, completed, failed.
type ScanSummary struct {
	ID       string     `json:"id"`
	At       time.Time  `json:"at"`
	State    string     `json:"state"`
	Why      string     `json:"why,omitempty"`
	Complete bool       `json:"complete"`
	Codes    []CodeText `json:"codes"`
	OtherCar bool       `json:"other_car,omitempty"` // it met a car that is not known to be the job's
	Recorded bool       `json:"recorded,omitempty"`  // its raw record is whole
}

// CodeText is a code with its plain sentence per language ("the car reports …").
type CodeText struct {
	ECU    string            `json:"ecu"`
	Code   string            `json:"code"`
	Status string            `json:"status"` // stored, pending, permanent
	Plain  map[string]string `json:"plain"`  // zh-Hans, zh-Hant, en
}

// ScannerState is the adapter of this bay. State: none, connecting, online, fault.
type ScannerState struct {
	State    string   `json:"state"`
	Identity string   `json:"identity,omitempty"`
	Volts    *float64 `json:"volts,omitempty"`
	Fault    *Fault   `json:"fault,omitempty"`
}

// ScanState is the scan that runs now, or the last one of the job in the bay, with
// its report in the form of interfaces.md.
type ScanState struct {
	ID      string          `json:"id"`
	Running bool            `json:"running"`
	Step    string          `json:"step"` // connect protocol vin supported codes readiness readings freeze tests info done
	Done    int             `json:"done"`
	Total   int             `json:"total"`
	Codes   []CodeText      `json:"codes"`
	Report  json.RawMessage `json:"report,omitempty"`
	Error   *Fault          `json:"error,omitempty"`
}

// Person is a staff member as screens may name him.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"` // SA TE DI IN CA
}

// Fault is something wrong that a person should know, with the next step. Kinds
// are a closed list: port not_an_adapter cabinet broker disk_full config clock.
type Fault struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// DeskView is the advisor's screen.
type DeskView struct {
	Shop    string      `json:"shop"`
	Node    string      `json:"node"`
	Jobs    []DeskJob   `json:"jobs"`
	Bays    []DeskBay   `json:"bays"`
	Cabinet DeskCabinet `json:"cabinet"`
	Alarms  []DeskAlarm `json:"alarms"` // of all cabinets, until a named person has looked
	Nodes   []DeskNode  `json:"nodes"`
	Calls   []Call      `json:"calls"` // customers at the kiosk who ask for a person
	People  []Person    `json:"people"`
	Faults  []Fault     `json:"faults"`
}

// Call is a customer at the kiosk who asks for a person (K-032). It lasts until
// somebody has gone there; it is never journalled.
type Call struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Page   string    `json:"page"`             // the kiosk's page
	Ticket string    `json:"ticket,omitempty"` // of the check-in under way
}

// DeskJob is a job in full.
type DeskJob struct {
	ID         string        `json:"id"`
	Tips       []job.Hash    `json:"tips"`
	Node       string        `json:"node"` // whose news the newest event is
	Ticket     string        `json:"ticket"`
	Plate      string        `json:"plate"`
	Name       string        `json:"name,omitempty"`
	Phone      string        `json:"phone,omitempty"`
	VIN        string        `json:"vin,omitempty"`
	Lang       string        `json:"lang"`
	Purpose    string        `json:"purpose"`
	Urgency    string        `json:"urgency"`
	Owner      string        `json:"owner"`
	Assistance bool          `json:"assistance,omitempty"`
	Phase      job.Phase     `json:"phase"`
	Word       job.Word      `json:"word"`
	Complaint  job.Complaint `json:"complaint"`
	Marks      []string      `json:"marks"`
	Belongings []string      `json:"belongings"`
	Lines      []job.Line    `json:"lines"`
	Total      int64         `json:"total"`
	Opened     time.Time     `json:"opened"`
	Promised   *time.Time    `json:"promised,omitempty"`
	Bay        string        `json:"bay,omitempty"`
	Lead       string        `json:"lead,omitempty"`
	Extras     []DeskExtra   `json:"extras"`
	Scans      []ScanSummary `json:"scans"`
	Slot       int           `json:"slot,omitempty"`
	KeyIn      bool          `json:"key_in"`
	Key        DeskKey       `json:"key"`
	SignedBack bool          `json:"signed_back,omitempty"` // the customer has signed for the car (K-208)
	Next       []string      `json:"next"`                  // what may be done now: assign, offer, answer, inspect, prepare, settle, gatepass
	Conflicts  []string      `json:"conflicts"`
	Wrong      *WrongCar     `json:"wrong,omitempty"`
	Compare    *Comparison   `json:"compare,omitempty"`   // without the readings
	Uncertain  bool          `json:"uncertain,omitempty"` // times are uncertain
	Timers     []DeskTimer   `json:"timers"`              // limits that have come, and whose matter is not done yet
	Seals      int           `json:"seals,omitempty"`     // the seal and its amendments: a receipt is there
	Erased     string        `json:"erased,omitempty"`    // contact, all
}

// DeskExtra is an extra item with price and new time.
type DeskExtra struct {
	ID       string     `json:"id"`
	Text     string     `json:"text"`
	Safety   bool       `json:"safety,omitempty"`
	State    string     `json:"state"`
	Price    int64      `json:"price,omitempty"`
	Promised *time.Time `json:"promised,omitempty"`
	By       string     `json:"by"`
	Told     string     `json:"told,omitempty"`
}

// DeskBay is a bay and what stands in it.
type DeskBay struct {
	Bay    string `json:"bay"`
	Node   string `json:"node"`
	Ticket string `json:"ticket,omitempty"`
}

// DeskCabinet is the key cabinet as it hangs on the wall.
type DeskCabinet struct {
	State   string     `json:"state"`             // none, online, offline
	Rows    int        `json:"rows,omitempty"`    // as it hangs on the wall; 0 is not said
	Columns int        `json:"columns,omitempty"` // slots of a row, counted from the upper left
	Why     string     `json:"why,omitempty"`
	Slots   []DeskSlot `json:"slots"`
}

// DeskSlot is one slot; Stale marks a last known state.
type DeskSlot struct {
	Slot   int    `json:"slot"`
	Hook   string `json:"hook"`
	Key    string `json:"key"`
	Ticket string `json:"ticket,omitempty"`
	Stale  bool   `json:"stale,omitempty"`
	Alarm  string `json:"alarm,omitempty"`
}

// DeskNode is a node of the shop as this edge knows it.
type DeskNode struct {
	Node    string `json:"node"`
	Role    string `json:"role"` // reception, bay, central
	Online  bool   `json:"online"`
	Backlog uint64 `json:"backlog"` // events of this edge that the node does not hold yet
}
