package files

import "syscall"

// local is the flag of disks of this machine (MNT_LOCAL in statfs(2)).
const local = 0x1000

// DiskOf returns what is known about the disk of an existing folder, which is nothing if the system
// cannot be asked.
func DiskOf(path string) Disk {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return Disk{}
	}
	d := Disk{Known: true, Free: s.Bavail * uint64(s.Bsize)}
	if s.Flags&local == 0 {
		d.Network = "not local"
	}
	return d
}
