//go:build !race

package powercut

import "golang.org/x/sys/unix"

// syscalls are the calls that change files, by number.
func syscalls() map[int]string {
	return map[int]string{
		unix.SYS_PWRITE64: "write", unix.SYS_WRITE: "write",
		unix.SYS_FDATASYNC: "sync", unix.SYS_FSYNC: "sync",
		unix.SYS_FTRUNCATE: "truncate", unix.SYS_FALLOCATE: "allocate",
		unix.SYS_OPENAT: "open",
		unix.SYS_RENAME: "rename", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename",
		unix.SYS_UNLINK: "unlink", unix.SYS_UNLINKAT: "unlink", unix.SYS_RMDIR: "unlink",
		unix.SYS_MKDIR: "mkdir", unix.SYS_MKDIRAT: "mkdir",
	}
}

// more reads the calls that only this machine has: those with bare paths.
func more(c *call, n *notice, g *gate) bool {
	switch int(n.nr) {
	case unix.SYS_RENAME:
		c.path, c.to = g.text(n.args[0]), g.text(n.args[1])
	case unix.SYS_UNLINK, unix.SYS_RMDIR, unix.SYS_MKDIR:
		c.path = g.text(n.args[0])
	default:
		return false
	}
	return true
}
