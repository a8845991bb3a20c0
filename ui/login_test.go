//go:build linux

package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/autostart"
	"countersign/ui/kit"
	"countersign/ui/prefs"
	"countersign/ui/uitest"
)

// newOfficeAtLogin returns a window that can have the program start at login, and what says whether it does.
func newOfficeAtLogin(t *testing.T, fixed bool) (*office, *autostart.Entry) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_DIRS", t.TempDir())
	entry := autostart.New("/usr/bin/countersign", "--background")
	return newOffice(t, officeOptions{options: func(o *Options) { o.AtLogin = prefs.AtLogin{Entry: entry, Fixed: fixed} }}), entry
}

// atLogin returns the checkbox, once it has been read.
func (f *office) atLogin() *kit.Check {
	f.t.Helper()
	f.ctrl(fyne.KeyComma)
	f.press("Appearance and language")
	f.saying("At login")
	f.settle()
	for _, layer := range f.window.window.Canvas().Overlays().List() {
		for _, c := range uitest.Find[*kit.Check](layer) {
			if c.Text == "Start in the background" {
				return c
			}
		}
	}
	f.t.Fatalf("there is no checkbox: %s", f.says())
	return nil
}

func TestThatTheProgramStartsAtLoginIsChosenInTheSettings(t *testing.T) {
	f, entry := newOfficeAtLogin(t, false)
	for _, on := range []bool{true, false, true} {
		c := f.atLogin()
		if c.Checked == on || c.Disabled() {
			t.Errorf("checked: %t, disabled: %t", c.Checked, c.Disabled())
		}
		c.SetChecked(on)
		f.settle()
		if is, err := entry.IsOn(); is != on || err != nil || c.Checked != on || c.Disabled() {
			t.Errorf("on: %t, %v; checked: %t, disabled: %t", is, err, c.Checked, c.Disabled())
		}
		f.press("Close")
	}
	if err := entry.Set(false); err != nil { // by a tool of the desktop
		t.Fatal(err)
	}
	if f.atLogin().Checked {
		t.Error("what the system says is not shown")
	}
}

func TestWhatTheSystemRefusesAboutTheLoginIsSaid(t *testing.T) {
	f, _ := newOfficeAtLogin(t, false)
	c := f.atLogin()
	if err := os.WriteFile(filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "autostart"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.SetChecked(true)
	f.saying("Whether the program starts at login cannot be changed: ")
	if f.settle(); c.Checked || c.Disabled() {
		t.Errorf("checked: %t, disabled: %t", c.Checked, c.Disabled())
	}
}

func TestAnAdministratorDecidesAboutTheLogin(t *testing.T) {
	f, entry := newOfficeAtLogin(t, true)
	if err := entry.Set(true); err != nil {
		t.Fatal(err)
	}
	c := f.atLogin()
	if !c.Checked || !c.Disabled() || !strings.Contains(f.says(), "Set by the administrator of this computer.") {
		t.Errorf("checked: %t, disabled: %t: %s", c.Checked, c.Disabled(), f.says())
	}
}
