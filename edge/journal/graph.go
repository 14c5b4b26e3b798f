package journal

import (
	"bytes"
	"slices"
)

// graph is one job's events as a graph: an event's parents are those that its leaf
// names and the event before it of the same origin.
type graph struct {
	nodes   map[Hash]graphNode
	last    map[string]Hash // origin → its newest event of the job
	claimed map[Hash]bool   // named as a parent by somebody
}

type graphNode struct {
	origin  string
	kind    string
	parents []Hash
}

func newGraph() *graph {
	return &graph{nodes: map[Hash]graphNode{}, last: map[string]Hash{}, claimed: map[Hash]bool{}}
}

// add takes the origin's next event of the job. Events of different origins come
// in any order: a parent may arrive after its child.
func (g *graph) add(e *Entry) {
	n := graphNode{origin: e.Origin, kind: e.Kind, parents: slices.Clone(e.Parents)}
	if before, ok := g.last[e.Origin]; ok {
		n.parents = append(n.parents, before)
	}
	for _, p := range n.parents {
		g.claimed[p] = true
	}
	g.nodes[e.Hash] = n
	g.last[e.Origin] = e.Hash
}

// tipsOfOthers is the job's events without a successor that another origin than
// this one wrote, in the order of their hashes.
func (g *graph) tipsOfOthers(origin string) []Hash {
	var out []Hash
	for of, h := range g.last {
		if of != origin && !g.claimed[h] {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// moved says whether the job has an event of one of the kinds that is neither
// among seen nor an ancestor of it.
func (g *graph) moved(seen []Hash, kinds []string) bool {
	known := map[Hash]bool{}
	todo := slices.Clone(seen)
	for len(todo) > 0 {
		h := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if known[h] {
			continue
		}
		known[h] = true
		todo = append(todo, g.nodes[h].parents...)
	}
	for h, n := range g.nodes {
		if !known[h] && slices.Contains(kinds, n.kind) {
			return true
		}
	}
	return false
}
