//go:build !(linux || freebsd || netbsd || openbsd)

package program

import "context"

// HasTray reports whether this desktop shows a tray. These systems always do.
func HasTray(context.Context) bool { return true }
