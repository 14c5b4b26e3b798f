package broker

import (
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// The server reads where its retained messages are without the lock under which it
// writes that, so a subscription beside a retained publication could read half a
// string. The hooks below put a lock of our own around both: it is taken in the one
// that the server calls just before, and given back in the one just after. A client's
// hooks are all called from its own goroutine, which ends with letGo also when the
// server panics in between.

// hold keeps what unlock gives back until letGo. Clients that come by no door have
// no goroutine of ours, and none are made.
func hold(cl *mqtt.Client, lock, unlock func()) {
	if c, ok := cl.Net.Conn.(*conn); ok {
		c.letGo()
		lock()
		c.held = unlock
	}
}

func letGo(cl *mqtt.Client) {
	if c, ok := cl.Net.Conn.(*conn); ok {
		c.letGo()
	}
}

func (c *conn) letGo() {
	if c.held != nil {
		c.held()
		c.held = nil
	}
}

// OnSubscribed implements mqtt.Hook: after it the server looks for what it kept.
func (g *guard) OnSubscribed(cl *mqtt.Client, _ packets.Packet, _ []byte) {
	hold(cl, g.kept.RLock, g.kept.RUnlock)
}

// OnPacketProcessed implements mqtt.Hook: the subscriber has what was kept.
func (g *guard) OnPacketProcessed(cl *mqtt.Client, _ packets.Packet, _ error) { letGo(cl) }

// OnWill implements mqtt.Hook: after it the server keeps a will that is to be kept.
func (g *guard) OnWill(cl *mqtt.Client, will mqtt.Will) (mqtt.Will, error) {
	if will.Retain {
		hold(cl, g.kept.Lock, g.kept.Unlock)
	}
	return will, nil
}

// OnRetainMessage implements mqtt.Hook: it is kept.
func (g *guard) OnRetainMessage(cl *mqtt.Client, _ packets.Packet, _ int64) { letGo(cl) }
