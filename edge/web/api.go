package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// API is a table of actions served by one mux and told by one OpenAPI document.
type API struct {
	title   string
	actions []Action
	mux     *http.ServeMux
	doc     []byte
}

// NewAPI makes the mux and the document, and adds GET /api/openapi.json itself. It
// refuses a table with two actions in one place.
func NewAPI(title string, actions ...Action) (*API, error) {
	a := &API{title: title, mux: http.NewServeMux()}
	a.actions = append(slices.Clone(actions), NewPage("/api/openapi.json", "this document", jsonType, a.serveDocument))
	for _, act := range a.actions {
		if err := a.handle(act); err != nil {
			return nil, err
		}
	}
	doc, err := json.MarshalIndent(document(title, a.actions), "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	a.doc = append(doc, '\n')
	return a, nil
}

// handle turns the panic of ServeMux about a doubled pattern into an error.
func (a *API) handle(act Action) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("serve %s %s: %v", act.Method, act.Path, r)
		}
	}()
	a.mux.HandleFunc(act.Method+" "+act.Path, act.Handler)
	return nil
}

// Actions is the table, for tests that hold it against the document.
func (a *API) Actions() []Action { return slices.Clone(a.actions) }

// Document is the OpenAPI 3.1 document.
func (a *API) Document() []byte { return slices.Clone(a.doc) }

func (a *API) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(a.doc) // the caller is gone: nobody is left to tell
}

// ServeHTTP implements http.Handler. Put Guard in front of it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, pattern := a.mux.Handler(r)
	if pattern != "" {
		if rt, ok := r.Context().Value(routeKey{}).(*route); ok {
			rt.pattern = pattern
		}
		a.mux.ServeHTTP(w, r)
		return
	}
	_ = h // the mux's own 404 and 405 are plain text; ours are JSON
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, p := a.mux.Handler(other); p != "" {
			w.Header().Set("Allow", method)
			WriteError(w, Fail(http.StatusMethodNotAllowed, "method", "this address takes "+method+" only", "see /api/openapi.json"))
			return
		}
	}
	WriteError(w, Fail(http.StatusNotFound, "not_found", "there is nothing at this address", "see /api/openapi.json"))
}
