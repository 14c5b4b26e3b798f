// Package broker is an MQTT 3.1.1 broker inside the house, for a shop without one.
//
// It promises: a node writes only below its own name and reads only what its
// shop's nodes write and what is meant for it, wills included; a client is who its
// password says, and over TLS its certificate too; no packet of any client ends the broker, holds up another client,
// or takes more than its share of memory; Run ends within its deadline.
//
// It holds no data of ours: what it loses is asked for again. Beyond one shop use
// Mosquitto.
package broker
