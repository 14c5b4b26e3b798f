package edge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pitlane/edge/board"
	"pitlane/edge/desk"
	"pitlane/edge/journal"
	"pitlane/edge/tlog"
	"pitlane/edge/vault"
	"pitlane/edge/web"
)

// eraseAsTold carries out the erasures that the journal tells of, whichever node
// ordered them, and says on the screens who has not confirmed one.
func (h *house) eraseAsTold(ctx context.Context) error {
	wake, stop := h.vault.Wake()
	defer stop()
	done := make(chan error, 1)
	go func() { done <- h.vault.Follow(ctx, h.journal) }()
	for said := ""; ; {
		if now := missingOf(h.vault.Unconfirmed()); now != said {
			said = now
			h.board.Tell(erasureNews(now))
		}
		select {
		case <-wake:
		case err := <-done:
			return err
		}
	}
}

// missingOf names the nodes that have not confirmed, and for how many visits.
func missingOf(list []vault.Unconfirmed) string {
	var nodes []string
	for _, u := range list {
		nodes = append(nodes, u.Missing...)
	}
	slices.Sort(nodes)
	if len(nodes) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (visits: %d)", strings.Join(slices.Compact(nodes), ", "), len(list))
}

func erasureNews(missing string) board.Now {
	if missing == "" {
		return board.Now{ClearFault: &board.ClearFault{Kind: "erasure"}}
	}
	return board.Now{Fault: &board.Fault{Kind: "erasure", Message: "data is erased here and not yet confirmed by " + missing,
		Hint: "connect these nodes: they erase by themselves; one that is gone for good is taken off the roster"}}
}

// EraseOrder is the question of POST /erase on the socket.
type EraseOrder struct {
	Job         string `json:"job"`
	By          string `json:"by"`
	Reason      string `json:"reason"`
	ContactOnly bool   `json:"contact_only"`
}

// EraseState is the answer of POST /erase and of GET /erase?job=: what is erased on
// the node asked, and which nodes have not confirmed that they have done the same.
type EraseState = desk.ErasureState

// socketErase answers POST /erase.
func (h *house) socketErase(w http.ResponseWriter, r *http.Request) {
	var o EraseOrder
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil || o.Job == "" || o.By == "" || o.Reason == "" {
		web.WriteError(w, web.Fail(http.StatusBadRequest, "request", "job, by and reason are needed", "run `pitlane erase --help`"))
		return
	}
	var id journal.RequestID
	_, _ = rand.Read(id[:]) // crypto/rand does not fail
	err := h.desk.EraseData(r.Context(), desk.Erasure{Job: o.Job, By: o.By, Reason: o.Reason, ContactOnly: o.ContactOnly, Request: id})
	if err == nil {
		err = h.vault.CatchUp(r.Context(), h.journal)
	}
	if err != nil {
		web.WriteError(w, err)
		return
	}
	answerJSON(w, h.eraseState(o.Job))
}

func (h *house) eraseState(id string) EraseState {
	s := EraseState{Job: id, Work: h.vault.Erased(id, tlog.Work), Contact: h.vault.Erased(id, tlog.Contact), Missing: []string{}}
	for _, u := range h.vault.Unconfirmed() {
		if u.Job == id {
			s.Missing = u.Missing
		}
	}
	return s
}
