//go:build walk

package walk

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"
)

// TestInTheBackground starts the program as it is started at login: with a tray only its icon is there, until the program is started again; without one, the
// window is.
func TestInTheBackground(t *testing.T) {
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "dbus-daemon", "dbus-monitor", "go")
	out := outputFolder(t, "walk-background")
	w := &walk{T: t, ctx: t.Context(), out: out, data: filepath.Join(out, "data")}
	w.build()
	w.startDisplay()
	w.startBus()
	icons := w.showTray()
	desk := exec.CommandContext(w.ctx, windowProgram, "--background")
	w.start(desk)
	w.waitFor("its icon is in the tray", func() bool { return icons.Load() == 1 })
	w.waitFor("its window is hidden", func() bool {
		_, err := w.run("xdotool", "search", "--name", "^Countersign") // finds hidden ones, too
		return err == nil && w.visible() == ""
	})
	w.step("with a tray, only the icon is there")
	again := exec.CommandContext(w.ctx, windowProgram)
	again.Env = w.env
	if said, err := again.CombinedOutput(); err != nil || len(said) > 0 {
		w.Fatalf("the second start: %v: %q", err, said)
	}
	w.waitFor("its window is shown", func() bool { return w.visible() != "" })
	w.step("a second start shows the window")
	stop(desk)

	w.env = append(w.env, "DBUS_SESSION_BUS_ADDRESS=")
	w.start(exec.CommandContext(w.ctx, windowProgram, "--background"))
	w.waitFor("its window is shown", func() bool { return w.visible() != "" })
	w.step("without a tray, the window is there")
}

// trayPanel is a panel of a desktop that shows icons. It counts them.
type trayPanel struct{ icons atomic.Int32 }

// Get returns the only property that is asked for: whether the panel shows icons.
func (*trayPanel) Get(_, _ string) (dbus.Variant, *dbus.Error) { return dbus.MakeVariant(true), nil }

// RegisterStatusNotifierItem is called by a program that has an icon.
func (p *trayPanel) RegisterStatusNotifierItem(string) *dbus.Error {
	p.icons.Add(1)
	return nil
}

// showTray puts a tray on the message bus of the session, and returns how many icons there are.
func (w *walk) showTray() *atomic.Int32 {
	w.Helper()
	const name, path = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
	address := ""
	for _, e := range w.env {
		if value, found := strings.CutPrefix(e, "DBUS_SESSION_BUS_ADDRESS="); found {
			address = value
		}
	}
	ctx, cancel := context.WithCancel(w.ctx)
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	w.must(err)
	w.Cleanup(func() { conn.Close(); cancel() })
	p := &trayPanel{}
	w.must(conn.Export(p, path, "org.freedesktop.DBus.Properties"))
	w.must(conn.Export(p, path, name))
	_, err = conn.RequestName(name, 0)
	w.must(err)
	return &p.icons
}
