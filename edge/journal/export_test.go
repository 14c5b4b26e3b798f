package journal

import (
	"sync"
	"sync/atomic"
)

// HoldWriter lets the writer run entered inside its next commit and then wait for
// release.
func HoldWriter(j *Journal, entered func()) (release func()) {
	held := make(chan struct{})
	var once sync.Once
	j.w.fault = func() error {
		once.Do(func() {
			entered()
			<-held
		})
		return nil
	}
	return func() { close(held) }
}

// FailCommits makes commits fail with what err gives, while it is not nil. Set it
// before the first append after opening.
func FailCommits(j *Journal, err *atomic.Pointer[error]) {
	j.w.fault = func() error {
		if e := err.Load(); e != nil {
			return *e
		}
		return nil
	}
}

// Dir is the journal's folder.
func Dir(j *Journal) string { return j.opt.Dir }
