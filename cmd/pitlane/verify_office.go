package main

import (
	"context"
	"os"
	"path/filepath"

	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/sync/central"
)

// verifyFolders are the folders that --data means: those of nodes, and those of head
// office, which keeps a database in the place of a journal.
func verifyFolders(dir string) (nodes, offices []string, err error) {
	if isOffice(dir) {
		return nil, []string{dir}, nil
	}
	if nodes, err = nodeFolders(dir); err != nil {
		return nil, nil, err
	}
	subs, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, usage(err.Error(), "--data DIR is a node's folder, or pitlane-sim's")
	}
	for _, s := range subs {
		if d := filepath.Join(dir, s.Name()); s.IsDir() && isOffice(d) {
			offices = append(offices, d)
		}
	}
	return nodes, offices, nil
}

// isOffice says whether a folder is head office's, and its database has been begun.
func isOffice(dir string) bool {
	return !missing(filepath.Join(dir, "central.toml")) && !missing(officeDatabase(dir))
}

func officeDatabase(dir string) string {
	cfg, err := central.ReadConfig(filepath.Join(dir, "central.toml"))
	if err != nil || cfg.Database == "" {
		return filepath.Join(dir, "central.db")
	}
	if filepath.IsAbs(cfg.Database) {
		return cfg.Database
	}
	return filepath.Join(dir, cfg.Database)
}

// verifyOffice checks head office's database, also against what head office has
// cosigned of the logs, as the nodes keep it: what it has cosigned it must hold.
func verifyOffice(ctx context.Context, dir string, cosigned []tlog.Cosigned) (tlog.VerifyReport, error) {
	m, err := shop.Load(dir)
	if err != nil {
		return unopened(dir, err), nil
	}
	keys, err := vault.Open(vault.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster, ReadOnly: true})
	if err == nil {
		defer func() { _ = keys.Close() }() // nothing was written
	} else {
		keys = nil // what is sealed stays closed
	}
	r, err := central.Verify(ctx, officeDatabase(dir), m.Roster, keys, cosigned...)
	if err != nil {
		return unopenedOffice(err), nil
	}
	return r, nil
}

// unopenedOffice is the report of a database that cannot be read.
func unopenedOffice(err error) tlog.VerifyReport {
	r := tlog.VerifyReport{Findings: []string{}, Proven: []string{}}
	r.Find("the database cannot be read: %v", err)
	r.Advise("head office: put the damaged database aside and start head office beside the shop's nodes; they give it again what they hold. A backup put back first gives what they have trimmed")
	return r
}

// cosignedOf are the cosigned checkpoints that nodes keep, and files of such.
func cosignedOf(dirs []string) ([]tlog.Cosigned, error) {
	var out []tlog.Cosigned
	for _, d := range dirs {
		more, err := journal.ReadCosigned(d)
		if err != nil {
			return nil, &exit{code: exitFailure, err: err}
		}
		out = append(out, more...)
	}
	return out, nil
}
