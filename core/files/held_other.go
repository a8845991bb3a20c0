//go:build !windows

package files

import "syscall"

// The errors of a file that somebody uses. Few file systems of Unix have them: shares, and what programs provide.
var (
	isHeld    = []error{syscall.EBUSY, syscall.ETXTBSY}
	mayBeHeld = isHeld
)

// isHeldOpen is not asked on this system, where the error says it.
func isHeldOpen(string) bool { return false }
