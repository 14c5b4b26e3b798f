package broker

import (
	"bytes"
	"log/slog"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// guard answers the server's questions about who may do what.
type guard struct {
	mqtt.HookBase
	door    *door
	check   func(user, password string) bool
	central func(user string) bool
	log     *slog.Logger
	kept    sync.RWMutex // around what the server does with retained messages; see kept.go
}

// ID implements mqtt.Hook.
func (g *guard) ID() string { return "guard" }

// Provides implements mqtt.Hook.
func (g *guard) Provides(b byte) bool {
	return bytes.Contains([]byte{
		mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnSubscribe,
		mqtt.OnSubscribed, mqtt.OnPacketProcessed, mqtt.OnWill, mqtt.OnRetainMessage,
	}, []byte{b})
}

// OnConnectAuthenticate implements mqtt.Hook. What a client announces is checked
// here, will included: the server itself sends wills past the ACL.
func (g *guard) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	user := string(pk.Connect.Username)
	c, ok := cl.Net.Conn.(*conn)
	why := ""
	switch will := pk.Connect.WillTopic; {
	case !validUser(user):
		why = "user name is not a node name"
	case pk.Connect.ClientIdentifier != user:
		why = "client id is not the user name"
	case !ok || c.name != "" && c.name != user:
		why = "certificate is another node's"
	case !pk.Connect.Clean:
		why = "session is not clean"
	case pk.Connect.WillFlag && !mayWrite(user, will, g.central(user), pk.Connect.WillRetain):
		why = "will is outside the node's own topics"
	case !g.check(user, string(pk.Connect.Password)):
		why = "password does not fit"
	}
	if why != "" {
		g.log.Warn("broker refuses a login", "why", why)
		return false
	}
	return g.door.takeOver(c, user)
}

// OnACLCheck implements mqtt.Hook; it is asked for each publication and each
// subscription, and again for each delivery.
func (g *guard) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	user := string(cl.Properties.Username)
	if write {
		return mayWrite(user, topic, g.central(user), false)
	}
	return mayRead(user, topic)
}

// OnPublish implements mqtt.Hook: it drops what may be said but not kept. After it the
// server keeps the rest.
func (g *guard) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline || !pk.FixedHeader.Retain {
		return pk, nil
	}
	user := string(cl.Properties.Username)
	if !mayWrite(user, pk.TopicName, g.central(user), true) {
		return pk, packets.ErrRejectPacket
	}
	hold(cl, g.kept.Lock, g.kept.Unlock)
	return pk, nil
}

// OnSubscribe implements mqtt.Hook: filters above the limit are made invalid, so
// that the server refuses each by itself.
func (g *guard) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	held := cl.State.Subscriptions.GetAll()
	n := len(held)
	for i, f := range pk.Filters {
		if _, again := held[f.Filter]; again {
			continue
		}
		if n++; n > maxFilters {
			pk.Filters[i].Filter = ""
		}
	}
	return pk
}
