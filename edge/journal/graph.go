package journal

import (
	"bytes"
	"slices"
)

// graph is one job's events as a graph: an event's parents are those that its leaf
// names and the event before it of the same origin.
type graph struct {
	nodes   map[Hash]graphNode
	fresh   []graphNode     // not in nodes yet: most events are never asked for
	last    map[string]Hash // origin → its newest event of the job
	claimed map[Hash]bool   // named as a parent by another origin
}

type graphNode struct {
	hash    Hash
	kind    string
	before  Hash // of the same origin; zero for the first
	parents []Hash
}

func newGraph() *graph {
	return &graph{nodes: map[Hash]graphNode{}, last: map[string]Hash{}, claimed: map[Hash]bool{}}
}

// add takes the origin's next event of the job. Events of different origins come
// in any order: a parent may arrive after its child.
func (g *graph) add(e *Entry) {
	for _, p := range e.Parents {
		g.claimed[p] = true
	}
	g.fresh = append(g.fresh, graphNode{e.Hash, e.Kind, g.last[e.Origin], e.Parents})
	g.last[e.Origin] = e.Hash
}

// addAll takes those of entries that are of the job.
func (g *graph) addAll(job string, entries []Entry) {
	for i := range entries {
		if entries[i].Job == job {
			g.add(&entries[i])
		}
	}
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
	for _, n := range g.fresh {
		g.nodes[n.hash] = n
	}
	g.fresh = nil
	known := map[Hash]bool{}
	todo := slices.Clone(seen)
	for len(todo) > 0 {
		h := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if known[h] {
			continue
		}
		known[h] = true
		n := g.nodes[h]
		todo = append(append(todo, n.parents...), n.before)
	}
	for h, n := range g.nodes {
		if !known[h] && slices.Contains(kinds, n.kind) {
			return true
		}
	}
	return false
}
