package files

import (
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

var (
	kernel       = syscall.NewLazyDLL("kernel32.dll")
	getDiskSpace = kernel.NewProc("GetDiskFreeSpaceExW")
	getDriveType = kernel.NewProc("GetDriveTypeW")
)

// remote is the drive type of network drives (DRIVE_REMOTE).
const remote = 4

// DiskOf returns what is known about the disk of an existing folder, which is nothing if the system
// cannot be asked.
func DiskOf(path string) Disk {
	folder, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return Disk{}
	}
	var d Disk
	ok, _, _ := getDiskSpace.Call(uintptr(unsafe.Pointer(folder)), uintptr(unsafe.Pointer(&d.Free)), 0, 0)
	d.Known = ok != 0
	volume := filepath.VolumeName(path)
	if strings.HasPrefix(volume, `\\`) {
		d.Network = "SMB"
		return d
	}
	root, err := syscall.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return d
	}
	if kind, _, _ := getDriveType.Call(uintptr(unsafe.Pointer(root))); kind == remote {
		d.Network = "SMB"
	}
	return d
}
