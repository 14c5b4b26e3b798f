package central

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// event makes of a journal entry what the fold takes. A payload of an unknown kind
// or form counts as one that is not held.
func event(e tlog.Entry) job.Event {
	out := job.Event{
		Kind: e.Kind, Job: e.Job, Origin: e.Origin, Seq: e.Seq, Hash: job.Hash(e.Hash),
		Request: e.Request, WallMS: e.WallMS, Quality: job.Quality(e.Quality),
	}
	for _, p := range e.Parents {
		out.Parents = append(out.Parents, job.Hash(p))
	}
	if e.Work != nil {
		if p, err := job.Decode(e.Kind, e.Work.Payload); err == nil {
			out.Payload = p
		}
	}
	if e.Contact != nil {
		if c, err := job.DecodeContact(e.Contact.Payload); err == nil {
			out.Contact = c
		}
	}
	return out
}

// erased says what of a job is erased. The event alone decides: its rows are blank
// with the transaction that takes it in, and the keys go right after.
func erased(entries []tlog.Entry) (work, contact bool) {
	for _, e := range entries {
		work = work || e.Kind == vault.KindErased
		contact = contact || work || e.Kind == vault.KindContactErased
	}
	return work, contact
}

// fold is what is true of a job after all its entries. Erased data is not in it,
// whether or not its keys are still here.
func fold(shop, id string, entries []tlog.Entry) JobFile {
	events := make([]job.Event, 0, len(entries))
	newest := int64(0)
	work, contact := erased(entries)
	for _, e := range entries {
		if work && e.Kind != vault.KindErased {
			e.Work = nil
		}
		if contact {
			e.Contact = nil
		}
		events = append(events, event(e))
		newest = max(newest, e.WallMS)
	}
	s := job.Fold(events)
	f := JobFile{Job: Job{
		ID: id, Shop: shop, Ticket: s.Ticket, Plate: s.Plate, Phase: s.Phase, Word: s.Phase.Word(),
		Bay: s.Bay, Node: tlog.NodeOf(s.NewestOrigin), Opened: s.OpenedMS, Promised: s.Promised, Newest: newest,
		Complaint: s.Complaint, Lines: s.Lines,
	}, Scans: s.Scans, erased: work}
	if !s.Mismatch { // else the VIN is that of another car, which met the adapter by mistake
		f.VIN = s.VIN
	}
	if f.Lines == nil {
		f.Lines = []job.Line{}
	}
	return f
}

// bareVIN and barePlate are the forms that are compared: capitals, without blanks
// and marks between the characters.
func bareVIN(s string) string { return barePlate(s) }

func barePlate(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// vehicleID is the id of the vehicle that a job's car becomes when it is new here:
// opaque, and the same when the database is made again.
func vehicleID(firstJob string) string {
	h := sha256.Sum256([]byte("pl-vehicle/v1\n" + firstJob))
	return hex.EncodeToString(h[:16])
}

// identify decides which car a job's is: VIN first, plate second. byVIN and
// byPlate are what is known of each, nil for nothing. merged names the vehicle
// that turns out to be the same car, "" mostly.
func identify(j Job, byVIN, byPlate *Vehicle) (v Vehicle, merged string) {
	vin, plate := bareVIN(j.VIN), barePlate(j.Plate)
	switch {
	case byVIN != nil:
		v = *byVIN
		if byPlate != nil && byPlate.ID != v.ID && byPlate.VIN == "" {
			merged = byPlate.ID
		}
	case byPlate != nil && (vin == "" || byPlate.VIN == ""):
		v = *byPlate
	default: // a new car, or a plate that has moved to another car
		v = Vehicle{ID: vehicleID(j.ID)}
	}
	v.VIN = cmp.Or(v.VIN, vin)
	if v.Plate == "" || plate != "" && j.Newest >= v.Seen {
		v.Plate = plate
	}
	v.Seen = max(v.Seen, j.Newest)
	return v, merged
}

// garage is the vehicles as a change under way will leave them.
type garage struct {
	changed []Vehicle
	merged  []Merge
	dropped []string // made anew: what is stored of them does not count
}

// known gives a vehicle as this change has made it so far; nil when it is gone.
func (g *garage) known(v *Vehicle) *Vehicle {
	if v == nil || slices.Contains(g.dropped, v.ID) || slices.ContainsFunc(g.merged, func(m Merge) bool { return m.From == v.ID }) {
		return nil
	}
	if i := slices.IndexFunc(g.changed, func(c Vehicle) bool { return c.ID == v.ID }); i >= 0 {
		return &g.changed[i]
	}
	return v
}

// find looks among the vehicles of this change first.
func (g *garage) find(stored *Vehicle, is func(Vehicle) bool) *Vehicle {
	for i := range g.changed {
		if is(g.changed[i]) {
			return &g.changed[i]
		}
	}
	if v := g.known(stored); v != nil && is(*v) {
		return v
	}
	return nil
}

// park puts a job's car into the garage and its vehicle into the job.
func (g *garage) park(j *Job, storedVIN, storedPlate *Vehicle) {
	vin, plate := bareVIN(j.VIN), barePlate(j.Plate)
	if vin == "" && plate == "" {
		return
	}
	byVIN := g.find(storedVIN, func(v Vehicle) bool { return vin != "" && v.VIN == vin })
	byPlate := g.find(storedPlate, func(v Vehicle) bool { return plate != "" && v.Plate == plate })
	v, merged := identify(*j, byVIN, byPlate)
	v.Job = j.ID
	if merged != "" {
		g.merged = append(g.merged, Merge{From: merged, Into: v.ID})
		g.changed = slices.DeleteFunc(g.changed, func(c Vehicle) bool { return c.ID == merged })
	}
	if i := slices.IndexFunc(g.changed, func(c Vehicle) bool { return c.ID == v.ID }); i >= 0 {
		g.changed[i] = v
	} else {
		g.changed = append(g.changed, v)
	}
	j.Vehicle = v.ID
}
