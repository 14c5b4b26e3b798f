package obd

// nrcName says a negative response code (ISO 14229-1 annex A, ISO 14230-3 §4.4), ""
// where the code is a maker's own or not laid down.
func nrcName(nrc string) string {
	return map[string]string{
		"10": "general reject", "11": "service not supported", "12": "subfunction not supported",
		"13": "wrong length or form", "14": "answer too long", "21": "busy, ask again",
		"22": "conditions not correct", "24": "wrong order of requests", "25": "no answer from a unit behind it",
		"26": "a fault prevents it", "31": "out of range", "33": "security access denied", "34": "authentication required",
		"35": "wrong key", "36": "too many attempts", "37": "wait before the next attempt", "70": "not accepted",
		"71": "transfer suspended", "72": "programming failed", "73": "wrong block number", "78": "more time wanted",
		"7E": "subfunction not supported in this session", "7F": "service not supported in this session",
		"81": "engine speed too high", "82": "engine speed too low", "83": "engine is running", "84": "engine is not running",
		"85": "engine run time too short", "86": "temperature too high", "87": "temperature too low",
		"88": "vehicle speed too high", "89": "vehicle speed too low", "8A": "pedal too far down", "8B": "pedal not far enough down",
		"8C": "not in neutral", "8D": "not in gear", "8F": "brake not pressed", "90": "not in park",
		"91": "torque converter locked", "92": "voltage too high", "93": "voltage too low",
	}[nrc]
}
