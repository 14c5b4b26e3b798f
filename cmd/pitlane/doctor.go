package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"pitlane/edge"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
)

func doctorCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "doctor --config FILE", Short: "check a node, running or not: one line a check, with a hint for each failure",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usage("--config is missing", "--config FILE is the node's edge.toml or central.toml")
			}
			d := &doctor{out: cmd.OutOrStdout()}
			d.examine(cmd.Context(), file)
			if d.failed > 0 {
				return &exit{code: exitFailure, quiet: true, err: fmt.Errorf("%d checks have failed", d.failed)}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the node's configuration `file`")
	return cmd
}

// doctor looks and changes nothing; it holds no port longer than a look takes.
type doctor struct {
	out    io.Writer
	failed int
	cfg    edge.Config
	member *shop.Member
	status *edge.Status // of the running node; nil when it is stopped
}

// examine runs the checks from the file outwards. What cannot be looked at without
// an earlier finding is left out.
func (d *doctor) examine(ctx context.Context, file string) {
	var err error
	if d.cfg, err = edge.ReadConfig(file); err != nil {
		if filepath.Base(file) == "central.toml" {
			d.office(ctx, file)
			return
		}
		d.bad("config", err.Error(), edge.Hint(err))
		return
	}
	d.good("config", file+" is understood")
	d.node(ctx)
	d.clock()
	d.disk()
	d.http(ctx)
	d.ports(ctx)
	d.brokers(ctx)
	if d.member != nil {
		d.rights()
		d.certificate()
		d.journal(ctx)
	}
}

func (d *doctor) good(check, what string) { d.line("ok", check, what) }

func (d *doctor) bad(check, what, hint string) {
	d.failed++
	d.line("FAIL", check, what+" — "+hint)
}

func (d *doctor) line(mark, check, text string) {
	_, _ = fmt.Fprintf(d.out, "%-4s  %-11s  %s\n", mark, check, text) // nobody is left to tell that stdout is gone
}

// node is the folder, and whether its node runs.
func (d *doctor) node(ctx context.Context) {
	member, err := shop.Load(d.cfg.Data)
	if err != nil {
		d.bad("folder", err.Error(), "make the folder with `pitlane shop add`, and name it with data =")
		return
	}
	d.member = member
	if (d.cfg.Node != "" && d.cfg.Node != member.Node) || (d.cfg.Role != "" && d.cfg.Role != member.Role) {
		d.bad("folder", fmt.Sprintf("it is that of %s, a %s, but the configuration names another", member.Node, member.Role), "correct node and role, or data")
	} else {
		d.good("folder", fmt.Sprintf("%s, a %s, with a roster of %d nodes", member.Node, member.Role, len(member.Roster.Nodes)))
	}
	res, err := ask(ctx, d.cfg.Data, "/status")
	if err != nil {
		d.bad("socket", err.Error(), "the node hangs: look at its log, then start it again")
		return
	}
	if res == nil {
		d.good("socket", "the node is stopped")
		return
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end
	var s edge.Status
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		d.bad("socket", "its answer is not understood", "run the pitlane that belongs to the running edge")
		return
	}
	d.status = &s
	d.good("socket", fmt.Sprintf("the node runs as process %d since %s", s.PID, s.Started.Format("2006-01-02 15:04:05")))
}

// journal opens a stopped node's files, and asks a running one.
func (d *doctor) journal(ctx context.Context) {
	if d.status != nil {
		d.good("journal", fmt.Sprintf("in use, %d origins; `pitlane verify` checks it all", len(d.status.Origins)))
		return
	}
	j, err := journal.OpenReadOnly(ctx, d.cfg.Data)
	if noneYet(err, d.cfg.Data) {
		d.good("journal", "none yet: the first start makes it")
		return
	}
	if err != nil {
		d.bad("journal", err.Error(), journalHint(err, d.cfg.Data))
		return
	}
	var events uint64
	for _, t := range j.Tips() {
		events += t.Size - t.Low
	}
	if err := j.Close(); err != nil {
		d.bad("journal", err.Error(), journalHint(err, d.cfg.Data))
		return
	}
	d.good("journal", fmt.Sprintf("%d events of %d origins; `pitlane verify` checks it all", events, len(j.Tips())))
}

// noneYet: a node that was added but never started has no journal.
func noneYet(err error, dir string) bool {
	return err != nil && missing(filepath.Join(dir, "identity"))
}

func journalHint(err error, dir string) string {
	if errors.Is(err, journal.ErrLocked) {
		return "another program has it open but does not answer on " + filepath.Join(dir, edge.SocketName) + ": stop that program"
	}
	return "`pitlane verify --data DIR` names what is wrong, `pitlane salvage` takes out what checks out"
}
