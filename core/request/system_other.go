//go:build !windows

package request

import "syscall"

// The errors of Unix (POSIX.1-2017, errno.h).
var (
	diskFull    = []error{syscall.ENOSPC, syscall.EDQUOT}
	readOnly    = []error{syscall.EROFS}
	held        = []error{syscall.EBUSY, syscall.ETXTBSY}
	nameTooLong = []error{syscall.ENAMETOOLONG}
)
