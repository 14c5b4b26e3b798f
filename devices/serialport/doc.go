// Package serialport is the socket in the wall: it opens a serial line by a stable
// name and hands it out as a devices.Port.
//
// It promises: the name is resolved anew at each opening; a second opener gets
// devices.ErrBusy; a silent line is a tick (0, nil) and a line that is gone is
// devices.ErrUnplugged, for ever; nothing is written to a descriptor after Close;
// Close takes at most a second.
//
// It does not list ports (that reprograms lines others use), it opens nothing
// again by itself, and it knows nothing of what is said on the line.
package serialport
