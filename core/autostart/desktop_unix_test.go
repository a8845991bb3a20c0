//go:build unix && !darwin

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newFolders makes the folders for entries of the user and of all users.
func newFolders(t *testing.T) (own, common string) {
	t.Helper()
	own, common = filepath.Join(t.TempDir(), "config"), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", own)
	t.Setenv("XDG_CONFIG_DIRS", common)
	return filepath.Join(own, "autostart", name), filepath.Join(common, "autostart", name)
}

func check(t *testing.T, e *Entry, want bool) {
	t.Helper()
	if on, err := e.IsOn(); on != want || err != nil {
		t.Errorf("on: %t, %v", on, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheProgramStartsAtLoginWhenItIsAskedTo(t *testing.T) {
	own, _ := newFolders(t)
	e := New("/opt/it's 100% \"mine\" $HOME `x` \\n/countersign", "--background", "--home", "/srv/my desk")
	check(t, e, false)
	must(t, e.Set(false))
	must(t, e.Set(true))
	check(t, e, true)
	text, err := os.ReadFile(own)
	must(t, err)
	if tool, err := exec.LookPath("desktop-file-validate"); err == nil {
		if out, err := exec.Command(tool, own).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", out, err, text)
		}
	}
	must(t, e.Set(true))
	must(t, e.Set(false))
	check(t, e, false)
	if _, err := os.Stat(own); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(own))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// The quoting is that of the Desktop Entry Specification: first the arguments, then the value of the key.
func TestTheCommandOfAnEntryIsQuoted(t *testing.T) {
	text := New(`/opt/a b/$x\y%`, "--home", `"`).text()
	if want := "\nExec=" + `"/opt/a b/\\$x\\\\y%%" "--home" "\\""` + "\n"; !strings.Contains(text, want) {
		t.Errorf("%s does not have %s", text, want)
	}
	if want := "\nTryExec=" + `/opt/a b/$x\\y%` + "\n"; !strings.Contains(text, want) {
		t.Errorf("%s does not have %s", text, want)
	}
}

func TestWhatTheToolsOfADesktopHaveSwitchedOffIsOff(t *testing.T) {
	own, _ := newFolders(t)
	e := New("/usr/bin/countersign", "--background")
	must(t, e.Set(true))
	text, err := os.ReadFile(own)
	must(t, err)
	for _, off := range []string{"Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"} {
		must(t, os.WriteFile(own, append(text, off...), 0o600))
		check(t, e, false)
	}
	for _, other := range []string{"Hidden=false\n", "[Other]\nHidden=true\n"} {
		must(t, os.WriteFile(own, append(text, other...), 0o600))
		check(t, e, true)
	}
	must(t, e.Set(true))
	check(t, e, true)
}

func TestAnEntryForAllUsersIsTakenBackForOne(t *testing.T) {
	own, common := newFolders(t)
	e := New("/usr/bin/countersign", "--background")
	must(t, os.MkdirAll(filepath.Dir(common), 0o700))
	must(t, os.WriteFile(common, []byte(e.text()), 0o600))
	check(t, e, true)
	must(t, e.Set(false))
	check(t, e, false)
	if text, err := os.ReadFile(own); err != nil || !strings.Contains(string(text), "\nHidden=true\n") {
		t.Errorf("%s, %v", text, err)
	}
	must(t, e.Set(true))
	check(t, e, true)
}

func TestAFolderThatCannotBeWrittenIsAnErrorInWords(t *testing.T) {
	own, _ := newFolders(t)
	must(t, os.MkdirAll(filepath.Dir(filepath.Dir(own)), 0o700))
	must(t, os.WriteFile(filepath.Dir(own), nil, 0o600))
	e := New("/usr/bin/countersign")
	if err := e.Set(true); err == nil || !strings.Contains(err.Error(), "whether the program starts at login cannot be changed") || strings.Contains(err.Error(), own) {
		t.Errorf("%v", err)
	}
	if _, err := e.IsOn(); err == nil {
		t.Error("it can be read")
	}
}
