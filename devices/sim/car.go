package sim

import "time"

// Car is what answers behind the adapter's plug. Answer is called from the
// goroutine that serves the adapter, one request at a time.
type Car interface {
	// Title says which car it is, without VIN and plate.
	Title() string
	// Protocols are the ELM327 protocol numbers the car answers on; the first is
	// the one a search finds.
	Protocols() []string
	// Answer answers one request. A reply of nothing means a silent bus.
	Answer(Request) Reply
}

// Request is one request on the bus.
type Request struct {
	Data    []byte        // service and parameters, without the count digit
	Header  string        // as set by ATSH, "" for the functional default
	Receive string        // as set by ATCRA, "" for all
	Proto   string        // the protocol in use, 1..C
	Since   time.Duration // since the car was plugged in

	Headers, Spaces bool // how the adapter prints, for a car that answers in lines
}

// Reply is what came back: messages, which the adapter makes into frames and
// lines, or lines, printed as they are.
type Reply struct {
	Messages []Message
	Lines    []string
}

// Message is one whole answer of one control unit.
type Message struct {
	From  string        // 7E8, 18DAF110, or the third header byte: 10
	Data  []byte        // from the service on
	After time.Duration // from the request to its first frame; 0: the adapter's P2
	Late  bool          // it is missed where the adapter has stopped waiting before it
}

// isCAN reports whether an ELM327 protocol number is a CAN protocol.
func isCAN(proto string) bool { return proto >= "6" && proto <= "C" }

// is29 reports whether a CAN protocol has 29-bit identifiers.
func is29(proto string) bool { return proto == "7" || proto == "9" || proto == "A" }

// rateOf is the speed of a CAN protocol in kbit/s, a value of its own for any other.
func rateOf(proto string) string {
	switch proto {
	case "6", "7":
		return "500"
	case "8", "9":
		return "250"
	}
	return "protocol " + proto
}

// isKLine reports whether a bus must be initialised first.
func isKLine(proto string) bool { return proto >= "3" && proto <= "5" }

// protocolName is the word of ATDP for a number, "" for what is none.
func protocolName(proto string) string {
	names := map[string]string{
		"1": "SAE J1850 PWM", "2": "SAE J1850 VPW", "3": "ISO 9141-2",
		"4": "ISO 14230-4 (KWP 5BAUD)", "5": "ISO 14230-4 (KWP FAST)",
		"6": "ISO 15765-4 (CAN 11/500)", "7": "ISO 15765-4 (CAN 29/500)",
		"8": "ISO 15765-4 (CAN 11/250)", "9": "ISO 15765-4 (CAN 29/250)",
		"A": "SAE J1939 (CAN 29/250)", "B": "USER1 (CAN 11/125)", "C": "USER2 (CAN 11/50)",
	}
	return names[proto]
}
