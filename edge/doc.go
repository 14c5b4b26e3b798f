// Package edge opens the rooms of an edge, joins them, and closes them in order.
//
// It promises: a configuration that is not understood is refused with line and
// column; a missing or broken device, cabinet or link never stops the screens but
// is said on them; at the end intake stops first and the journal closes last.
//
// It does not know MQTT: whoever starts it hands the couriers in.
package edge
