// Package files asks people which files to open and where to save, with the file dialogs of the system. Where the system has
// none, it uses the toolkit's, and fields for paths. It neither opens nor writes a file, and knows no desk.
//
// A [Chooser] shows one dialog at a time. Everything here must be used on the drawing goroutine.
package files

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver"

	"countersign/core/filechooser"
	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// System shows a file dialog of the system and waits until it is closed, as [filechooser.Show] does.
type System func(context.Context, filechooser.Dialog) (filechooser.Answer, error)

// Chooser asks for files. It belongs to a window.
type Chooser struct {
	lang   i18n.Language
	bg     *async.Worker
	modals *kit.Modals
	window fyne.Window
	pass   kit.KeyHandler
	system System                               // nil where there is none
	fail   func(error)                          // shows an error
	after  func(time.Duration) <-chan time.Time // as time.After

	waiting *waiting           // nil while no dialog of the system is open
	toolkit *dialog.FileDialog // the toolkit's dialog that is open; nil for none
	folder  string             // of the file that was opened last
	saved   string             // folder of the file that was saved last
}

// New returns a chooser for a window. The function pass gets the keys that the buttons of its sheets do not handle, and fail
// the errors, which it shows. The function after is [time.After], or a test's. Without a system the toolkit's dialogs are used.
func New(lang i18n.Language, bg *async.Worker, modals *kit.Modals, window fyne.Window, pass kit.KeyHandler, system System, fail func(error), after func(time.Duration) <-chan time.Time) *Chooser {
	return &Chooser{lang: lang, bg: bg, modals: modals, window: window, pass: pass, system: system, fail: fail, after: after}
}

// Filters for the files that the window opens. The extensions are in lower case, each with its period.
var (
	PDFs  = []string{".pdf"}
	Lists = []string{".csv", ".tsv", ".xlsx"}
)

// Question describes a dialog for files that exist.
type Question struct {
	Title, Accept string     // empty for general ones
	Several       bool       // more than one file may be chosen, where the system's dialogs can
	Extensions    [][]string // what is listed, by kind; nil lists every file
}

// Open asks for files, and calls the function do with their paths. It does not call do when the dialog is dismissed, and does
// nothing while a dialog is open.
func (c *Chooser) Open(q Question, do func(paths []string)) {
	c.OpenOr(q, do, func() { c.openWithToolkit(q, do) })
}

// OpenOr is [Chooser.Open] with another way to ask: where the system has no dialog, it calls the function instead.
func (c *Chooser) OpenOr(q Question, do func(paths []string), instead func()) {
	d := filechooser.Dialog{Kind: filechooser.OpenFile, Title: q.Title, Accept: q.Accept, Folder: c.folder, Filters: c.filters(q.Extensions)}
	if d.Title == "" {
		d.Title = c.lang.Say("win.open_file")
	}
	if q.Several {
		d.Kind = filechooser.OpenFiles
	}
	c.ask(d, func(a filechooser.Answer) {
		c.folder = filepath.Dir(a.Paths[0])
		do(a.Paths)
	}, instead)
}

// Folder asks for a folder, and calls the function do with its path. It does not call do when the dialog is dismissed, and does
// nothing while a dialog is open.
func (c *Chooser) Folder(do func(folder string)) {
	c.ask(filechooser.Dialog{Kind: filechooser.OpenFolder, Title: c.lang.Say("win.open_folder"), Folder: c.folder}, func(a filechooser.Answer) {
		do(filepath.Clean(a.Paths[0]))
	}, func() { c.folderWithToolkit(do) })
}

// filters returns the filters of a dialog that lists files with some extensions: all of them together, then each kind, then
// every file.
func (c *Chooser) filters(kinds [][]string) []filechooser.Filter {
	if len(kinds) == 0 {
		return nil
	}
	var all []string
	var filters []filechooser.Filter
	for _, extensions := range kinds {
		all = append(all, extensions...)
		filters = append(filters, filechooser.Filter{Name: filterName(extensions), Extensions: extensions})
	}
	if len(kinds) > 1 {
		filters = append([]filechooser.Filter{{Name: filterName(all), Extensions: all}}, filters...)
	}
	return append(filters, filechooser.Filter{Name: c.lang.Say("files.all")})
}

// filterName returns the name of a filter for extensions, such as "CSV, XLSX".
func filterName(extensions []string) string {
	var names []string
	for _, e := range extensions {
		names = append(names, strings.ToUpper(strings.TrimPrefix(e, ".")))
	}
	return strings.Join(names, ", ")
}

// IsOpen reports whether a file dialog is open, of the system or of the toolkit.
func (c *Chooser) IsOpen() bool { return c.waiting != nil || c.toolkit != nil }

// TypedKey handles a key while a file dialog is open: Escape dismisses the dialog. It reports whether one is open.
func (c *Chooser) TypedKey(key *fyne.KeyEvent) bool {
	open := c.IsOpen()
	if open && key.Name == fyne.KeyEscape {
		c.Dismiss()
	}
	return open
}

// Dismiss closes the file dialog that is open, if there is one.
func (c *Chooser) Dismiss() {
	switch {
	case c.waiting != nil:
		c.waiting.cancel()
	case c.toolkit != nil:
		c.toolkit.Dismiss()
	}
}

// ask shows a dialog of the system, and calls the function do with its answer if something was chosen. It calls the function
// instead if the system has no dialog.
func (c *Chooser) ask(d filechooser.Dialog, do func(filechooser.Answer), instead func()) {
	switch {
	case c.IsOpen():
		return
	case c.system == nil:
		instead()
		return
	}
	d.Parent = handleOf(c.window)
	ctx := c.wait()
	async.CallContext(ctx, c.bg, func(ctx context.Context) (filechooser.Answer, error) { return c.system(ctx, d) }, func(a filechooser.Answer, err error) {
		canceled := ctx.Err() != nil
		c.waiting.end()
		c.waiting = nil
		switch {
		case canceled:
		case errors.Is(err, filechooser.ErrNoDialog):
			instead()
		case err != nil:
			c.fail(err)
		case len(a.Paths) > 0:
			do(a)
		}
	})
}

// handleOf returns the handle by which the system knows a window; 0 if it has none that another program can use.
func handleOf(window fyne.Window) (handle uintptr) {
	if native, ok := window.(driver.NativeWindow); ok {
		native.RunNative(func(context any) {
			switch known := context.(type) {
			case driver.X11WindowContext:
				handle = known.WindowHandle
			case driver.WindowsWindowContext:
				handle = known.HWND
			}
		})
	}
	return handle
}
