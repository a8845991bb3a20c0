package diagnosis

import (
	"runtime"
	"syscall"
	"unsafe"

	"countersign/core/request"
)

var (
	kernel       = syscall.NewLazyDLL("kernel32.dll")
	getDiskSpace = kernel.NewProc("GetDiskFreeSpaceExW")
)

func diskOf(path string) disk {
	folder, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return disk{}
	}
	var d disk
	ok, _, _ := getDiskSpace.Call(uintptr(unsafe.Pointer(folder)), uintptr(unsafe.Pointer(&d.free)), 0, 0)
	d.known = ok != 0
	return d
}

// portOwner returns nothing: here it would take another program to find out.
func portOwner(int) request.Sentence { return request.Sentence{} }

func systemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
