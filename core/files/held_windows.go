package files

import (
	"errors"
	"os"
	"syscall"
)

// The errors of Windows for a file that another program has open: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION. Replacing such a file, or renaming a
// folder with such a file in it, is only denied (ERROR_ACCESS_DENIED).
var (
	isHeld    = []error{syscall.Errno(32), syscall.Errno(33)}
	mayBeHeld = append([]error{syscall.ERROR_ACCESS_DENIED}, isHeld...)
)

// deleteRight is DELETE, the right to rename or remove a file.
const deleteRight = 0x10000

// isHeldOpen reports whether another program has a file open, or a file directly in a folder, in a way that keeps it from being renamed.
func isHeldOpen(path string) bool {
	if isOpenElsewhere(path) {
		return true
	}
	entries, err := os.ReadDir(path)
	if err != nil { // a file
		return false
	}
	for _, entry := range entries {
		if isOpenElsewhere(path + `\` + entry.Name()) {
			return true
		}
	}
	return false
}

func isOpenElsewhere(path string) bool {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	const shareAll = syscall.FILE_SHARE_READ | syscall.FILE_SHARE_WRITE | 0x4 // FILE_SHARE_DELETE
	handle, err := syscall.CreateFile(name, deleteRight, shareAll, nil, syscall.OPEN_EXISTING, syscall.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return errors.Is(err, isHeld[0])
	}
	_ = syscall.CloseHandle(handle)
	return false
}
