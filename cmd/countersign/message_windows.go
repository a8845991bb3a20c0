package main

import (
	"syscall"
	"unsafe"
)

// messageHelp is what a message says below why there is no window.
const messageHelp = "Whoever looks after this computer can put Mesa’s opengl32.dll beside countersign.exe, which draws without a graphics card: see install-windows.md in the folder doc."

var messageBox = syscall.NewLazyDLL("user32.dll").NewProc("MessageBoxW")

// iconError and toFront are MB_ICONERROR and MB_SETFOREGROUND.
const (
	iconError = 0x10
	toFront   = 0x10000
)

// showMessage shows a text, and returns when the person has closed it. The program has no console on Windows.
func showMessage(text string) {
	title, err := syscall.UTF16PtrFromString("Countersign")
	if err != nil {
		return
	}
	content, err := syscall.UTF16PtrFromString(text)
	if err != nil {
		return
	}
	_, _, _ = messageBox.Call(0, uintptr(unsafe.Pointer(content)), uintptr(unsafe.Pointer(title)), iconError|toFront)
}
