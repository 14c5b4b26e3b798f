//go:build !race

package powercut

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// hold starts a node with its vault and holds both against what was acknowledged.
func (k *keyed) hold(ctx context.Context, dir string, a *acked) (err error) {
	v, j, err := k.open(ctx, dir, a)
	if err != nil {
		return fmt.Errorf("it does not open: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close(), v.Close(), inClear(dir, a)) }()
	for scope := range a.keys.Erased {
		if job, class := split(scope); !v.Erased(job, class) {
			return fmt.Errorf("%s is erased, and after the start nothing is known of it", scope)
		}
	}
	if err := v.CatchUp(ctx, j); err != nil { // as a program does when it starts
		return err
	}
	if err := holds(ctx, j, a, k.pieces[0].Origin, func(e journal.Entry) error { return payloads(v, a, &e) }); err != nil {
		return err
	}
	if err := k.given(ctx, v, j, a); err != nil {
		return err
	}
	return k.besides(v, a)
}

// payloads holds an entry of the node's own against what was appended.
func payloads(v *vault.Vault, a *acked, e *journal.Entry) error {
	if _, ok := a.own[e.Request]; !ok {
		return nil // nobody heard of it
	}
	n := int(e.Request[1])<<16 | int(e.Request[2])<<8 | int(e.Request[3])
	want := private(0, n)
	job := e.Job
	if e.Request[0] == 2 { // under the shop's key
		want, job = order(n, e.Kind, e.Job), ""
	}
	for i, p := range e.Parts() {
		text := [][]byte{want.Work, want.Contact}[i]
		if text == nil {
			continue
		}
		if err := payload(v, a, p, scopeOf(job, p.Place.Class), text); err != nil {
			return fmt.Errorf("seq %d: %w", e.Seq, err)
		}
	}
	return nil
}

// payload: what is erased is closed, whatever else is not opens.
func payload(v *vault.Vault, a *acked, p tlog.Part, scope string, want []byte) error {
	job, class := split(scope)
	erased, open := v.Erased(job, class), *p.Open
	switch {
	case erased && !a.keys.Ordered[scope]:
		return fmt.Errorf("%s is erased, and nobody asked for it", scope)
	case erased && open != nil:
		return fmt.Errorf("%s is erased and opens", scope)
	case erased, *p.Sealed == nil && a.keys.Ordered[scope]: // let go when it was written
		return nil
	case *p.Sealed == nil:
		return fmt.Errorf("%s has no payload", scope)
	case open == nil:
		return fmt.Errorf("the payload of %s was acknowledged and does not open", scope)
	case !bytes.Equal(open.Payload, want):
		return fmt.Errorf("%s opens to something else", scope)
	default:
		return nil
	}
}

func split(scope string) (string, tlog.Class) {
	for _, c := range []tlog.Class{tlog.Work, tlog.Contact} {
		if job, ok := bytes.CutSuffix([]byte(scope), []byte(" "+c.String())); ok {
			return string(job), c
		}
	}
	return "", 0
}

// given looks at the keys that came from the peer, and offers those again that are erased.
func (k *keyed) given(ctx context.Context, v *vault.Vault, j *journal.Journal, a *acked) error {
	origin, low := k.pieces[0].Origin, uint64(0)
	for _, tip := range j.Tips() {
		if tip.Origin == origin {
			low = tip.Low
		}
	}
	for e, err := range j.Read(ctx, origin, low) {
		if err != nil {
			return err
		}
		for _, p := range e.Parts() {
			job, class := p.Place.Job, p.Place.Class
			if p.Commit == (tlog.Hash{}) {
				continue // it never had one
			}
			if *p.Sealed == nil {
				return fmt.Errorf("the peer's seq %d, %s: its payload is gone", e.Seq, class)
			}
			kept := a.keys.Given[(*p.Sealed).Key.String()] && !a.keys.Ordered[scopeOf(job, class)]
			if kept && *p.Open == nil {
				return fmt.Errorf("the peer's seq %d, %s: its key was taken and does not open it", e.Seq, class)
			}
			if v.Erased(job, class) && *p.Open != nil {
				return fmt.Errorf("the peer's seq %d, %s: it is erased and opens", e.Seq, class)
			}
		}
	}
	for id, scope := range k.has {
		if !a.keys.Erased[scope] {
			continue
		}
		if err := k.give(v, []tlog.KeyID{id}); !errors.Is(err, vault.ErrErased) {
			return errors.Join(fmt.Errorf("an erased key of %s was offered again", scope), err)
		}
	}
	return nil
}

// besides looks at what else a vault keeps.
func (k *keyed) besides(v *vault.Vault, a *acked) error {
	for job, box := range a.keys.Columns {
		if box == nil {
			continue
		}
		plain, err := v.OpenColumn(job, "notes", box)
		erased := v.Erased(job, tlog.Work)
		if erased && !errors.Is(err, tlog.ErrNoKey) {
			return fmt.Errorf("a column of %s is erased and opens: %w", job, err)
		}
		if !erased && (err != nil || string(plain) != toldOfWork) {
			return fmt.Errorf("a column of %s does not open: %w", job, err)
		}
	}
	for job, at := range a.keys.Closed {
		if c, ok := v.Closed(job); !ok || c.At != at || c.Opener != desk {
			return fmt.Errorf("when %s was closed is forgotten", job)
		}
	}
	if a.keys.Local != nil && len(a.keys.Erased) > 0 {
		if _, err := v.OpenLocal("board", a.keys.Local); err == nil {
			return errors.New("what the node sealed for itself before an erasure opens after it")
		}
	}
	if word, err := v.Search("plate", toldOfWork); a.keys.Word != "" && (err != nil || word != a.keys.Word) {
		return errors.Join(errors.New("a search word is another one now"), err)
	}
	return nil
}

// inClear looks for what was told, and for keys, in every file of a node.
func inClear(dir string, a *acked) error {
	words := seek(a.keys.words())
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return written(path, func(b []byte) error { return words.in(path, b) })
	})
}

// written gives the parts of a file that were written: the files of a journal are mostly
// room for what is to come.
func written(path string, look func(b []byte) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for end := int64(0); ; {
		from, err := f.Seek(end, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return nil // nothing more
		}
		if err != nil {
			return err
		}
		if end, err = f.Seek(from, unix.SEEK_HOLE); err != nil {
			return err
		}
		b := make([]byte, end-from)
		if _, err := f.ReadAt(b, from); err != nil {
			return err
		}
		if err := look(b); err != nil {
			return err
		}
	}
}
