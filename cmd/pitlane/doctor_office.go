package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"pitlane/edge"
	"pitlane/edge/shop"
	"pitlane/edge/web"
	"pitlane/sync/central"
)

// office examines head office: it has no journal and no devices, but a database.
func (d *doctor) office(ctx context.Context, file string) {
	cfg, err := central.ReadConfig(file)
	if err != nil {
		d.bad("config", err.Error(), edge.Hint(err))
		return
	}
	d.good("config", file+" is understood")
	d.cfg.Data, d.cfg.HTTP.Listen = cfg.Data, cfg.Listen
	for _, l := range cfg.Link {
		d.cfg.Link = append(d.cfg.Link, edge.LinkConfig{URL: l.URL, ServerName: l.ServerName})
	}
	if d.member, err = shop.Load(cfg.Data); err != nil {
		d.bad("folder", err.Error(), "make the folder with `pitlane shop add --role central`, and name it with data =")
	} else if d.member.Role != shop.RoleCentral {
		d.bad("folder", fmt.Sprintf("it is that of %s, a %s", d.member.Node, d.member.Role), "name the folder that `pitlane shop add --role central` made with data =")
	} else {
		d.good("folder", fmt.Sprintf("%s, with a roster of %d nodes", d.member.Node, len(d.member.Roster.Nodes)))
	}
	d.clock()
	d.disk()
	d.officeHTTP(ctx)
	d.database(cfg.Data, cfg.Database)
	d.brokers(ctx)
	if d.member != nil {
		d.rights()
		d.certificate()
	}
}

// officeHTTP: head office has no socket that would say whether it runs, so what
// listens on its address is asked.
func (d *doctor) officeHTTP(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	ln, err := web.Listen(ctx, d.cfg.HTTP.Listen)
	if err == nil {
		_ = ln.Close() // it was only a look
		d.good("http", d.cfg.HTTP.Listen+" is free: head office is stopped")
		return
	}
	host, port, _ := net.SplitHostPort(d.cfg.HTTP.Listen) // it has been checked
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	req, rerr := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if rerr != nil {
		d.bad("http", rerr.Error(), "correct listen")
		return
	}
	res, rerr := http.DefaultClient.Do(req)
	if rerr != nil {
		d.bad("http", err.Error(), edge.Hint(err))
		return
	}
	_ = res.Body.Close() // only the status counts
	if res.StatusCode != http.StatusOK {
		d.bad("http", "/readyz answers "+res.Status, "look at the log of head office, or of the other program that listens there")
		return
	}
	d.good("http", "the pages are served on "+d.cfg.HTTP.Listen)
}

func (d *doctor) database(dir, name string) {
	if name == "" {
		name = "central.db"
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	if missing(name) {
		d.good("database", "none yet: the first start makes it")
		return
	}
	d.good("database", name+" is there")
}
