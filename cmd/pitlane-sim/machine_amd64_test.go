//go:build real

package main

import "golang.org/x/sys/unix"

// clockCalls are the calls, beside clock_gettime, that tell the time or the boot.
func clockCalls() []uint32 {
	return []uint32{unix.SYS_GETTIMEOFDAY, unix.SYS_ADJTIMEX, unix.SYS_CLOCK_ADJTIME, unix.SYS_OPENAT, unix.SYS_TIME}
}
