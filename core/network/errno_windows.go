package network

import "syscall"

// The errors of Windows, see "Windows Sockets Error Codes" of the Windows API: WSAECONNREFUSED, WSAENETUNREACH,
// WSAEHOSTUNREACH and WSAENETDOWN, WSAEACCES, WSAECONNABORTED and WSAECONNRESET.
var (
	refused   = []error{syscall.Errno(10061)}
	noRoute   = []error{syscall.Errno(10051), syscall.Errno(10065), syscall.Errno(10050)}
	forbidden = []error{syscall.Errno(10013)}
	reset     = []error{syscall.Errno(10053), syscall.Errno(10054)}
)
