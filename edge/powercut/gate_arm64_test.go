//go:build !race

package powercut

import "golang.org/x/sys/unix"

// syscalls are the calls that change files, by number.
func syscalls() map[int]string {
	return map[int]string{
		unix.SYS_PWRITE64: "write", unix.SYS_WRITE: "write",
		unix.SYS_FDATASYNC: "sync", unix.SYS_FSYNC: "sync",
		unix.SYS_FTRUNCATE: "truncate", unix.SYS_FALLOCATE: "allocate",
		unix.SYS_OPENAT: "open", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename",
		unix.SYS_UNLINKAT: "unlink", unix.SYS_MKDIRAT: "mkdir",
	}
}

// more reads the calls that only this machine has: it has none.
func more(*call, *notice, *gate) bool { return false }
