package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"pitlane/edge"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

// nodeFolders are the folders of --data: the folder itself when it is a node's,
// else every node's folder in it, as pitlane-sim makes them.
func nodeFolders(dir string) ([]string, error) {
	if dir == "" {
		return nil, usage("--data is missing", "--data DIR is a node's folder, or pitlane-sim's")
	}
	isNode := func(d string) bool { // one that has lost its identity still has its segments
		return !missing(filepath.Join(d, "identity")) || !missing(filepath.Join(d, "segments"))
	}
	if isNode(dir) {
		return []string{dir}, nil
	}
	if !missing(filepath.Join(dir, "central.toml")) {
		return nil, usage(dir+" is head office's: it keeps a database, not a journal", "name an edge's folder; what head office has is in central.db")
	}
	subs, err := os.ReadDir(dir)
	if err != nil {
		return nil, usage(err.Error(), "--data DIR is a node's folder, or pitlane-sim's")
	}
	var out []string
	for _, s := range subs {
		if d := filepath.Join(dir, s.Name()); s.IsDir() && isNode(d) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, usage(dir+" holds no journal", "--data DIR is a node's folder (with a file identity in it), or a folder of such")
	}
	return out, nil
}

// ask speaks to the running node of a folder. Without one the answer is nil.
func ask(ctx context.Context, dir, path string) (*http.Response, error) {
	res, err := askAny(ctx, dir, path)
	if err != nil || res == nil || res.StatusCode == http.StatusOK {
		return res, err
	}
	return nil, noAnswer(dir, errors.Join(errors.New(res.Status), res.Body.Close()))
}

// askAny is ask for a caller who makes something of another status.
func askAny(ctx context.Context, dir, path string) (*http.Response, error) {
	return send(ctx, dir, http.MethodGet, path, nil)
}

// send is askAny with a body. Without a running node the answer is nil.
func send(ctx context.Context, dir, method, path string, body io.Reader) (*http.Response, error) {
	conn, err := edge.DialSocket(ctx, dir)
	if err != nil {
		return nil, nil // nobody answers: the folder will say whether somebody should
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	req, err := http.NewRequestWithContext(ctx, method, "http://pitlane"+path, body)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask the node: %w", err), conn.Close())
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, noAnswer(dir, errors.Join(err, conn.Close()))
	}
	return res, nil
}

// keysOf are the keys of a stopped node, to look only, and why there are none. Without
// them what is sealed stays closed; the journal proves as much as with them, but for the
// payloads.
func keysOf(dir string) (*vault.Vault, error) {
	m, err := shop.Load(dir)
	if err != nil {
		return nil, err
	}
	return vault.Open(vault.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster, ReadOnly: true})
}

// openStopped opens the folder of a node that does not run.
func openStopped(ctx context.Context, dir string) (*journal.Journal, error) {
	var keys []tlog.Sealer
	if v, err := keysOf(dir); err == nil { // `pitlane verify` says why there are none
		keys = append(keys, v)
	}
	j, err := journal.OpenReadOnly(ctx, dir, keys...)
	if errors.Is(err, journal.ErrLocked) {
		return nil, noAnswer(dir, errors.New("it runs but does not answer on its socket"))
	}
	if err != nil {
		return nil, &exit{code: exitFailure, err: hinted(err)}
	}
	return j, nil
}

// hint is an error with what to do about it.
type hint struct {
	error
	next string
}

func (h hint) Error() string { return h.error.Error() + " (" + h.next + ")" }
func (h hint) Unwrap() error { return h.error }

// hinted adds what to do about a journal that cannot be read.
func hinted(err error) error {
	if next := journal.Advice(err); next != "" {
		return hint{err, next}
	}
	return err
}

func noAnswer(dir string, err error) error {
	return &exit{code: exitUnreachable, err: fmt.Errorf("ask the node of %s: %w", dir, err)}
}
