package edge

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pitlane/edge/desk"
	"pitlane/edge/web"
)

// checkPublic holds what an address that is printed for customers must be: whole,
// and nothing in it that a phone would not take or that nobody should see.
func (c HTTPConfig) checkPublic() (message, hint string) {
	if c.Public == "" {
		return "", ""
	}
	hint = `write it as "https://receipts.example", without path, or leave it out`
	u, err := url.Parse(c.Public)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "http.public is not an address that a phone can open", hint
	case u.User != nil:
		return "http.public has a password in it", hint
	case strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(c.Public, "#"):
		return "http.public has more than a host", hint
	case strings.HasSuffix(u.Host, ":") || strings.ContainsAny(u.Host, "*% "):
		return "http.public: " + u.Host + " is not a host", hint
	}
	return "", ""
}

// publicBase is the configured address, without a slash at its end.
func (c HTTPConfig) publicBase() string { return strings.TrimSuffix(c.Public, "/") }

// publicHost is the Host of requests by that address; "" where there is none.
func (c HTTPConfig) publicHost() string {
	u, err := url.Parse(c.Public)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port) // a browser leaves it out
		}
	}
	return host
}

// guard is web.Guard for the names of this edge. By the public one, where it is not
// one of the others, only receipts are given out: the screens are the shop's,
// and no page of that name may change anything.
func (c HTTPConfig) guard(addr net.Addr, api http.Handler) http.Handler {
	known := hosts(c.Hosts, addr)
	public := c.publicHost()
	own := func(h string) bool { return strings.EqualFold(h, public) }
	if public == "" || slices.ContainsFunc(known, own) {
		return web.Guard(known, api)
	}
	shops := web.Guard(known, api)
	customers := web.Guard([]string{public}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !forCustomers(r) {
			web.WriteError(w, web.Fail(http.StatusNotFound, "not_found", "there is nothing at this address", "ask at the shop's desk"))
			return
		}
		api.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own(r.Host) {
			customers.ServeHTTP(w, r)
			return
		}
		shops.ServeHTTP(w, r)
	})
}

// forCustomers: what a customer's phone may ask for.
func forCustomers(r *http.Request) bool {
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	token, receipt := strings.CutPrefix(r.URL.Path, "/receipt/")
	return reading && (r.URL.Path == "/verify" || receipt && !strings.Contains(token, "/"))
}

// witnessed is who has cosigned an origin, as far as this node knows.
func (h *house) witnessed(origin string) desk.Witnessed {
	c, ok := h.journal.Cosigned(origin)
	if !ok {
		return desk.Witnessed{}
	}
	return desk.Witnessed{Size: c.Size, By: c.Witnesses()}
}
