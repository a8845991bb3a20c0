//go:build unix && !darwin

package autostart

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/request"
)

const (
	known = true

	name    = "app.countersign.desk.desktop" // as that of the program's entry in the menu
	maxSize = 64 << 10                       // bytes of an entry; a larger one is none
)

// IsOn reports whether the program starts when its user logs in. Tools of the desktop may have changed that.
func (e *Entry) IsOn() (bool, error) {
	own, err := ownPath()
	if err != nil {
		return false, err
	}
	for _, path := range append([]string{own}, commonPaths()...) {
		text, err := files.ReadRegular(path, maxSize)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // the next one counts
		case err != nil:
			return false, request.Errorf("login_read", "whether the program starts at login cannot be read: %w", err)
		}
		return starts(string(text)), nil
	}
	return false, nil
}

// Set has the program start when its user logs in, or not.
func (e *Entry) Set(on bool) error {
	own, err := ownPath()
	if err != nil {
		return err
	}
	text := ""
	switch {
	case on:
		text = e.text()
	case hasCommon(): // which only an own entry with Hidden takes back
		text = e.text() + "Hidden=true\n"
	}
	if err := replace(own, text); err != nil {
		return request.Errorf("login_write", "whether the program starts at login cannot be changed: %w", err)
	}
	return nil
}

// ownPath returns where the user's own entry is.
func ownPath() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", request.Errorf("login_folder", "there is no folder for settings of this user: set HOME")
	}
	return filepath.Join(folder, "autostart", name), nil
}

// commonPaths returns where entries for all users are, the one that counts first (XDG Base Directory Specification).
func commonPaths() []string {
	var paths []string
	for _, folder := range filepath.SplitList(cmp.Or(os.Getenv("XDG_CONFIG_DIRS"), "/etc/xdg")) {
		if filepath.IsAbs(folder) {
			paths = append(paths, filepath.Join(folder, "autostart", name))
		}
	}
	return paths
}

// hasCommon reports whether an administrator has the program start for all users.
func hasCommon() bool {
	for _, path := range commonPaths() {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// replace writes a file, or removes it if the text is empty.
func replace(path, text string) error {
	if text == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return files.WithoutPath(err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return files.WithoutPath(err)
	}
	return home.WriteFile(path, []byte(text))
}

// text returns the entry that starts the program. It is not used any more when the program is gone.
func (e *Entry) text() string {
	var command []string
	for _, arg := range append([]string{e.program}, e.args...) {
		command = append(command, quote(arg))
	}
	return "[Desktop Entry]\nType=Application\nName=Countersign\nComment=In the background, from login on\nIcon=app.countersign.desk\n" +
		"TryExec=" + escape(e.program) + "\nExec=" + escape(strings.Join(command, " ")) + "\nTerminal=false\n"
}

// quote returns an argument as the key Exec has it (Desktop Entry Specification).
func quote(arg string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`, `%`, `%%`).Replace(arg) + `"`
}

// escape returns a value as any key has it.
func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(value)
}

// starts reports whether an entry starts anything. Tools of GNOME write a key of their own where others write Hidden.
func starts(text string) bool {
	inside, command := false, false
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(key, "["):
			inside = key == "[Desktop Entry]"
		case !inside:
		case key == "Hidden" && value == "true", key == "X-GNOME-Autostart-enabled" && value == "false":
			return false
		case key == "Exec" && value != "":
			command = true
		}
	}
	return command
}
