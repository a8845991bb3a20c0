package program

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
)

// startTime is how long a program has to report that it did not start; see [started]. Some browsers
// return only when their window is closed. Tests make it shorter.
var startTime = 3 * time.Second

// OpenURL opens an address in the system's browser. Both programs open addresses only with this function. An address may come
// from a ledger that somebody else wrote, so OpenURL returns the error of [gateway.CheckWebURL] for one that this refuses. No error
// means only that none was reported within [startTime]. The browser lives on when this program ends, is interrupted at its
// terminal, or loses its terminal.
func OpenURL(address string) error {
	if err := gateway.CheckWebURL(address); err != nil {
		return err
	}
	// A quotation mark could end the argument of the browser that Windows starts. In an address it is the same as its escape.
	address = strings.ReplaceAll(address, `"`, "%22")
	return started(errNoBrowser, func() error { return openWithSystem(address) })
}

// OpenFile opens a file in the system's program for it. It fails unless the path is absolute, so that no program takes it for an
// option or an address, and leads to a regular file. No error means only that none was reported within [startTime]. The other
// program lives on as a browser does; see [OpenURL].
func OpenFile(path string) error {
	if err := checkFile(path); err != nil {
		return err
	}
	return started(errNoViewer, func() error { return openWithSystem(systemName(path)) })
}

// ShowInFolder opens the folder of a file in the system's file manager. On Windows and macOS, the file is
// selected there. The path must be as for [OpenFile], and the file manager lives on as a browser does.
func ShowInFolder(path string) error {
	if err := checkFile(path); err != nil {
		return err
	}
	return started(errNoFileManager, func() error {
		return showWithSystem(path)
	})
}

// Mail opens a new message of the person's mail program with a file attached. The path must be as for [OpenFile], and the mail
// program lives on as a browser does. It returns [ErrNoMail] on systems where no program can be asked for that: on Windows and
// macOS, an address for a message (mailto) has no attachments.
func Mail(path string) error {
	if err := checkFile(path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return ErrNoMail
	}
	return started(ErrNoMail, func() error { return run(xdgEmail, "--attach", path) })
}

// Print has the system print a file, or opens it in the system's viewer, from which the person prints. It reports which of the
// two it did: only Windows has a way to print a file of any kind. The path must be as for [OpenFile].
func Print(path string) (inViewer bool, err error) {
	if err := checkFile(path); err != nil {
		return false, err
	}
	if runtime.GOOS == "windows" {
		err := started(errNoViewer, func() error { return printWithSystem(path) })
		if err == nil {
			return false, nil
		}
	}
	return true, OpenFile(path)
}

func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !filepath.IsAbs(path) || !info.Mode().IsRegular():
		return request.Errorf("open_no_file", "%s is not a file that can be shown", filepath.Base(path))
	}
	return nil
}

// systemName returns the name by which the system's opener is told of a file or folder: on Unix and macOS a file URL, in which
// no character has another meaning.
func systemName(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

var (
	errNoBrowser = request.Errorf("open_no_browser", "no program for opening a web page was found")
	errNoViewer  = request.Errorf("open_no_viewer", "no program for opening a PDF file was found")
	// ErrNoMail is returned when there is no mail program that can be given a file.
	ErrNoMail        = request.Errorf("open_no_mail", "no mail program that takes a file from here was found")
	errNoFileManager = request.Errorf("open_no_file_manager", "no program for opening a folder was found")
)

// started calls the function open and returns its error, or nil when open has not returned after
// [startTime]. For an error that wraps [exec.ErrNotFound], it returns notFound.
func started(notFound error, open func() error) error {
	done := make(chan error, 1)
	go func() { done <- open() }()
	select {
	case err := <-done:
		if errors.Is(err, exec.ErrNotFound) {
			return notFound
		}
		return err
	case <-time.After(startTime):
		return nil
	}
}

// run starts a program apart from this one (see [detach]), without input and output, and waits until it ends.
func run(name string, args ...string) error {
	cmd := exec.Command(name, args...) // #nosec G204 -- a program of the system or of the person's choice; no argument can be taken for an option
	cmd.SysProcAttr = detach()         // the standard streams are the null device: a pipe would break when this program ends
	err := cmd.Run()
	failed, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case !ended || runtime.GOOS == "windows":
		return err
	case slices.Contains([]string{xdgOpen, xdgEmail}, filepath.Base(name)) && failed.ExitCode() == xdgNothingFound:
		return &exec.Error{Name: name, Err: exec.ErrNotFound}
	}
	return request.Errorf("open_exit", "%s failed: %w", filepath.Base(name), failed)
}

const (
	xdgOpen         = "xdg-open"
	xdgEmail        = "xdg-email"
	xdgNothingFound = 3         // exit code of both: "A required tool could not be found" (xdg-open(1), xdg-email(1))
	browserVariable = "BROWSER" // the browsers of a person's choice, for xdg-open and many other programs
)

// openers are the programs of a Unix desktop that open addresses and files. The first that is installed is used; the browsers in
// the variable BROWSER come after xdg-open, which knows them.
var openers = []string{xdgOpen, "x-www-browser", "www-browser"}

// findOpener returns the command that opens an address or a file on a Unix desktop, without the address. One of its arguments
// contains "%s" where the address has to stand; if none does, the address is the last argument. The error wraps
// [exec.ErrNotFound] if there is none.
func findOpener() ([]string, error) {
	commands := [][]string{{openers[0]}}
	for browser := range strings.SplitSeq(os.Getenv(browserVariable), ":") {
		if command := strings.Fields(browser); len(command) > 0 {
			commands = append(commands, command)
		}
	}
	for _, name := range openers[1:] {
		commands = append(commands, []string{name})
	}
	for _, command := range commands {
		if path, err := exec.LookPath(command[0]); err == nil {
			return append([]string{path}, command[1:]...), nil
		}
	}
	return nil, &exec.Error{Name: strings.Join(openers, ", "), Err: exec.ErrNotFound}
}

// withAddress returns the command of [findOpener] with an address in its place.
func withAddress(command []string, address string) []string {
	var full []string
	placed := false
	for _, part := range command {
		placed = placed || strings.Contains(part, "%s")
		full = append(full, strings.ReplaceAll(part, "%s", address))
	}
	if !placed {
		full = append(full, address)
	}
	return full
}
