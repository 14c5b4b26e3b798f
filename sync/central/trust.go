package central

import (
	"crypto/tls"
	"errors"
	"time"

	"pitlane/edge/shop"
	"pitlane/sync/wire"
)

// linksTLS are the links that speak TLS, by url and server name; one in clear has none.
func linksTLS(cfg Config, member *shop.Member) (map[string]*tls.Config, error) {
	out := map[string]*tls.Config{}
	for _, l := range cfg.Link {
		if !wire.Secure(l.URL) {
			continue
		}
		c, err := member.DialTLS(wire.ServerName(l.URL, l.ServerName), time.Now)
		if err != nil {
			return nil, &ConfigError{File: cfg.Data, Message: "the link to " + l.URL + " cannot be made: " + err.Error(), Hint: nextStep(err), Err: err}
		}
		out[l.URL+" "+l.ServerName] = c
	}
	return out, nil
}

func nextStep(err error) string {
	if e, ok := errors.AsType[*shop.CertificateError](err); ok {
		return e.Hint
	}
	return "look at the node's folder with `pitlane doctor`"
}

// distrusted is the next step where the two ends do not trust each other.
func distrusted(err error) string {
	if e, ok := errors.AsType[*wire.TrustError](err); ok {
		return e.Hint
	}
	return "look at the broker and the network; the shop works on, and its news arrive when it is back"
}
