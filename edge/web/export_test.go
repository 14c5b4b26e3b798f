package web

import (
	"net"
	"time"
)

// HastySocket is Socket with another pace.
func HastySocket(feed Feed, m *Metrics, beat, write time.Duration) Action {
	return socket(feed, m, pace{beat: beat, write: write})
}

// Capped is a listener that holds at most so many connections.
func Capped(ln net.Listener, most int64) net.Listener { return capped(ln, most) }
