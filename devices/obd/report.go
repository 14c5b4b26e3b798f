package obd

// State says how sure a fact is. Anything but OK carries no value.
type State string

// The states of a fact, and nothing else.
const (
	OK           State = "ok"
	Unsupported  State = "unsupported"
	NoAnswer     State = "no_answer"
	Refused      State = "refused"
	AdapterFault State = "adapter_fault"
	BusFault     State = "bus_fault"
	Incomplete   State = "incomplete"
)

// Report is a whole scan in the form of `pitlane scan --format json`.
type Report struct {
	Adapter  Adapter        `json:"adapter"`
	Protocol Protocol       `json:"protocol"`
	VIN      VIN            `json:"vin"`
	ECUs     []ECU          `json:"ecus"`
	Errors   []RequestError `json:"errors"`
	// NotAsked are services that this scan did not ask for, and why not.
	NotAsked []NotAsked `json:"not_asked,omitempty"`
	// OtherTester says that requests of another tester, or answers to one, came in
	// between. They are not in this report.
	OtherTester bool     `json:"other_tester,omitempty"`
	Requests    int      `json:"requests"`
	DurationMS  int64    `json:"duration_ms"`
	Error       *Failure `json:"error"`
	// Session is the raw record of the scan, set when it has ended.
	Session *Session `json:"-"`
}

// Adapter is what the adapter says of itself, and what that makes one suspect.
type Adapter struct {
	Identity    string   `json:"identity"`
	Description string   `json:"description"`
	Volts       *float64 `json:"volts"`
	Hints       []string `json:"hints"`
}

// Protocol is an ELM327 protocol number (1..C) and its name. Standard is the language
// spoken on it: SAE J1979, SAE J1979-2 or ISO 27145.
type Protocol struct {
	Number   string `json:"number"`
	Name     string `json:"name"`
	Standard string `json:"standard,omitempty"`
}

// VIN is the vehicle identification number.
type VIN struct {
	State State  `json:"state"`
	Value string `json:"value,omitempty"`
}

// ECU is everything one control unit said. ID is the source address as sent:
// 7E8 (CAN 11), 18DAF110 (CAN 29), the third header byte on legacy buses.
type ECU struct {
	ID        string    `json:"id"`
	Stored    Codes     `json:"stored"`
	Pending   Codes     `json:"pending"`
	Permanent Codes     `json:"permanent"`
	Readiness Readiness `json:"readiness"`
	Freeze    []Freeze  `json:"freeze"`
	Readings  []Reading `json:"readings"`
	Tests     []Test    `json:"tests"`
	Info      Info      `json:"info"`
	// FreezeState says how the unit answered when it was asked for a freeze frame; it
	// is empty where no unit has a code. With OK and no frame the unit holds none.
	FreezeState State `json:"freeze_state,omitempty"`
	// TestsState says how the unit answered when it was asked which tests it has.
	TestsState State `json:"tests_state,omitempty"`
	// Maker are the codes of a unit that was asked by its address (UDS 19 02): all it
	// keeps, also those that are not emission-related. Nil where it was not asked.
	Maker *Codes `json:"maker,omitempty"`
}

// Codes is the answer of one ECU to mode 03, 07 or 0A.
type Codes struct {
	State State  `json:"state"`
	NRC   string `json:"nrc,omitempty"`
	Codes []Code `json:"codes"`
}

// Code is a trouble code (SAE J2012 form: P0133) and its short text in English. The
// rest is there where a car tells it by UDS: how it failed (the third byte of the
// code), the status byte of ISO 14229-1 as it was sent and its bits that are set, and
// severity and class (ISO 14229-1 annex D.3). A code of a heavy vehicle in the form of
// SAE J1939-73 is SPN and FMI with a dash: 3226-4.
type Code struct {
	Code        string   `json:"code"`
	Text        string   `json:"text"`
	FailureType string   `json:"failure_type,omitempty"`
	Status      string   `json:"status,omitempty"`
	StatusBits  []string `json:"status_bits,omitempty"`
	Severity    string   `json:"severity,omitempty"`
	Class       string   `json:"class,omitempty"`
	// Extended are the extended data records of the code (UDS 19 06) as they were sent,
	// of a unit that was asked by its address: their number, then what the maker keeps.
	Extended string `json:"extended,omitempty"`
}

