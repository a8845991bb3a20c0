package main

import (
	"syscall"
	"unsafe"

	"fyne.io/fyne/v2"

	"countersign/cmd/internal/program"
)

// messageHelp is what a message says below why there is no window.
const messageHelp = "Whoever looks after this computer can put Mesa’s opengl32.dll beside countersign.exe, which draws without a graphics card: see install-windows.md in the folder doc."

var messageBox = syscall.NewLazyDLL("user32.dll").NewProc("MessageBoxW")

// notifier returns the function that shows notifications. The toolkit would have PowerShell run a script with their text in it.
func notifier(_ fyne.App, system *program.Session) func(title, text string) { return system.Notify }

// What a box has (winuser.h): MB_ICONERROR, MB_ICONQUESTION, MB_YESNOCANCEL and MB_SETFOREGROUND.
const (
	iconError    = 0x10
	iconQuestion = 0x20
	threeButtons = 0x3
	toFront      = 0x10000
)

// The buttons IDYES and IDNO.
const (
	buttonYes = 6
	buttonNo  = 7
)

// showMessage shows a text, and returns when the person has closed it. The program has no console on Windows.
func showMessage(text string) { showBox(text, iconError|toFront) }

// ask shows a question, and returns what the person answers. Closing it is answerCancel.
func ask(question string) answer {
	switch showBox(question, iconQuestion|threeButtons|toFront) {
	case buttonYes:
		return answerYes
	case buttonNo:
		return answerNo
	}
	return answerCancel
}

// showBox shows a text with an icon and buttons, and returns the button that was pressed.
func showBox(text string, what uintptr) (button uintptr) {
	title, err := syscall.UTF16PtrFromString("Countersign")
	if err != nil {
		return 0
	}
	content, err := syscall.UTF16PtrFromString(text)
	if err != nil {
		return 0
	}
	button, _, _ = messageBox.Call(0, uintptr(unsafe.Pointer(content)), uintptr(unsafe.Pointer(title)), what)
	return button
}
