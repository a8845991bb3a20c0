package manual

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// scriptNames has how packages name the script of each shell.
var scriptNames = map[string]func(program string) string{
	"bash":       func(program string) string { return program + ".bash" },
	"zsh":        func(program string) string { return "_" + program },
	"fish":       func(program string) string { return program + ".fish" },
	"powershell": func(program string) string { return program + ".ps1" },
}

// Write writes the manual pages of a program into the folder man below dir, and its scripts for shells into the folder completion. It
// makes the folders.
func Write(dir string, app *kong.Application, version string, sections ...Section) error {
	man, completion := filepath.Join(dir, "man"), filepath.Join(dir, "completion")
	if err := errors.Join(os.MkdirAll(man, 0o755), os.MkdirAll(completion, 0o755)); err != nil { // #nosec G301 -- everybody reads manual pages
		return err
	}
	for _, page := range Pages(app, version, sections...) {
		if err := write(filepath.Join(man, page.Name), page.Text); err != nil {
			return err
		}
	}
	for _, shell := range Shells() {
		script, err := Completion(app, shell)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(completion, scriptNames[shell](app.Name)), script); err != nil {
			return err
		}
	}
	return nil
}

func write(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o644) // #nosec G306 -- everybody reads manual pages
}
