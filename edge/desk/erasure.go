package desk

import (
	"context"
	"net/http"
	"slices"

	"pitlane/edge/board"
	"pitlane/edge/job"
	"pitlane/edge/web"
)

// ErasureState is what is erased of a visit on this node, and who has not said yet
// that it has erased the same.
type ErasureState struct {
	Job     string   `json:"job"`
	Work    bool     `json:"work_erased"`
	Contact bool     `json:"contact_erased"`
	Missing []string `json:"missing" doc:"the nodes that have not confirmed; a node that is away erases when it is back"`
}

// eraser refuses whoever is not of the one role of the shop that may see every field
// of a visit, and so knows what ends.
func (d *Desk) eraser(by string) error {
	allowed := func(p board.Person) bool { return p.ID == by && p.Role == "SA" }
	if slices.ContainsFunc(d.cfg.People, allowed) {
		return nil
	}
	return web.Fail(http.StatusForbidden, "not_your_role", "only an advisor may erase a visit's data",
		"have an advisor choose their name; the operator has `pitlane erase`")
}

// erasureQuery is a read.
func (d *Desk) erasureQuery() web.Action {
	return web.NewQuery("/api/v1/desk/erasure", "what is erased of a visit, and which nodes have not confirmed it",
		func(_ context.Context, arg func(string) string) (ErasureState, error) {
			id := arg("job")
			if d.cfg.Erasure == nil {
				return ErasureState{}, web.Fail(http.StatusServiceUnavailable, "no_keys", "this edge holds no keys", "ask at reception")
			}
			if id == "" {
				return ErasureState{}, reject(job.Unknown)
			}
			s := d.cfg.Erasure(id)
			if s.Missing == nil {
				s.Missing = []string{}
			}
			return s, nil
		},
		web.Param{Name: "job", Doc: "the job's id"})
}
