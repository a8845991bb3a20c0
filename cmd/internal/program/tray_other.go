//go:build !(linux || freebsd || netbsd || openbsd)

package program

import "context"

// HasTray tells whether this desktop shows a tray: these systems always do.
func HasTray(context.Context) bool { return true }
