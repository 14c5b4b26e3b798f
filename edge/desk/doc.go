// Package desk takes what people say at the kiosk, in the bay and at reception,
// and writes it down; what is over it seals, and it gives the receipt out.
//
// It promises: nothing is written that the visit does not allow (edge/job decides),
// nor on top of news that the person had not seen; the same request sent twice is
// written once and answered alike; a signature is bound to exactly the text shown;
// a customer's key leaves only after the gate pass; a visit ends only with the
// second signature and the key gone, also when the edge restarts in between.
//
// It moves no lock and reads no car (edge/bay does), and it keeps no pick-up code
// in clear.
package desk
