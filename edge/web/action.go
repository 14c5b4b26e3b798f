package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// Action is one row of the table from which the mux and the OpenAPI document are
// both made: a call, a query or a page.
type Action struct {
	Method  string // GET or POST
	Path    string // in the form of http.ServeMux, without method: /api/v1/vehicles/{id}
	Summary string
	Answer  string       // content type of the answer
	In      reflect.Type // of the body; nil where there is none
	Out     reflect.Type // of the answer; nil where it is not JSON
	Params  []Param      // of the query string
	Sample  any          // a body that passes the decoder; nil where there is none
	Handler http.HandlerFunc
}

// Param is one parameter of the query string.
type Param struct {
	Name string
	Doc  string
}

// NewAction is a state-changing call: POST with a JSON body of type In, answered
// with Out. The rules in the `rule` tags of In are held before do is called (see
// Check). do may be called from many goroutines.
func NewAction[In, Out any](path, summary string, do func(context.Context, In) (Out, error)) Action {
	return Action{
		Method: http.MethodPost, Path: path, Summary: summary, Answer: jsonType,
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
		Handler: func(w http.ResponseWriter, r *http.Request) {
			var in In
			if err := Decode(r.Body, &in); err != nil {
				WriteError(w, err)
				return
			}
			out, err := do(r.Context(), in)
			answer(w, r, out, err)
		},
	}
}

// NewQuery is a call that changes nothing: GET, answered with Out. arg gives a
// path value or a query parameter by its name, "" where it is missing.
func NewQuery[Out any](path, summary string, do func(ctx context.Context, arg func(string) string) (Out, error), params ...Param) Action {
	return Action{
		Method: http.MethodGet, Path: path, Summary: summary, Answer: jsonType,
		Out: reflect.TypeFor[Out](), Params: params,
		Handler: func(w http.ResponseWriter, r *http.Request) {
			arg := func(name string) string {
				if v := r.PathValue(name); v != "" {
					return v
				}
				return r.URL.Query().Get(name)
			}
			out, err := do(r.Context(), arg)
			answer(w, r, out, err)
		},
	}
}

// NewPage is anything else that is read: a page, an asset, the WebSocket. answer
// is its content type.
func NewPage(path, summary, answer string, h http.HandlerFunc, params ...Param) Action {
	return Action{Method: http.MethodGet, Path: path, Summary: summary, Answer: answer, Handler: h, Params: params}
}

// Example gives the document a body that the call takes.
func (a Action) Example(body any) Action {
	a.Sample = body
	return a
}

const jsonType = "application/json"

type outcomeKey struct{}

// outcome lets the access log say why, without what.
type outcome struct{ err error }

func answer(w http.ResponseWriter, r *http.Request, out any, err error) {
	if err == nil {
		writeJSON(w, http.StatusOK, out)
		return
	}
	if o, ok := r.Context().Value(outcomeKey{}).(*outcome); ok {
		o.err = err
	}
	WriteError(w, err)
}

// Decode reads one JSON value strictly into v: no unknown field, nothing after
// it, and the rules of its tags held.
func Decode(r io.Reader, v any) error {
	body, err := io.ReadAll(r)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge()
		}
		e := Fail(http.StatusBadRequest, "body", "the body could not be read", "send it again")
		e.Err = err
		return e
	}
	if len(body) > MaxBody {
		return tooLarge()
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Fail(http.StatusBadRequest, "json", "there is something after the JSON value", "send one JSON object")
	}
	return Check(v)
}

// badJSON says where, never what: a body may hold a name or a plate.
func badJSON(err error) *Error {
	see := "see /api/openapi.json"
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Fail(http.StatusBadRequest, "unknown_field", "the body has a field that is not known: "+short(name), see)
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return Fail(http.StatusBadRequest, "json", "the field "+short(t.Field)+" is not a "+t.Type.String(), see)
	}
	return Fail(http.StatusBadRequest, "json", "the body is not a JSON object of the expected form", see)
}

func short(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
