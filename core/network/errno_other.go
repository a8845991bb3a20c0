//go:build !windows

package network

import "syscall"

// The errors of Unix (POSIX.1-2017, errno.h).
var (
	refused   = []error{syscall.ECONNREFUSED}
	noRoute   = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL}
	forbidden = []error{syscall.EACCES, syscall.EPERM}
	reset     = []error{syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE}
)
