package job

// State is what is true of one visit after a fold. The zero State is a job that
// nobody has heard of.
type State struct {
	ID          string
	Opened      bool
	OpenedMS    int64
	Origin      string // origin of job.opened
	Ticket      string
	Lang        string
	Purpose     string
	Channel     string
	Plate       string
	PlatePublic string
	Complaint   Complaint
	Owner       string
	Urgency     string
	Assistance  bool
	CodeHash    string
	Name        string // contact; empty where it is not held
	Phone       string

	Phase Phase

	Marks      []string
	Walked     bool // the walk-round is recorded, "none" included (K-112)
	Belongings []string
	Listed     bool   // the belongings are recorded, "none" included (K-114)
	Box        string // K-115

	Lines       []Line // offered lines plus approved extras
	Total       int64
	OfferText   string
	OfferHash   string
	Ordered     []Line // the lines of the newest offer alone
	OrderTotal  int64
	OrderDue    int64  // promised by the newest offer
	Promised    int64  // with what approved extras moved
	PromiseID   string // tells promises apart, also while a late anchor still moves their times
	Consented   bool   // a consent is recorded, whatever it allows
	ConsentScan bool
	Signed      bool // the newest offer is the one that was signed (K-082)
	SignedHash  string
	Declined    bool
	DeclinedWhy string
	HandedOver  bool

	Key Key

	Bay      string
	Lead     string
	Helpers  []string
	Received bool
	Started  bool
	StartMS  int64 // of the first start
	Paused   bool
	PauseWhy string
	Parts    []Part // awaited and not arrived
	Finished bool
	Cause    string

	Extras []Extra
	Scans  []Scan
	Clears []Clearing
	VIN    string // of the newest completed scan of the job's car
	// Mismatch: the newest car that was read is not the job's, and nobody has decided
	// yet (CanDecide, SameAsBooked).
	Mismatch bool

	Inspected bool // passed
	Checks    []string
	Rework    int    // failed inspections so far
	ReworkWhy string // of the last one
	Prepared  bool
	Notified  bool
	Billed    bool
	BillLines []Line
	BillTotal int64
	Settled   bool
	Paid      int64 // all that was paid: twice shows as a conflict, not as one sum lost
	Method    string
	Gatepass  bool
	SignedFor bool // the second signature is there (K-208)
	Pickup    Pickup
	Wishes    []Wish // of other edges for the slot of the job's key, oldest first, the newest 16
	Back      bool   // car handed back
	BackMS    int64
	GateMS    int64  // when the gate pass was issued
	Closer    string // origin of the event that gave the car back, or let it go
	Sealing   Sealing
	Timers    []Fired // in the order of the fold
	Stars     int

	// Erased: the data of the visit is erased, and what is left is that it was.
	// ContactErased: names, phones and signatures are.
	Erased        bool
	ContactErased bool

	// Tips are the leaf hashes that no known event of the job names as a parent or
	// follows in its origin, sorted; they go into Draft.Seen.
	Tips []Hash
	// Newest is the origin and wall time of the last event in fold order.
	NewestOrigin string
	NewestMS     int64
	// Uncertain: an event of the job has a clock quality of 0.
	Uncertain bool
	// Conflicts are contradictions that stay visible, as words of a closed list.
	Conflicts []string
	Events    int

	seen []string // contradictions met on the way, sorted
	tips []tip
	// orderID names the promise of the newest offer.
	orderID string
	told    []tip // the newest of each origin
}

// Key is where the job's key is, as far as anyone saw.
type Key struct {
	Cabinet string
	Node    string // whose cabinet it is: the node that saw the key there
	Slot    int
	Tag     string
	In      bool   // hung and not taken since
	Unlock  string // newest unlock: "", intended, opened, failed, unknown
	Purpose string // of the newest unlock: hang, release, work, return
	Taken   bool   // taken after a release
	Where   string // slot, customer, technician, unknown; "" before it was ever seen
	Holder  string // who has it for work
	SinceMS int64  // wall time since when it is there
	Hangs   int    // how often it was hung

	by string // who asked for the newest unlock
}

// Pickup is what the customer's code and token open.
type Pickup struct {
	Cabinet   string
	Slot      int
	Kiosk     string // the node whose kiosk they are for; "" before they are bound
	TokenHash string
	Used      bool     // the slot was opened on them: they are spent
	Refused   []Moment // the newest wrong tokens for this job, at most 16
}

// Moment is what an event says of its author's clocks.
type Moment struct {
	Origin  string
	Boot    string
	BootMS  int64
	WallMS  int64
	Quality Quality
}

// MomentOf is when an event happened, by its author's clocks.
func MomentOf(e Event) Moment {
	return Moment{Origin: e.Origin, Boot: e.Boot, BootMS: e.BootMS, WallMS: e.WallMS, Quality: e.Quality}
}

// Extra is an extra item. State: raised, offered, approved, declined.
type Extra struct {
	ID       string
	Text     string
	Safety   bool
	By       string
	State    string
	Price    int64
	Promised int64
	Told     string
	Channel  string // of the answer
	Answered string // who took the answer
	// Acknowledged: the customer was told twice what a refusal means (K-165).
	Acknowledged bool
}

// Scan is one scan. State: running, completed, failed.
type Scan struct {
	ID       string
	Bay      string
	AtMS     int64
	State    string
	Why      string
	VIN      string
	Adapter  string
	Protocol string
	Volts    *float64
	Mismatch bool // it met another car than the job's
	// Decided is a person's word on that: "", same_car, wrong_car, earlier_wrong; by whom and why.
	Decided    string
	DecidedBy  string
	DecidedWhy string
	Recorded   bool // the raw record is whole (scan.recorded)
	Complete   bool
	Codes      []Code
	Report     []byte // packed; see UnpackReport

	parts int // of the report that have come so far
	raw   int // of the raw record
}

// Part is a part that the work waits for (K-139).
type Part struct {
	Part string
	ETA  int64
}
