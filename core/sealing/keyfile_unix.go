//go:build unix

package sealing

import (
	"io/fs"
	"os"
	"syscall"
)

// isPrivate reports whether a file belongs to the user of this process, or to root, and whether nobody else may read or change it.
func isPrivate(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().Perm()&0o077 == 0 && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}
