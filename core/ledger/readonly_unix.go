//go:build unix

package ledger

import (
	"errors"
	"syscall"
)

// isReadOnly reports whether the disk is mounted read-only.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
