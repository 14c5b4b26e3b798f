package web

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Error is a refusal that a person can act on. It is what an HTTP caller gets as
// {"error":{"kind","message","hint"}}; Err stays on this side.
type Error struct {
	Status  int
	Kind    string // one word of a closed list per call, for programs
	Message string // one sentence, without personal data
	Hint    string // the next step
	Err     error
}

// Fail makes an Error.
func Fail(status int, kind, message, hint string) *Error {
	return &Error{Status: status, Kind: kind, Message: message, Hint: hint}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *Error) NextStep() string { return e.Hint }

// ErrorBody is the form of every error answer.
type ErrorBody struct {
	Error ErrorText `json:"error"`
}

// ErrorText is the inside of an ErrorBody.
type ErrorText struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// WriteError answers with err. What is not an *Error is told as "internal" and
// nothing more: its text may hold what a screen may not know.
func WriteError(w http.ResponseWriter, err error) {
	e := &Error{}
	if !errors.As(err, &e) {
		e = Fail(http.StatusInternalServerError, "internal",
			"the edge could not do this", "try again; if it stays so, look at the edge's log")
	}
	status := e.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	writeJSON(w, status, ErrorBody{ErrorText{e.Kind, e.Message, e.Hint}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"kind":"internal","message":"the answer could not be written","hint":""}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller is gone: nobody is left to tell
}
