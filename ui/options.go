package ui

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"countersign/core/export"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/compose"
	"countersign/ui/edit"
	"countersign/ui/files"
	"countersign/ui/importing"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/placement"
	"countersign/ui/prefs"
	"countersign/ui/remind"
	"countersign/ui/report"
	"countersign/ui/saving"
)

// programName is the same in every language.
const programName = "Countersign"

// Desk is the part of a [workspace.Workspace] that the window needs: the desks of its screens, and the methods
// that the shell itself calls. The window calls the methods on background goroutines, several at a time, and
// cancels their context when it closes. It calls Kinds, Person and Queue on the drawing goroutine too, so these must not
// block. Errors are shown to people as they are, or logged.
type Desk interface {
	list.Desk
	compose.Desk
	importing.Desk
	report.Desk
	saving.Desk
	prefs.Desk
	edit.Desk
	remind.Desk

	CountByStatus(ctx context.Context, archived, practice ledger.Among) (map[request.Status]int, error)
	Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error)
	Patience(ctx context.Context) settings.Patience
	Names(ctx context.Context) settings.Names
	Watch(ctx context.Context) (<-chan ledger.Notice, error)
	Queue() *queue.Queue

	Events(ctx context.Context, id request.ID) ([]request.Event, error)
	DocumentPath(digest string) string
	CheckDocument(ctx context.Context, digest string) error
	CheckFiles(ctx context.Context, id request.ID) (request.Request, error)
	SignaturesOf(ctx context.Context, digest string) ([]proof.Signature, error)

	Sign(ctx context.Context, ids ...request.ID) ([]request.Visit, error)
	SignAnew(ctx context.Context, ids ...request.ID) ([]request.Visit, error)
	CheckVisit(ctx context.Context, visit request.Visit) error
	OpenBrowser(ctx context.Context, visit request.Visit) error
	Shown(ctx context.Context, visit request.Visit) error
	Refresh(ctx context.Context, ids ...request.ID) error
	AskNow(ctx context.Context) error
	Attach(ctx context.Context, id request.ID, file input.File, note string) (request.Request, error)
	Vouch(ctx context.Context, id request.ID, note string) (request.Request, error)
	Reopen(ctx context.Context, id request.ID) (request.Request, error)
	Withdraw(ctx context.Context, id request.ID, reason string) (request.Request, error)
	Archive(ctx context.Context, id request.ID, reason string) (request.Request, error)
	Unarchive(ctx context.Context, id request.ID) (request.Request, error)
	Review(ctx context.Context, id request.ID, decision request.Decision, note string) (request.Request, error)

	OpenCopy(ctx context.Context, id request.ID, digest string) (path string, err error)
	SuggestCopy(ctx context.Context, id request.ID, document int, folder string) (path string, err error)
	SaveCopy(ctx context.Context, digest, path string) error
	SuggestExport(ctx context.Context, name, ending, folder string) (path string, err error)
	Export(ctx context.Context, e export.Table, progress func(done, total int)) (written int, err error)
	SaveSigned(ctx context.Context, s export.SignedFiles, progress func(done, total int)) (export.SavedFiles, error)
	SuggestEvidence(ctx context.Context, id request.ID, folder string) (path string, err error)
	SaveEvidence(ctx context.Context, id request.ID, path string, replace bool, lang i18n.Language) error
}

var _ Desk = (*workspace.Workspace)(nil)

