//go:build unix

package ledger

import (
	"errors"
	"syscall"
)

// isReadOnly tells that the disk itself refuses writing.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