// Readiness is PID 01 decoded.
type Readiness struct {
	State       State     `json:"state"`
	MIL         bool      `json:"mil"`
	Count       int       `json:"count"`
	Compression bool      `json:"compression"`
	Monitors    []Monitor `json:"monitors"`
	// Groups are the readiness groups of UDS service 19 56, where a car tells them.
	Groups []Group `json:"groups,omitempty"`
}

// Group is one readiness group: the number SAE J1979-DA gives it, how many codes
// belong to it, and whether every one of their tests has run since the codes were
// cleared (bit 4 of the status byte).
type Group struct {
	Group    string `json:"group"`
	Name     string `json:"name,omitempty"` // of its monitor, where the number is known
	Codes    int    `json:"codes"`
	Complete bool   `json:"complete"`
}

// Monitor is one on-board monitor.
type Monitor struct {
	Name      string `json:"name"`
	Supported bool   `json:"supported"`
	Complete  bool   `json:"complete"`
}

// Reading is one value. Name is nil and Raw is set where the PID is not in the
// table. Value is a number, a string (bit-encoded states) or nil.
type Reading struct {
	PID   string  `json:"pid"`
	Name  *string `json:"name"`
	Value any     `json:"value,omitempty"`
	Unit  string  `json:"unit,omitempty"`
	Raw   string  `json:"raw,omitempty"`
	// Unsupported marks a value whose own support bit is clear: the bytes are there,
	// a sensor is not. A scan leaves such values out.
	Unsupported bool `json:"unsupported,omitempty"`
}

// Freeze is one freeze frame with the code that caused it.
type Freeze struct {
	Frame    int       `json:"frame"`
	Code     string    `json:"code"`
	Readings []Reading `json:"readings"`
	// Raw are all records of the code as they were sent, where values of a maker's own
	// stand between them, so that nobody knows where one ends.
	Raw string `json:"raw,omitempty"`
}

// Test is one on-board test result. On older buses there is no monitor (MID) but a
// component, one of the limits is the end of the range, and the numbers have no unit.
type Test struct {
	MID    string  `json:"mid"`
	TID    string  `json:"tid"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Passed bool    `json:"passed"`
	// NotRun marks a test whose numbers are all zero: that is how a unit says that the
	// test has not run since the codes were cleared.
	NotRun    bool   `json:"not_run,omitempty"`
	UAS       string `json:"uas,omitempty"` // unit-and-scaling id
	Component string `json:"component,omitempty"`
	Raw       string `json:"raw,omitempty"` // where the scaling is not known
}

// Info is what mode 09 says of one ECU.
type Info struct {
	State          State     `json:"state,omitempty"` // of the question what there is
	CalibrationIDs []string  `json:"calibration_ids,omitempty"`
	CVNs           []string  `json:"cvns,omitempty"`
	Name           string    `json:"name,omitempty"`
	Counters       []Counter `json:"counters,omitempty"`
	// More is what else it tells, on CAN.
	More []InfoItem `json:"more,omitempty"`
}

// InfoItem is one kind of mode 09 (by UDS: of F8xx) that has no field of its own. Name
// is empty where the kind is not known, Value where the bytes are no text.
type InfoItem struct {
	Kind  string `json:"kind"` // two digits: 0D
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
	Raw   string `json:"raw"`
}

// Counter is one in-use performance counter: how often a monitor ran to its end, or
// could have.
type Counter struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
}

// RequestError is one request that one ECU (or, with ECU empty, the bus) did not
// answer with data.
type RequestError struct {
	Request string `json:"request"`
	ECU     string `json:"ecu,omitempty"`
	State   State  `json:"state"`
	NRC     string `json:"nrc,omitempty"`
	Message string `json:"message,omitempty"`
}

// NotAsked is a service that a scan leaves out. State is unsupported: by pitlane, or
// by the standard on this bus.
type NotAsked struct {
	Service string `json:"service"`
	State   State  `json:"state"`
	Message string `json:"message"`
}

// Failure ends a scan. Kind is one of port not_an_adapter adapter_fault bus_init
// unable_to_connect can_error no_data low_voltage interrupted wrong_usage.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Progress is told while a scan runs: a step of the shop's closed list
// (connect, protocol, vin, supported, codes, readiness, readings, freeze, tests, info, done), how many
// requests of how many known are done, and what is known so far.
type Progress struct {
	Step   string
	Done   int
	Total  int
	Report *Report // a copy; may be kept
}
