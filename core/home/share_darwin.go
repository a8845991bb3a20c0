package home

import "syscall"

// local is the flag of disks of this machine (MNT_LOCAL in statfs(2)).
const local = 0x1000

func networkShare(path string) string {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil || s.Flags&local != 0 {
		return ""
	}
	return "not local"
}
