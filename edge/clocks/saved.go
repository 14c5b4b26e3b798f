package clocks

import (
	"cmp"
	"errors"
	"slices"
)

// Saved is what clocks know, to be kept between two runs of a program.
type Saved struct {
	Boots []SavedBoot `json:"boots"` // of each node in the order of their places
}

// SavedBoot is one boot of one node. Times are in ms.
type SavedBoot struct {
	Node    string     `json:"node"`
	Boot    string     `json:"boot"`
	First   int64      `json:"first"`
	Last    int64      `json:"last"`
	Newest  int64      `json:"newest,omitempty"`
	Anchors [][2]int64 `json:"anchors,omitempty"` // boottime and wall clock, by boottime
}

// Save gives all that was heard.
func (c *Clocks) Save() Saved {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out Saved
	places := map[[2]string]int{}
	for node, of := range c.boots {
		for id, b := range of {
			s := SavedBoot{Node: node, Boot: id, First: b.first, Last: b.last, Newest: b.newest}
			for _, a := range b.anchors {
				s.Anchors = append(s.Anchors, [2]int64{a.bootMS, a.wallMS})
			}
			places[[2]string{node, id}] = b.place
			out.Boots = append(out.Boots, s)
		}
	}
	slices.SortFunc(out.Boots, func(x, y SavedBoot) int {
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(places[[2]string{x.Node, x.Boot}], places[[2]string{y.Node, y.Boot}]))
	})
	return out
}

// Restore puts what was saved in the place of what is known.
func (c *Clocks) Restore(s Saved) error {
	boots := map[string]map[string]*boot{}
	for _, x := range s.Boots {
		of := boots[x.Node]
		if of == nil {
			of = map[string]*boot{}
			boots[x.Node] = of
		}
		if of[x.Boot] != nil {
			return errors.New("saved clocks with a boot twice")
		}
		b := &boot{first: x.First, last: x.Last, newest: x.Newest, place: len(of)}
		for i, a := range x.Anchors {
			if i > 0 && a[0] <= x.Anchors[i-1][0] {
				return errors.New("saved clocks with anchors out of order")
			}
			b.anchors = append(b.anchors, anchor{a[0], a[1]})
		}
		of[x.Boot] = b
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.boots = boots
	return nil
}
