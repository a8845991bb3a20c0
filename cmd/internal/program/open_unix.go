//go:build unix

package program

import (
	"errors"
	"path/filepath"
	"runtime"
	"syscall"
)

// detach returns how another program is started so that it lives on without this one: in a session of its own, it is neither in
// the process group that a terminal interrupts, nor in the session that ends with the terminal.
func detach() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// printWithSystem returns an error: there is no program that prints every kind of file.
func printWithSystem(string) error { return errors.ErrUnsupported }

// showWithSystem has the file manager show a file: on macOS the file, elsewhere its folder.
func showWithSystem(path string) error {
	if runtime.GOOS == "darwin" {
		return run("open", "-R", path)
	}
	return openWithSystem(systemName(filepath.Dir(path)))
}

// openWithSystem has the desktop open an address or a file URL, and waits until the program that it starts for that ends.
func openWithSystem(address string) error {
	if runtime.GOOS == "darwin" {
		return run("open", address)
	}
	opener, err := findOpener()
	if err != nil {
		return err
	}
	command := withAddress(opener, address)
	return run(command[0], command[1:]...)
}
