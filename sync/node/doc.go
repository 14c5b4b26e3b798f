// Package node joins an edge with its links and its embedded broker, for the doors
// that start one: the daemon and the laptop shop.
//
// It promises: what cannot be made is a fault on the screens, not the end, except
// what would carry a link's password in clear off this machine; a journal that is
// found damaged while it runs is opened anew, a few times.
//
// It holds no rule of the shop and no byte of the protocol.
package node
