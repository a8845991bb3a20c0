package diagnosis

import (
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"countersign/core/request"
)

var (
	kernel       = syscall.NewLazyDLL("kernel32.dll")
	getDiskSpace = kernel.NewProc("GetDiskFreeSpaceExW")
	getDriveType = kernel.NewProc("GetDriveTypeW")
)

// remote is the drive type of network drives (DRIVE_REMOTE).
const remote = 4

func diskOf(path string) disk {
	folder, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return disk{}
	}
	var d disk
	ok, _, _ := getDiskSpace.Call(uintptr(unsafe.Pointer(folder)), uintptr(unsafe.Pointer(&d.free)), 0, 0)
	d.known = ok != 0
	volume := filepath.VolumeName(path)
	if strings.HasPrefix(volume, `\\`) {
		d.network = "SMB"
		return d
	}
	root, err := syscall.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return d
	}
	if kind, _, _ := getDriveType.Call(uintptr(unsafe.Pointer(root))); kind == remote {
		d.network = "SMB"
	}
	return d
}

// portOwner returns nothing: here it would take another program to find out.
func portOwner(int) request.Sentence { return request.Sentence{} }

func systemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
