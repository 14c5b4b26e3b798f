package wire

import (
	"errors"
	"strings"
)

// Prefix begins every topic of pitlane, version 1.
const Prefix = "pitlane/v1/"

// Kind is the last word of a topic: what the message is.
type Kind string

// The kinds of messages.
const (
	Log    Kind = "log"    // a segment for everybody
	To     Kind = "to"     // for one node: a want or an ask, or the segment or keys that answer it
	HaveOf Kind = "have"   // retained: what the node has on disk
	LiveOf Kind = "live"   // retained: the node's newest heartbeat
	OnLine Kind = "online" // retained, with a will
	KeyOf  Kind = "key"    // retained: the key that parcels for the node are wrapped to
	Erased Kind = "erased" // retained: up to where the node has carried erasures out
	Tombs  Kind = "tombs"  // retained: how many erasures it has carried out, and their sum
)

// Topic is a topic name taken apart. Down topics are written by central for Node;
// all others are written by Node. To is the addressee of an up topic of kind To.
type Topic struct {
	Node string
	Down bool
	Kind Kind
	To   string
}

// ErrTopic is a topic name that is none of ours.
var ErrTopic = errors.New("not a topic of pitlane")

// String is the topic name.
func (t Topic) String() string {
	way := "/up/"
	if t.Down {
		way = "/down/"
	}
	s := Prefix + t.Node + way + string(t.Kind)
	if t.To != "" {
		s += "/" + t.To
	}
	return s
}

// ParseTopic takes a topic name apart. Only names that String gives are accepted.
func ParseTopic(s string) (Topic, error) {
	rest, ok := strings.CutPrefix(s, Prefix)
	if !ok || len(s) > 160 {
		return Topic{}, ErrTopic
	}
	part := strings.Split(rest, "/")
	if len(part) < 3 || len(part) > 4 || !ValidNode(part[0]) {
		return Topic{}, ErrTopic
	}
	t := Topic{Node: part[0], Down: part[1] == "down", Kind: Kind(part[2])}
	if !t.Down && part[1] != "up" {
		return Topic{}, ErrTopic
	}
	switch t.Kind {
	case Log, To, HaveOf, LiveOf, OnLine, KeyOf, Erased, Tombs:
	default:
		return Topic{}, ErrTopic
	}
	addressed := t.Kind == To && !t.Down
	if addressed != (len(part) == 4) {
		return Topic{}, ErrTopic
	}
	if addressed {
		t.To = part[3]
		if !ValidNode(t.To) {
			return Topic{}, ErrTopic
		}
	}
	return t, nil
}

// Retained says whether messages of this topic stay with the broker.
func (t Topic) Retained() bool {
	return t.Kind != Log && t.Kind != To
}

// AllUp is the filter of everything that nodes write.
const AllUp = Prefix + "+/up/#"

// AllDown is the filter of what central writes for one node.
func AllDown(node string) string { return Prefix + node + "/down/#" }

// ValidNode says whether s is a node name: 3 to 48 of a-z, 0-9 and -.
func ValidNode(s string) bool {
	return len(s) >= 3 && len(s) <= 48 && only(s, "-", 'z')
}

// ValidOrigin says whether s is an origin: a node name, a slash, 32 hex digits.
func ValidOrigin(s string) bool {
	node, epoch, ok := strings.Cut(s, "/")
	return ok && ValidNode(node) && len(epoch) == 32 && only(epoch, "", 'f')
}

// NodeOf is the node of an origin.
func NodeOf(origin string) string {
	node, _, _ := strings.Cut(origin, "/")
	return node
}

func only(s, extra string, last rune) bool {
	for _, r := range s {
		if (r < 'a' || r > last) && (r < '0' || r > '9') && !strings.ContainsRune(extra, r) {
			return false
		}
	}
	return true
}

var errOrigin = errors.New("not an origin")

func checkOrigin(s string) error {
	if !ValidOrigin(s) {
		return errOrigin
	}
	return nil
}

// clip keeps error texts short whatever came in.
func clip(s string) string {
	if len(s) > 96 {
		return s[:96] + "…"
	}
	return s
}
