package link

import (
	"crypto/tls"
	"time"
)

// anchored makes certificates judged by no earlier time than the last at which this
// node's clock was synchronised, as its journal says. Beyond the end of the node's own
// certificate that was no right clock, and it must not shut the node out for ever.
func (l *Link) anchored(newest func(node string) time.Time) *tls.Config {
	if l.cfg.TLS == nil {
		return nil
	}
	c := l.cfg.TLS.Clone()
	now := c.Time
	if now == nil {
		now = l.cfg.Now
	}
	var ends time.Time
	if len(c.Certificates) > 0 && c.Certificates[0].Leaf != nil {
		ends = c.Certificates[0].Leaf.NotAfter
	}
	c.Time = func() time.Time {
		t := now()
		if a := newest(l.cfg.Node); a.After(t) && a.Before(ends) {
			return a
		}
		return t
	}
	return c
}
