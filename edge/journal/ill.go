package journal

import "sync"

// illness is why a journal must be opened anew, once it is known.
type illness struct {
	mu   sync.Mutex
	why  error
	news chan struct{} // closed when there is a reason
}

// sicken notes the first reason why the journal must be opened anew.
func (j *Journal) sicken(why error) {
	j.ill.mu.Lock()
	defer j.ill.mu.Unlock()
	if j.ill.why != nil || j.readOnly {
		return
	}
	j.ill.why = why
	close(j.ill.news)
}

// Ill is closed when the journal must be closed and opened anew, which mends it;
// Damaged then says why. Until then it goes on as far as it can.
func (j *Journal) Ill() <-chan struct{} { return j.ill.news }

// Damaged is why the journal must be opened anew: a file is damaged, or the disk did
// not keep what was written. Nil where all is well.
func (j *Journal) Damaged() error {
	j.ill.mu.Lock()
	defer j.ill.mu.Unlock()
	return j.ill.why
}
