//go:build linux || freebsd || netbsd || openbsd

package program

import (
	"bufio"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestWithoutASessionThereIsNoTray(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if HasTray(t.Context()) {
		t.Error("there is a tray")
	}
}

// A session that hangs must not keep the window from opening.
func TestASessionThatSaysNothingHasNoTray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	if HasTray(t.Context()) {
		t.Error("there is a tray")
	}
}

// panel stands in for a desktop's panel.
type panel bool

// Get is called over the bus.
func (p panel) Get(_, _ string) (dbus.Variant, *dbus.Error) { return dbus.MakeVariant(bool(p)), nil }

func TestTheTrayIsWhereAPanelShowsIt(t *testing.T) {
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("install dbus-daemon (Debian: dbus) to try the tray against a bus")
	}
	bus := exec.CommandContext(t.Context(), daemon, "--session", "--nofork", "--nopidfile", "--print-address", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { bus.Process.Kill(); bus.Wait() }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	if HasTray(t.Context()) {
		t.Error("there is a tray on a bare session")
	}
	conn, err := dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName(watcher, 0); err != nil {
		t.Fatal(err)
	}
	for _, shows := range []bool{false, true} {
		if err := conn.Export(panel(shows), "/StatusNotifierWatcher", "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
		if got := HasTray(t.Context()); got != shows {
			t.Errorf("a panel that shows icons: %v; there is a tray: %v", shows, got)
		}
	}
}
