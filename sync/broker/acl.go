package broker

import (
	"slices"
	"strings"
)

const prefix = "pitlane/v1/"

// mayWrite says whether user may publish to topic: a node below its own up
// branch, central below the down branch of any node. Only a node's few states
// may stay with the broker, so that a node's share of its memory is bounded.
func mayWrite(user, topic string, central, retain bool) bool {
	rest, ok := strings.CutPrefix(topic, prefix)
	if !ok || strings.ContainsAny(topic, "+#\x00") {
		return false
	}
	node, rest, _ := strings.Cut(rest, "/")
	way, leaf, _ := strings.Cut(rest, "/")
	if leaf == "" || !validUser(node) {
		return false
	}
	if retain && !slices.Contains([]string{"have", "live", "online", "key", "erased", "tombs"}, leaf) {
		return false
	}
	return way == "up" && node == user || way == "down" && central
}

// mayRead says whether every topic that filter matches may be read by user: what
// any node writes, and what central writes for this one.
func mayRead(user, filter string) bool {
	rest, ok := strings.CutPrefix(filter, prefix)
	if !ok {
		return false
	}
	node, rest, _ := strings.Cut(rest, "/")
	way, leaf, _ := strings.Cut(rest, "/")
	if leaf == "" {
		return false
	}
	return way == "up" && (node == "+" || validUser(node)) || way == "down" && node == user
}

// validUser says whether s is a node name: 3 to 48 of a-z, 0-9 and -. A name of
// any other form could be read as a pattern.
func validUser(s string) bool {
	if len(s) < 3 || len(s) > 48 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}
