package program

import (
	"errors"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"countersign/core/request"
)

var (
	shell32       = windows.NewLazySystemDLL("shell32.dll")
	shellExecute  = shell32.NewProc("ShellExecuteW")
	idOfPath      = shell32.NewProc("ILCreateFromPathW")
	freeID        = shell32.NewProc("ILFree")
	showInManager = shell32.NewProc("SHOpenFolderAndSelectItems")
)

const (
	detachedProcess = 0x8 // DETACHED_PROCESS (Process Creation Flags): the program does not get the console of this one
	showNormal      = 1   // SW_SHOWNORMAL
	lastShellError  = 32  // ShellExecuteW returns more than this when it succeeds
	maxShellPath    = 259 // characters of a path that the functions of the shell take (MAX_PATH, without the zero)
)

// detach returns how another program is started so that it lives on without this one: neither an interrupt at the console nor the
// end of the console reaches it.
func detach() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}

// openWithSystem has Windows open an address, or the file of a path. The program that Windows starts for that is not bound to
// this one.
func openWithSystem(address string) error { return execute("open", address) }

// printWithSystem has Windows print the file of a path, with the program that is registered for that.
func printWithSystem(path string) error { return execute("print", path) }

// execute does what a verb of the shell does with an address or the file of a path. There are no parameters and no folder, and no command processor
// reads the name.
func execute(verb, address string) error {
	operation, err := syscall.UTF16PtrFromString(verb)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(shellPath(address))
	if err != nil {
		return err
	}
	code, _, errno := shellExecute.Call(0, uintptr(unsafe.Pointer(operation)), uintptr(unsafe.Pointer(name)), 0, 0, showNormal)
	if code > lastShellError {
		return nil
	}
	return refused(errno)
}

func refused(err error) error {
	return request.Errorf("open_refused", "Windows did not open it (%w)", err)
}

// showWithSystem has the file manager show the folder of a file, with the file selected.
func showWithSystem(path string) error {
	name, err := windows.UTF16PtrFromString(shellPath(path))
	if err != nil {
		return err
	}
	runtime.LockOSThread() // COM is begun and ended on one thread
	defer runtime.UnlockOSThread()
	if err := windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE); err == nil || errors.Is(err, syscall.Errno(windows.S_FALSE)) {
		defer windows.CoUninitialize()
	}
	id, _, errno := idOfPath.Call(uintptr(unsafe.Pointer(name)))
	if id == 0 {
		return refused(errno)
	}
	defer freeID.Call(id)
	if result, _, _ := showInManager.Call(id, 0, 0, 0); result != 0 {
		return refused(syscall.Errno(result))
	}
	return nil
}

// shellPath returns a path as the functions of the shell take it. They know no long paths; the disk may have a short name for one.
func shellPath(path string) string {
	if len(path) <= maxShellPath {
		return path
	}
	long, err := windows.UTF16PtrFromString(`\\?\` + path)
	if err != nil {
		return path
	}
	short := make([]uint16, maxShellPath+1)
	n, err := windows.GetShortPathName(long, &short[0], uint32(len(short)))
	if err != nil || int(n) >= len(short) {
		return path
	}
	return windows.UTF16ToString(short[:n])
}
