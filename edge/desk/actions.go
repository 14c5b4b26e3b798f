package desk

import (
	"encoding/json"

	"pitlane/edge/web"
)

// Actions is the table of every call that people's screens make.
func (d *Desk) Actions() []web.Action {
	actions := append(d.kioskActions(), d.bayActions()...)
	actions = append(actions, d.deskActions()...)
	return append(actions, d.historyQuery(), d.receiptQuery(), d.erasureQuery())
}

const (
	sampleRequest = "00000000000000000000000000000001"
	sampleJob     = "0000000000000000"
	sampleCode    = "00000000"
)

func (d *Desk) kioskActions() []web.Action {
	of := OfJob{Request: sampleRequest, Job: sampleJob}
	strokes := json.RawMessage(`[{"points":[{"x":1,"y":1,"time":0,"pressure":0.5}]}]`)
	return []web.Action{
		web.NewAction("/api/v1/checkin/open", "begin a visit and compose its order", d.checkinOpen).Example(sampleOpen()),
		web.NewAction("/api/v1/checkin/sign", "sign exactly the text that was shown", d.checkinSign).Example(CheckinSign{
			Request: sampleRequest, Job: sampleJob, TextHash: textHash(""), ConsentScan: true, Strokes: strokes}),
		web.NewAction("/api/v1/checkin/decline", "say no to the order", d.checkinDecline).Example(CheckinDecline{Request: sampleRequest, Job: sampleJob}),
		web.NewAction("/api/v1/checkin/key", "open a slot for the key", d.checkinKey).Example(of),
		web.NewAction("/api/v1/checkin/finish", "end the check-in once the key hangs", d.checkinFinish).Example(of),
		web.NewAction("/api/v1/kiosk/reset", "wipe what is under way at the kiosk", d.reset).Example(Reset{Request: sampleRequest}),
		web.NewAction("/api/v1/kiosk/call", "ask for a person", d.call).Example(Call{Request: sampleRequest, Page: "plate"}),
		web.NewAction("/api/v1/pickup/open", "show a visit by its pick-up code", d.pickupOpen).Example(PickupOpen{Request: sampleRequest, Code: sampleCode}),
		web.NewAction("/api/v1/pickup/key", "sign for the car and open the key's slot", d.pickupKey).Example(PickupKey{
			Request: sampleRequest, Code: sampleCode, Strokes: strokes}),
		web.NewAction("/api/v1/pickup/rate", "rate the visit", d.pickupRate).Example(PickupRate{Request: sampleRequest, Code: sampleCode, Stars: 5}),
	}
}

func sampleOpen() CheckinOpen {
	return CheckinOpen{
		Request: sampleRequest, Lang: "en", Purpose: "repair", Plate: "京A12345", PlatePublic: "masked", Phone: "+8613800000000",
		Complaint: ComplaintIn{Taps: []string{"engine light"}, Words: "it comes on in the morning"},
		Walkround: WalkroundIn{None: true}, Belongings: BelongingsIn{Items: []string{"umbrella"}},
	}
}

func sampleStaff() Staff { return Staff{Request: sampleRequest, By: "nobody", Job: sampleJob} }

func (d *Desk) bayActions() []web.Action {
	st := sampleStaff()
	return []web.Action{
		web.NewAction("/api/v1/bay/receive", "sign a car into the bay", d.receive).Example(st),
		web.NewAction("/api/v1/bay/scan", "scan the car in the bay", d.scan).Example(st),
		web.NewAction("/api/v1/bay/mismatch", "say whose car stands in the bay", d.mismatchHere).Example(sampleMismatch()),
		web.NewAction("/api/v1/bay/clear", "clear the codes of the car in the bay, once", d.clear).Example(sampleClear()),
		web.NewAction("/api/v1/bay/live", "begin, change or end live values on the bay's screen", d.live).Example(sampleLive()),
		web.NewAction("/api/v1/bay/start", "start the work", d.start).Example(st),
		web.NewAction("/api/v1/bay/pause", "pause the work with a reason", d.pause).Example(Pause{Staff: st, Reason: "lift is taken"}),
		web.NewAction("/api/v1/bay/resume", "go on with the work", d.resume).Example(st),
		web.NewAction("/api/v1/bay/finish", "say that the work is done, with the cause", d.finish).Example(Finish{Staff: st, Cause: "worn sensor"}),
		web.NewAction("/api/v1/bay/extra", "raise an extra item", d.raise).Example(Raise{Staff: st, Text: "brake pads worn", Safety: true}),
	}
}

func (d *Desk) deskActions() []web.Action {
	st := sampleStaff()
	return []web.Action{
		web.NewAction("/api/v1/desk/assign", "send a car to a bay", d.assign).Example(Assign{Staff: st, Bay: "1", Lead: "t1"}),
		web.NewAction("/api/v1/desk/extra", "offer an extra item, or note the customer's answer", d.answer).Example(Answer{
			Staff: st, Extra: "00000000", Answer: "approved", Channel: "phone"}),
		web.NewAction("/api/v1/desk/mismatch", "say whose car stands in the bay", d.mismatch).Example(sampleMismatch()),
		web.NewAction("/api/v1/desk/inspect", "fill in the inspection sheet", d.inspect).Example(Inspect{Staff: st, Passed: true, Checks: []string{"test drive"}}),
		web.NewAction("/api/v1/desk/prepare", "say that the car is prepared for hand-back", d.prepare).Example(st),
		web.NewAction("/api/v1/desk/notify", "note that the customer was told", d.notify).Example(Notify{Staff: st, Channel: "phone"}),
		web.NewAction("/api/v1/desk/settle", "state and settle the bill", d.settle).Example(Settle{Staff: st, Paid: 20000, Method: "card"}),
		web.NewAction("/api/v1/desk/erase", "erase the data of a visit that is over, on every node", d.erase).Example(Erase{Staff: st, Reason: "the customer asks for it"}),
		web.NewAction("/api/v1/desk/gatepass", "issue the gate pass", d.gatepass).Example(st),
		web.NewAction("/api/v1/desk/answered", "say that somebody has gone to a call", d.answered).Example(Answered{
			Request: sampleRequest, By: "nobody", Call: sampleRequest}),
		web.NewAction("/api/v1/desk/handback", "take the customer's signature for the car at the desk", d.handback).Example(Handback{
			Staff: st, Strokes: json.RawMessage(`[{"points":[{"x":1,"y":1,"time":0,"pressure":0.5}]}]`)}),
		web.NewAction("/api/v1/keys/take", "open the slot of a job's key for staff who need the car", d.takeKey).Example(ForWork{Staff: st, Reason: "test drive"}),
		web.NewAction("/api/v1/keys/return", "open a slot for a key that staff brings back", d.returnKey).Example(ForWork{Staff: st}),
		web.NewAction("/api/v1/keys/open", "open a slot that holds no job's key", d.openSlot).Example(OpenSlot{Request: sampleRequest, By: "nobody", Slot: 1, Reason: "a key of nobody hangs there"}),
		web.NewAction("/api/v1/keys/acknowledge", "note who has looked at an alarm or a warning", d.acknowledge).Example(Ack{Request: sampleRequest, By: "nobody", Alarm: sampleJob}),
		web.NewAction("/api/v1/desk/release", "open the slot of a job's key by staff", d.release).Example(Release{Staff: st, Slot: 1, Reason: "customer has lost the code"}),
	}
}
