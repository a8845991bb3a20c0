package program

import (
	"syscall"
	"unsafe"

	"countersign/core/request"
)

var shellExecute = syscall.NewLazyDLL("shell32.dll").NewProc("ShellExecuteW")

const (
	detachedProcess = 0x8 // DETACHED_PROCESS (Process Creation Flags): the program does not get the console of this one
	showNormal      = 1   // SW_SHOWNORMAL
	lastShellError  = 32  // ShellExecuteW returns more than this when it succeeds
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

func execute(verb, address string) error {
	operation, err := syscall.UTF16PtrFromString(verb)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(address)
	if err != nil {
		return err
	}
	code, _, errno := shellExecute.Call(0, uintptr(unsafe.Pointer(operation)), uintptr(unsafe.Pointer(name)), 0, 0, showNormal)
	if code > lastShellError {
		return nil
	}
	return request.Errorf("open_refused", "Windows did not open it (%w)", errno)
}
