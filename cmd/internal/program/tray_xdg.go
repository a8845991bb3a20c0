//go:build linux || freebsd || netbsd || openbsd

package program

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// trayTime is how long the session bus may take to say whether there is a tray. The window opens only
// after that.
const trayTime = time.Second

const watcher = "org.kde.StatusNotifierWatcher"

// HasTray reports whether the desktop shows a system tray, in which a hidden window can be found again. It
// reports false when that cannot be found out.
func HasTray(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, trayTime)
	defer cancel()
	// The usual call would start a bus where there is none.
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return false
	}
	var there bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcher).Store(&there)
	if err != nil || !there {
		return false
	}
	// A watcher may have no place to show icons.
	var shown dbus.Variant
	err = conn.Object(watcher, "/StatusNotifierWatcher").CallWithContext(ctx,
		"org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, watcher, "IsStatusNotifierHostRegistered").Store(&shown)
	registered, told := shown.Value().(bool)
	return err == nil && (registered || !told)
}
