package desk

import (
	"context"

	"pitlane/edge/board"
)

// Call asks for a person to come to the kiosk (K-032). The request is the call's id.
type Call struct {
	Request string `json:"request" rule:"required"`
	Page    string `json:"page" rule:"max=40"`
}

// CallOut says that the desk's screens show the call.
type CallOut struct {
	Called bool `json:"called"`
}

func (d *Desk) call(_ context.Context, in Call) (CallOut, error) {
	if _, err := requestID(in.Request); err != nil {
		return CallOut{}, err
	}
	d.cfg.Board.Tell(board.Now{Call: &board.Call{ID: in.Request, At: d.cfg.Now().UTC(), Page: in.Page, Ticket: d.session.ticket()}})
	return CallOut{Called: true}, nil
}

// Answered ends a call.
type Answered struct {
	Request string `json:"request" rule:"required"`
	By      string `json:"by" rule:"required,max=40"`
	Call    string `json:"call" rule:"required,max=40"`
}

func (d *Desk) answered(_ context.Context, in Answered) (Nothing, error) {
	if _, err := d.person(Staff{Request: in.Request, By: in.By}); err != nil {
		return Nothing{}, err
	}
	d.cfg.Board.Tell(board.Now{Answered: &in.Call})
	return Nothing{}, nil
}
