package home

import "syscall"

// The errors of listening on a port that another program has, or that the system keeps for others: WSAEADDRINUSE and WSAEACCES of
// winsock2.h. What package syscall calls EADDRINUSE is no error of Windows.
const (
	errAddressInUse = syscall.Errno(10048)
	errNotAllowed   = syscall.Errno(10013)
)

// exclusiveAddress is SO_EXCLUSIVEADDRUSE: ^SO_REUSEADDR in winsock2.h.
const exclusiveAddress = ^syscall.SO_REUSEADDR

// exclusive has a socket take its port for itself. Without that, another program could listen on the same port on Windows, with
// SO_REUSEADDR, and get the connections. It is the function Control of [net.ListenConfig].
func exclusive(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(handle uintptr) {
		set = syscall.SetsockoptInt(syscall.Handle(handle), syscall.SOL_SOCKET, exclusiveAddress, 1)
	})
	if err == nil {
		err = set
	}
	return err
}
