package edge

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

const clearHint = "in clear its password would travel readable: write tls:// and the port of the broker's TLS listener, e.g. tls://demo-reception:8883; tcp:// is for 127.0.0.1"

func (c *Config) checkLinks() (message, hint string) {
	for _, l := range c.Link {
		if message, hint = l.check(); message != "" {
			return message, hint
		}
	}
	if b := c.Broker; b != nil {
		if _, _, err := net.SplitHostPort(b.Listen); err != nil {
			return "broker.listen is not host:port", `write it as "127.0.0.1:1883", or as "0.0.0.0:8883" for other machines, with TLS`
		}
		if b.TLS != nil && !*b.TLS && !loopback(b.Listen) {
			return "broker.listen leaves this machine in clear", "remove tls = false: passwords would travel readable; the links to it then need tls://"
		}
	}
	return "", ""
}

func (l LinkConfig) check() (message, hint string) {
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.User != nil {
		return "link.url is not the address of a broker", `write it as "tls://demo-reception:8883", or "tcp://127.0.0.1:1883" on this machine, without a password`
	}
	secure := u.Scheme == "tls" || u.Scheme == "mqtts"
	ip, iperr := netip.ParseAddr(u.Hostname())
	switch {
	case !secure && u.Scheme != "tcp":
		return "link.url begins with " + u.Scheme, "use tls (mqtts), or tcp on this machine"
	case !secure && !loopback(u.Host):
		return "link.url leaves this machine in clear", clearHint
	case u.Port() == "":
		return "link.url has no port", "write it behind the host, :8883 for TLS"
	case secure && l.ServerName == "" && iperr == nil && !ip.IsLoopback():
		return "link.server_name is missing", `certificates name nodes, not addresses: write server_name = "demo-reception", the node whose certificate the broker shows`
	case !slices.Contains([]string{"lan", "central"}, l.Kind):
		return "link.kind is " + l.Kind, "use lan or central"
	}
	return "", ""
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}
