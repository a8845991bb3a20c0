//go:build unix

package sealing

import (
	"io/fs"
	"os"
	"syscall"

	"countersign/core/request"
)

// isPrivate reports whether a file belongs to the user of this process, or to root, and whether nobody else may read or change it.
func isPrivate(_ string, info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().Perm()&0o077 == 0 && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// openToOthers returns what is wrong with a key file that others may open, and what to do.
func openToOthers(path string) error {
	return request.Errorf("key_file_open_to_others", "%s must belong to you and be readable only by you: chmod 600 %s", path, path)
}
