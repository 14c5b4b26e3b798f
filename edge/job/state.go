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
	Belongings []string

	Lines       []Line // offered lines plus approved extras
	Total       int64
	OfferText   string
	OfferHash   string
	Promised    int64
	ConsentScan bool
	Signed      bool
	SignedHash  string
	Declined    bool
	HandedOver  bool

	Key Key

	Bay      string
	Lead     string
	Helpers  []string
	Received bool
	Started  bool
	StartMS  int64
	Finished bool
	Cause    string

	Extras []Extra
	Scans  []Scan
	VIN    string // of the newest completed scan
	// Mismatch: the newest scan met another car than the job's.
	Mismatch bool

	Inspected bool // passed
	Rework    int  // failed inspections so far
	Prepared  bool
	Notified  bool
	Billed    bool
	Settled   bool
	Paid      int64
	Gatepass  bool
	Back      bool // car handed back
	Stars     int

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
}

// Key is where the job's key is, as far as anyone saw.
type Key struct {
	Cabinet string
	Slot    int
	In      bool   // hung and not taken since
	Unlock  string // newest unlock: "", intended, opened, failed, unknown
	Purpose string // of the newest unlock: hang, release
	Taken   bool   // taken after a release
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
	Complete bool
	Codes    []Code
	Report   []byte // packed; see UnpackReport
}
