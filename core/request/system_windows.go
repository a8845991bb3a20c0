package request

import "syscall"

// The errors of Windows, see "System Error Codes" of the Windows API: ERROR_HANDLE_DISK_FULL and
// ERROR_DISK_FULL, ERROR_WRITE_PROTECT, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION, ERROR_FILENAME_EXCED_RANGE.
var (
	diskFull    = []error{syscall.Errno(39), syscall.Errno(112)}
	readOnly    = []error{syscall.Errno(19)}
	held        = []error{syscall.Errno(32), syscall.Errno(33)}
	nameTooLong = []error{syscall.Errno(206)}
)
