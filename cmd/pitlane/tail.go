package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"pitlane/edge/tlog"
)

func tailCommand() *cobra.Command {
	var data string
	var follow, contact bool
	cmd := &cobra.Command{
		Use: "tail --data DIR", Short: "print a journal, one JSON line an entry", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dirs, err := nodeFolders(data)
			if err != nil {
				return err
			}
			p := &printer{out: cmd.OutOrStdout(), seen: map[tlog.Hash]bool{}}
			var g errgroup.Group // a node that cannot be read keeps no other from being read
			if !follow {
				g.SetLimit(1) // one node after the other
			}
			for _, dir := range dirs {
				g.Go(func() error { return tailNode(cmd.Context(), p, dir, follow, contact) })
			}
			if err := g.Wait(); err != nil && cmd.Context().Err() == nil {
				return err
			}
			return nil // ended by the operator: that is how following ends
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "a node's folder, or that of pitlane-sim")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with what is written from now on (the node must run)")
	cmd.Flags().BoolVar(&contact, "contact", false, "print names, phones and signatures too")
	return cmd
}

func tailNode(ctx context.Context, p *printer, dir string, follow, contact bool) error {
	bit := map[bool]string{true: "1", false: "0"}
	res, err := ask(ctx, dir, "/tail?follow="+bit[follow]+"&contact="+bit[contact])
	if err != nil {
		return err
	}
	if res != nil {
		defer func() { _ = res.Body.Close() }() // it was only read
		return p.lines(res.Body)
	}
	if follow {
		return noAnswer(dir, fmt.Errorf("it does not run, so there is nothing to follow: leave --follow out"))
	}
	j, err := openStopped(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }() // nothing was written
	for _, tip := range j.Tips() {
		for e, err := range j.Read(ctx, tip.Origin, tip.Low) {
			if err != nil {
				return &exit{code: exitFailure, err: hinted(err)}
			}
			if err := p.line(e.Hash, tlog.TailLine(e, contact)); err != nil {
				return err
			}
		}
	}
	return nil
}

// printer prints each entry once, though several nodes of a shop hold it.
type printer struct {
	mu   sync.Mutex
	out  io.Writer
	seen map[tlog.Hash]bool
}

func (p *printer) line(h tlog.Hash, line []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[h] {
		return nil
	}
	p.seen[h] = true
	if _, err := p.out.Write(line); err != nil {
		return fmt.Errorf("print an entry: %w", err)
	}
	return nil
}

// lines prints what a running node sends.
func (p *printer) lines(r io.Reader) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var e struct {
			Hash tlog.Hash `json:"hash"`
		}
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			return &exit{code: exitFailure, err: fmt.Errorf("read the node's answer: %w", err)}
		}
		if err := p.line(e.Hash, append(s.Bytes(), '\n')); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return &exit{code: exitUnreachable, err: fmt.Errorf("read the node's answer: %w", err)}
	}
	return nil
}
