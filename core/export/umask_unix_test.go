//go:build unix

package export

import (
	"io/fs"
	"syscall"
)

// umasked is the mode of files that people save, under the umask of the tests.
var umasked = func() fs.FileMode {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask)
	return 0o666 &^ fs.FileMode(mask)
}()
