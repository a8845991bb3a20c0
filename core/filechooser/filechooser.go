// Package filechooser asks people for files with the file dialogs of their system, which know their recent files, their
// bookmarks and the folders of the network: on Windows its common file dialogs, on other systems with a session bus the
// desktop portal. It draws nothing itself, and opens no file.
package filechooser

import (
	"errors"
	"fmt"

	"countersign/core/request"
)

// Kind is what a dialog asks for.
type Kind int

// The kinds of dialogs.
const (
	OpenFiles  Kind = iota // one or more files that exist
	OpenFile               // one file that exists
	OpenFolder             // a folder
	SaveFile               // the path of a file that is to be written; it may exist
)

// Dialog describes a file dialog. Its zero value asks for any files.
type Dialog struct {
	Kind    Kind
	Title   string
	Accept  string   // label of the button that confirms; empty for the system's own
	Filters []Filter // which files are listed; the first one at first. None lists all files.
	Folder  string   // where the dialog begins; empty leaves it to the system
	Name    string   // the suggested name, of SaveFile
	Parent  uintptr  // the window that the dialog belongs to: its id under X11, its handle on Windows; 0 for none
}

// Filter lists the files with some extensions.
type Filter struct {
	Name       string
	Extensions []string // in lower case, each with its period; none lists all files
}

// Answer is what a person chose. It has no paths if the person dismissed the dialog.
type Answer struct {
	Paths  []string // absolute. A name of a file need not be UTF-8.
	Filter int      // index of the filter that was chosen at the end; -1 if the system does not say which
}

// ErrNoDialog is returned when the system has no file dialog, or the dialog failed before anything was chosen. The caller
// then asks in another way.
var ErrNoDialog = errors.New("the system has no file dialog")

// ErrNotLocal is returned when something was chosen that has no path on this computer.
var ErrNotLocal = request.Errorf("chooser_not_local", "what was chosen is not a file of this computer or of a folder that is connected to it: copy it to a folder first")

// noDialog returns an error that is [ErrNoDialog], with its cause.
func noDialog(cause error) error { return fmt.Errorf("%w: %w", ErrNoDialog, cause) }
