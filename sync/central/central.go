package central

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pitlane/edge/shop"
	"pitlane/edge/vault"
	"pitlane/edge/web"
	"pitlane/sync/wire"
)

// Run is head office: it opens the database, serves the office screens, and hears
// the shop on every link, until ctx ends. It returns when all of it has ended; a
// nil error means an end by ctx.
func Run(ctx context.Context, cfg Config, log *slog.Logger) error {
	cfg.fill()
	if cfg.Listener != nil {
		defer func() { _ = cfg.Listener.Close() }() // closed already where it was served on
	}
	member, err := shop.Load(cfg.Data)
	if err != nil {
		return &ConfigError{File: cfg.Data, Message: "cannot read the node's folder", Err: err,
			Hint: "make it with `pitlane shop add --role central`, and name it with data = in the configuration (" + err.Error() + ")"}
	}
	if member.Role != shop.RoleCentral {
		return &ConfigError{File: cfg.Data, Message: "the folder is that of a " + member.Role + ", not of a central",
			Hint: "name the folder that `pitlane shop add --role central` made"}
	}
	keys, err := vault.Open(vault.Options{Dir: cfg.Data, Node: member.Node, Key: member.Key, Roster: member.Roster, Log: log})
	if err != nil {
		return ended(ctx, err)
	}
	store, err := OpenSQLite(ctx, cfg.Database, keys)
	if err != nil {
		return ended(ctx, errors.Join(err, keys.Close()))
	}
	err = ended(ctx, serve(ctx, cfg, member, keys, store, log))
	if cerr := store.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close the database: %w", cerr))
	}
	return errors.Join(err, keys.Close())
}

func serve(ctx context.Context, cfg Config, member *shop.Member, keys *vault.Vault, store Store, log *slog.Logger) error {
	codec, err := wire.NewCodec()
	if err != nil {
		return err
	}
	defer codec.Close()
	o, err := newOffice(ctx, store, member, time.Now)
	if err != nil {
		return err
	}
	secured, err := linksTLS(cfg, member)
	if err != nil {
		return err
	}
	metrics := web.NewMetrics()
	api, err := o.pages(metrics)
	if err != nil {
		return err
	}
	ln := cfg.Listener
	if ln == nil {
		if ln, err = web.Listen(ctx, cfg.Listen); err != nil {
			return err
		}
	}
	take := &intake{store: store, codec: codec, roster: member.Roster, keys: keys, now: time.Now, log: log, took: make(chan struct{}, 1)}

	g, inner := errgroup.WithContext(ctx)
	for _, l := range cfg.Link {
		c := &courier{url: l.URL, secure: secured[l.URL+" "+l.ServerName], member: member, floor: cfg.Floor, ceiling: cfg.Ceiling, cosignEvery: cfg.CosignEvery,
			intake: take, office: o, log: log.With("broker", l.URL)}
		g.Go(func() error { return c.run(inner) })
	}
	g.Go(func() error { return take.follow(inner, o.reads) })
	g.Go(func() error {
		h := web.Watch(metrics, log, web.Guard(hosts(cfg.Hosts, ln.Addr()), api))
		return web.Serve(inner, ln, h, log)
	})
	log.Info("central serves", "address", ln.Addr().String(), "shop", member.Shop)
	return g.Wait()
}

// ended tells an end by the caller, which is none in error, from one by a fault.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// hosts are the configured names and the address itself; on loopback, also its
// other names.
func hosts(configured []string, addr net.Addr) []string {
	all := append([]string{addr.String()}, configured...)
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(strings.Trim(host, "[]")); err == nil && ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		all = append(all, "127.0.0.1:"+port, "localhost:"+port, "[::1]:"+port)
	}
	return all
}
