// Package edge opens the rooms of an edge, joins them, and closes them in order;
// while they are open it trims what head office holds, erases what has been kept long
// enough, and answers the operator's socket.
//
// It promises: a configuration that is not understood is refused with line and
// column; a missing or broken device, cabinet or link never stops the screens but
// is said on them; at the end intake stops first and the journal closes last.
//
// It does not know MQTT: whoever starts it hands the couriers in.
package edge