// Options configure a window. With the zero value the window works, but cannot open files or folders.
type Options struct {
	// OpenFile opens a file in the system's viewer. It is called on a background
	// goroutine and returns once the viewer was started.
	OpenFile func(path string) error
	// ShowInFolder opens the folder that holds a file. It is called like OpenFile.
	ShowInFolder func(path string) error
	// Mail opens a message with a file attached. It is called like OpenFile.
	Mail func(path string) error
	// Print prints a file, or opens it in the viewer so that the person prints it from there; inViewer says which.
	// It is called like OpenFile.
	Print func(path string) (inViewer bool, err error)
	// Preview draws pages of PDF files. Nil means no previews.
	Preview placement.DrawFunc
	// FileDialogs shows the file dialogs of the system. It is called on a background goroutine. Nil means
	// that the toolkit's are used.
	FileDialogs files.System
	// Dispatch runs f on the drawing goroutine and must not wait for it. Nil means
	// [fyne.Do].
	Dispatch func(f func())
	// Notify shows a notification of the system. It is called on a background goroutine
	// when signings end while the window is in the background. Nil means no notifications.
	Notify func(title, text string)
	// Remind shows a notification of the system once a day, at the time that the settings have. It is called like
	// Notify, also while the window is in the foreground. Nil means no such notification.
	Remind func(title, text string)
	// Tray shows a menu in the system's tray. It is called on the drawing goroutine, the
	// first time by [Window.Show]. Nil means that there is no tray, and that closing the
	// window ends the program.
	Tray func(menu *fyne.Menu)
	// Background has [Window.Show] show nothing but the icon in the tray. Without a tray the window is shown.
	Background bool
	// AtLogin is whether the program starts when the person logs in.
	AtLogin prefs.AtLogin
	Now     func() time.Time // time.Now when nil
	// After returns a channel on which the time is sent once a duration is over, as [time.After] does, which nil stands for.
	After func(time.Duration) <-chan time.Time
	Log   *slog.Logger // discarded when nil
	// Office is the connection to the office that the home is a desk of. Nil stands for a home of its own.
	Office Office
	// Copy is the home's copy of the office's register, which follows it while the window is open, and is compared with it. Nil means that it is not.
	Copy OfficeCopy
	// Joiner has the home join an office, join it anew, and leave it. Nil means that the window offers neither.
	Joiner   prefs.Joiner
	JoinDSN  string // of the office's database that is offered then; may be empty
	HomeNote string // shown at the foot of the sidebar: whose desk this is, and its home
	Look     kit.Look
	Size     settings.Window // of the window; the default size when zero
	Language i18n.Language   // empty means the system's
}

func (o Options) withDefaults() Options {
	o.Language = languageOrSystem(o.Language)
	if o.OpenFile == nil {
		none := errors.New(o.Language.Say("window.no_viewer"))
		o.OpenFile = func(string) error { return none }
	}
	if o.ShowInFolder == nil {
		none := errors.New(o.Language.Say("request.no_folders"))
		o.ShowInFolder = func(string) error { return none }
	}
	if o.Mail == nil {
		o.Mail = func(string) error { return errors.ErrUnsupported }
	}
	if o.Print == nil {
		open := o.OpenFile
		o.Print = func(path string) (bool, error) { return true, open(path) }
	}
	if o.Dispatch == nil {
		o.Dispatch = fyne.Do
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// firstPage returns a function that draws the first page of a stored document; nil without [Options.Preview]. A
// file that is altered or missing is not drawn.
func (o Options) firstPage(d Desk) func(ctx context.Context, digest string, width int) (image.Image, int, error) {
	if o.Preview == nil {
		return nil
	}
	return func(ctx context.Context, digest string, width int) (image.Image, int, error) {
		if err := d.CheckDocument(ctx, digest); err != nil {
			return nil, 0, err
		}
		page, err := o.Preview(ctx, d.DocumentPath(digest), 1, width)
		return page.Image, page.Pages, err
	}
}

// languageOrSystem returns the chosen language or, if that is empty, the system's. The toolkit is asked where the
// environment has no locale, as on Windows and for a window on macOS.
func languageOrSystem(chosen i18n.Language) i18n.Language {
	if chosen != "" {
		return chosen
	}
	if l, set := i18n.FromEnvironment(os.Getenv); set {
		return l
	}
	return i18n.ParseLanguage(string(lang.SystemLocale()))
}

// FormerQuestion returns the question whether to move a home from where an earlier version made it to where it belongs, for a box of the
// system with the buttons Yes, No and Cancel, before there is a window. An empty language stands for that of the system.
func FormerQuestion(chosen i18n.Language, from, to string) string {
	return languageOrSystem(chosen).Say("former.question", from, to)
}

// notify returns a function that sends a notification with the program's name as its title; nil if there are none.
func (o Options) notify() func(text string) {
	if o.Notify == nil {
		return nil
	}
	return func(text string) { o.Notify(programName, text) }
}
