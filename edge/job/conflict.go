package job

import (
	"fmt"
	"slices"
	"strings"
)

// The contradictions that stay visible (design: order and time). Two people who
// could not know of each other decided otherwise, or a device saw what nobody had
// asked for. They end when somebody who knows both decides anew; what happened to
// money and keys stays.
const (
	OpenedTwice        = "opened_twice"
	TwoOrders          = "two_orders"           // two offers at once
	OrderAnsweredTwice = "order_answered_twice" // signed and declined at once
	SignedOtherText    = "signed_other_text"    // K-082: the signature is not for the newest offer
	TwoBays            = "two_bays"             // sent to, received or started in two bays at once
	ExtraOfferedTwice  = "extra_offered_twice"  // two prices or two new times at once
	ExtraAnsweredTwice = "extra_answered_twice" // yes and no at once
	InspectedTwice     = "inspected_twice"      // passed and failed at once
	TwoBills           = "two_bills"
	BillUnsigned       = "bill_unsigned_line" // K-093: a line that nobody signed or approved
	SettledTwice       = "settled_twice"      // paid twice
	KeyInTwoSlots      = "key_in_two_slots"
	KeyTakenUnasked    = "key_taken_unasked" // K-116: gone without an unlock
	SealedTwice        = "sealed_twice"      // two nodes sealed one visit
)

// contradict keeps the word of a contradiction.
func (s *State) contradict(word string) {
	if i, there := slices.BinarySearch(s.seen, word); !there {
		s.seen = slices.Insert(s.seen, i, word)
	}
}

// decision is what an event decides: two decisions about the same thing that say
// otherwise, neither knowing the other, contradict each other.
type decision struct {
	about string // the thing decided, with its word
	says  string
	word  string
	at    int // index in the order of telling
}

func decides(e Event) (decision, bool) {
	d := decision{}
	switch p := e.Payload.(type) {
	case Offered:
		d = decision{about: "offer", says: p.TextHash, word: TwoOrders}
	case Signed:
		d = decision{about: "order", says: "signed " + p.TextHash, word: OrderAnsweredTwice}
	case Declined:
		d = decision{about: "order", says: "declined", word: OrderAnsweredTwice}
	case BayAssigned:
		d = decision{about: "bay", says: p.Bay, word: TwoBays}
	case CarReceived:
		d = decision{about: "bay", says: p.Bay, word: TwoBays}
	case WorkStarted:
		d = decision{about: "bay", says: p.Bay, word: TwoBays}
	case ExtraOffered:
		d = decision{about: "offer of " + p.Extra, says: fmt.Sprint(p.Price, p.Promised), word: ExtraOfferedTwice}
	case ExtraApproved:
		d = decision{about: "answer to " + p.Extra, says: "yes", word: ExtraAnsweredTwice}
	case ExtraDeclined:
		d = decision{about: "answer to " + p.Extra, says: "no", word: ExtraAnsweredTwice}
	case InspectionPassed:
		d = decision{about: "inspection", says: "passed", word: InspectedTwice}
	case InspectionFailed:
		d = decision{about: "inspection", says: "failed", word: InspectedTwice}
	case MismatchDecided:
		d = decision{about: "the car of " + p.Scan, says: p.Decision, word: MismatchDecidedTwice}
	case BillStated:
		d = decision{about: "bill", says: fmt.Sprint(p.Lines, p.Total), word: TwoBills}
	}
	return d, d.word != ""
}

// concurrent are the words of the contradictions among events that did not know
// of each other, each once.
func concurrent(told []Event) []string {
	var known *past
	words := map[string]bool{}
	for _, group := range contested(told) {
		if known == nil {
			known = pastOf(told)
		}
		if unresolved(known, group) {
			words[group[0].word] = true
		}
	}
	list := make([]string, 0, len(words))
	for w := range words {
		list = append(list, w)
	}
	slices.Sort(list)
	return list
}

// contested are the decisions about one thing, where they do not all say the same.
func contested(told []Event) [][]decision {
	about := map[string][]decision{}
	for i, e := range told {
		if d, yes := decides(e); yes {
			d.at = i
			about[d.about] = append(about[d.about], d)
		}
	}
	var groups [][]decision
	for _, g := range about {
		other := func(d decision) bool { return d.says != g[0].says }
		if slices.ContainsFunc(g, other) {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b []decision) int { return strings.Compare(a[0].about, b[0].about) })
	return groups
}

// unresolved says whether two of the newest decisions about one thing contradict
// each other: a decision that another one knows is the past.
func unresolved(past *past, group []decision) bool {
	var newest []decision
	for i, d := range group {
		known := func(later decision) bool { return past.knows(later.at, d.at) }
		if !slices.ContainsFunc(group[i+1:], known) {
			newest = append(newest, d)
		}
	}
	other := func(d decision) bool { return d.says != newest[0].says }
	return len(newest) > 1 && slices.ContainsFunc(newest, other)
}

// past is what each event of a telling knew: of each origin, how many of its
// events lie before it by parents and by sequence.
type past struct {
	origin []int // event → number of its origin
	place  []int // event → its place in its origin, from 1
	clock  [][]int
}

func pastOf(told []Event) *past {
	p := &past{origin: make([]int, len(told)), place: make([]int, len(told)), clock: make([][]int, len(told))}
	number := map[string]int{}
	for i, e := range told {
		if _, there := number[e.Origin]; !there {
			number[e.Origin] = len(number)
		}
		p.origin[i] = number[e.Origin]
	}
	at := make(map[Hash]int, len(told))
	last := make([]int, len(number)) // origin → its newest event so far, from 1
	for i, e := range told {
		clock := make([]int, len(number))
		o := p.origin[i]
		if last[o] > 0 {
			copy(clock, p.clock[last[o]-1])
		}
		for _, h := range e.Parents {
			if j, here := at[h]; here {
				join(clock, p.clock[j])
			}
		}
		clock[o]++
		p.place[i], p.clock[i], last[o] = clock[o], clock, i+1
		at[e.Hash] = i
	}
	return p
}

func join(into, other []int) {
	for i, n := range other {
		into[i] = max(into[i], n)
	}
}

// knows says whether event a was written knowing of event b.
func (p *past) knows(a, b int) bool { return p.clock[a][p.origin[b]] >= p.place[b] }
