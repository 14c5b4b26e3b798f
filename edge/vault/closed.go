package vault

// Closed is what is kept of a visit when its entries are dropped: by when its data is to
// be erased. It goes with the last of the visit's keys.
type Closed struct {
	Job    string
	Opener string // node; "" where it is not known
	At     int64  // when something last moved in it, ms since 1970
}

// KeepClosed keeps this of visits whose keys are here, on disk when it returns. What it
// says later of a visit counts, and an opener that is known stays known.
func (v *Vault) KeepClosed(visits []Closed) error {
	v.file.Lock()
	defer v.file.Unlock()
	if v.opt.ReadOnly {
		return ErrReadOnly
	}
	var rs []record
	v.mu.RLock()
	held := v.held()
	for _, c := range visits {
		was, known := v.closed[c.Job]
		if now := was.later(c); held[c.Job] && (!known || now != was) {
			rs = append(rs, recordOfClosed(now))
		}
	}
	v.mu.RUnlock()
	if len(rs) == 0 {
		return nil
	}
	if err := v.book.append(rs...); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range rs {
		v.load(r)
	}
	return nil
}

// Closed is what KeepClosed has kept of a visit.
func (v *Vault) Closed(job string) (Closed, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.closed[job]
	return c, ok
}

// later joins what is said of one visit before and after.
func (c Closed) later(next Closed) Closed {
	if next.Opener == "" {
		next.Opener = c.Opener
	}
	next.At = max(next.At, c.At)
	return next
}

// held are the jobs with keys; the lock is held.
func (v *Vault) held() map[string]bool {
	jobs := map[string]bool{}
	for _, k := range v.keys {
		jobs[k.job] = true
	}
	return jobs
}

func recordOfClosed(c Closed) record {
	return record{T: "closed", Job: c.Job, Node: c.Opener, At: c.At}
}
