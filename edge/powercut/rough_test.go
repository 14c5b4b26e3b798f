//go:build !race

package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"pitlane/housetest"
)

// TestEveryStateOfARoughLifeOpens enumerates what a disk may hold when its node was killed,
// or its disk failed, or the power was cut before, once or several times: a start does its
// own work on what the last end has left, and may itself be cut short.
func TestEveryStateOfARoughLifeOpens(t *testing.T) {
	t.Parallel()
	roughLives(t, "clear")
}

// TestEveryStateOfARoughLifeWithKeysOpens is the same of a journal with keys.
func TestEveryStateOfARoughLifeWithKeysOpens(t *testing.T) {
	t.Parallel()
	roughLives(t, "keys")
}

func roughLives(t *testing.T, name string) {
	t.Helper()
	seed := uint64(1)
	if housetest.Soak(t) > 0 {
		seed = rand.Uint64()
	}
	rnd := rand.New(rand.NewPCG(seed, 3))
	lives, bad := 0, 0
	var states atomic.Int64
	for range housetest.Rounds(t, 2) {
		l := roughLife{t: t, name: name, rnd: rnd, dir: scratch(t)}
		tr := l.live()
		at := filepath.Join(l.dir, "state")
		for range 50 {
			states.Add(1)
			if err := oneState(t, tr, rnd, at); err != nil {
				t.Errorf("seed %d, life %d, %s: %v", seed, lives, strings.Join(l.story, ", "), err)
				bad++
			}
		}
		lives++
		if err := os.RemoveAll(l.dir); err != nil {
			t.Fatal(err)
		}
		if bad >= 10 {
			break
		}
	}
	t.Logf("seed %d: %d states of %d lives", seed, states.Load(), lives)
}

// roughLife is one life with its misfortunes.
type roughLife struct {
	t     *testing.T
	name  string
	rnd   *rand.Rand
	dir   string
	story []string
}

// live lets up to three misfortunes happen, each in two days, with or without a power cut
// after it. The last two days are the ones to look at.
func (l *roughLife) live() trace {
	l.t.Helper()
	tr := trace{Acks: []tracedAck{newAcked().noted(0)}, Root: filepath.Join(l.dir, "n")}
	for range 1 + l.rnd.IntN(3) {
		tr = recorded(l.t, l.name, l.dir, l.misfortune(), tr)
		if l.rnd.IntN(2) == 0 {
			tr = l.cut(tr)
		}
	}
	tr = recorded(l.t, l.name, l.dir, l.misfortune(), tr)
	tr.told = tell(l.t, l.name, l.dir)
	return tr
}

// misfortune is a kill, a call that fails, or none.
func (l *roughLife) misfortune() (h harm) {
	n := 1 + l.rnd.IntN(660)
	switch l.rnd.IntN(5) {
	case 0, 1:
		h.Killed = n
		l.story = append(l.story, fmt.Sprintf("killed at call %d", n))
	case 2, 3:
		h.Fails, h.Lasting = n, l.rnd.IntN(2) == 0
		h.Errno = []unix.Errno{unix.EIO, unix.ENOSPC}[l.rnd.IntN(2)]
		l.story = append(l.story, fmt.Sprintf("call %d fails with %s (lasting: %v)", n, unix.ErrnoName(h.Errno), h.Lasting))
	default:
		l.story = append(l.story, "nothing")
	}
	return h
}

// cut cuts the power somewhere in a life: it goes on with what lies on the disk then.
func (l *roughLife) cut(tr trace) trace {
	l.t.Helper()
	k := l.rnd.IntN(len(tr.Calls) + 1)
	s, a := tr.cut(k, l.rnd)
	l.story = append(l.story, fmt.Sprintf("cut after call %d of %d", k, len(tr.Calls)))
	if err := os.RemoveAll(tr.Root); err != nil {
		l.t.Fatal(err)
	}
	if err := lay(s.Files, tr.Root, tr.Root); err != nil {
		l.t.Fatal(err)
	}
	return trace{Root: tr.Root, Found: s, Acks: []tracedAck{a.noted(0)}}
}
