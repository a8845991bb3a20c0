// Package support collects what whoever helps needs to know of a home, in a few texts, and writes them to one file. What may leave the office is
// chosen one by one: a text that a person can type, or a gateway can answer, is in none of them. The package asks nobody anything, and
// changes nothing in the home.
package support

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"countersign/core/about"
	"countersign/core/diagnosis"
	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/request"
)

// Source is what is collected from.
type Source struct {
	Home     home.Dir
	Kinds    []gateway.Kind      // that the program knows
	Given    gateway.Given       // the gateways of the computer's policy
	Proxy    string              // host and port of the policy's proxy; "" for none
	Findings []diagnosis.Finding // of a diagnosis of the home
	At       time.Time           // of that diagnosis
}

// Text is one of the texts that were collected.
type Text struct {
	Name string // of its file, such as "versions.txt"
	Body string // in English
}

// Collect returns the texts about a home, for people to read before anybody else does. What cannot be read is said in its text.
func Collect(s Source) []Text {
	known, err := readGateways(s)
	return []Text{
		{"README.txt", readme},
		{"versions.txt", versions(s.At)},
		{"diagnosis.txt", known.diagnosis(s.Findings)},
		{"settings.txt", settingsText(s.Home)},
		{"gateways.txt", known.text(err)},
		{"log.txt", known.log(s.Home)},
	}
}

const readme = `What support needs to know of a home of Countersign, collected on its computer.

There are no titles, references, notes, names of files, people or gateways, e-mail
addresses, secrets, tickets or tokens in it. "…" stands for a text that was left out.
Gateways have numbers, in the order of gateways.txt, which has their hosts.
`

// versions returns what the program is made of and what it runs on.
func versions(at time.Time) string {
	var text strings.Builder
	fmt.Fprintf(&text, "program   %s\nsystem    %s\nmade by   %s\ncollected %s\n", about.Version(), diagnosis.SystemName(), runtime.Version(), at.Format(time.RFC3339))
	if built, ok := debug.ReadBuildInfo(); ok && len(built.Deps) > 0 {
		text.WriteString("\nlibraries\n")
		for _, m := range built.Deps {
			fmt.Fprintf(&text, "  %s %s\n", m.Path, m.Version)
		}
	}
	return text.String()
}

// ErrTaken is returned when there is something of the chosen name already. It is not changed.
var ErrTaken = request.Errorf("export_taken", "a file with this name already exists and was not overwritten: choose another name")

// CheckPath returns an error if [Save] would refuse a path: [ErrTaken], or that its folder does not exist.
func CheckPath(path string) error {
	if err := filename.Check(path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return ErrTaken
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return request.Errorf("support_folder", "there is no such folder: create it first, or choose another one")
	}
	return nil
}

// Save writes the texts as a ZIP file at path, readable for its owner alone. The file gets its name when it is complete. The error is [ErrTaken]
// when there is something at path.
func Save(path string, texts []Text, at time.Time) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".countersign-*") // made 0600
	if err != nil {
		return notWritten(err)
	}
	defer files.Remove(f.Name()) // gone already when all went well
	if err := errors.Join(write(f, texts, at), f.Sync(), f.Close()); err != nil {
		return notWritten(err)
	}
	err = files.RenameNew(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return ErrTaken
	}
	return notWritten(err)
}

func write(w io.Writer, texts []Text, at time.Time) error {
	archive := zip.NewWriter(w)
	for _, t := range texts {
		member, err := archive.CreateHeader(&zip.FileHeader{Name: t.Name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(member, t.Body); err != nil {
			return err
		}
	}
	return archive.Close()
}

func notWritten(err error) error {
	if err == nil {
		return nil
	}
	return request.Errorf("export_failed", "the file could not be written: %w", files.WithoutPath(err))
}
