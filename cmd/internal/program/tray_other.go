//go:build !(linux || freebsd || netbsd || openbsd)

package program

import "context"

// HasTray reports whether the desktop shows a system tray. On the systems of this file it always does.
func HasTray(context.Context) bool { return true }
