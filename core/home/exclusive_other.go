//go:build !windows

package home

import "syscall"

// The errors of listening on a port that another program has, or that the system keeps for others.
const (
	errAddressInUse = syscall.EADDRINUSE
	errNotAllowed   = syscall.EACCES
)

// exclusive does nothing: on this system no other program can listen on a port that somebody listens on.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }
