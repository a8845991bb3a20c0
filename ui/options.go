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

	"countersign/core/desk"
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
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/prefs"
	"countersign/ui/report"
)

// Desk is what the window needs of a [workspace.Workspace]: what its screens need, and what the window does with a request
// itself. The window calls its methods on background goroutines, several at a time, and ends them by their context when
// it is closed; Kinds, Queue and DocumentPath answer at once.
type Desk interface {
	list.Desk
	compose.Desk
	report.Desk
	prefs.Desk

	CountByStatus(ctx context.Context) (map[request.Status]int, error)
	Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error)
	Patience(ctx context.Context) settings.Patience
	Choices(ctx context.Context) ([]desk.Choice, error)
	Watch(ctx context.Context) (<-chan ledger.Notice, error)
	Queue() *queue.Queue

	Get(ctx context.Context, id request.ID) (request.Request, error)
	Events(ctx context.Context, id request.ID) ([]request.Event, error)
	DocumentPath(digest string) string
	SignaturesOf(ctx context.Context, digest string) ([]proof.Signature, error)

	Sign(ctx context.Context, ids ...request.ID) ([]request.Visit, error)
	OpenBrowser(ctx context.Context, visit request.Visit) error
	Shown(ctx context.Context, visit request.Visit) error
	Refresh(ctx context.Context, ids ...request.ID) error
	AskNow(ctx context.Context) error
	Attach(ctx context.Context, id request.ID, file input.File) (request.Request, error)
	Reopen(ctx context.Context, id request.ID) (request.Request, error)
	Withdraw(ctx context.Context, id request.ID, reason string) (request.Request, error)
	Review(ctx context.Context, id request.ID, decision request.Decision, note string) (request.Request, error)
	Edit(ctx context.Context, id request.ID, title, reference, due string) (request.Request, error)

	SuggestCopy(ctx context.Context, id request.ID, document int, folder string) (path string, err error)
	SaveCopy(ctx context.Context, digest, path string) error
	SuggestExport(ctx context.Context, name, ending, folder string) (path string, err error)
	Export(ctx context.Context, e export.Table, told func(done, total int)) (written int, err error)
	SuggestEvidence(ctx context.Context, id request.ID, folder string) (path string, err error)
	SaveEvidence(ctx context.Context, id request.ID, path string, replace bool, lang i18n.Language) error
}

var _ Desk = (*workspace.Workspace)(nil)

// Options adjust a window. The zero value works, but for opening files.
type Options struct {
	// OpenFile shows a file in the system's own viewer. It is called on a
	// background goroutine and returns when the viewer has taken the file.
	OpenFile func(path string) error
	// ShowInFolder shows the folder of a file, in the same way.
	ShowInFolder func(path string) error
	// Preview draws the first page of a PDF file, so many pixels wide, and counts all
	// pages. It is called on a background goroutine; without it, no pages are shown.
	Preview func(ctx context.Context, path string, width int) (page image.Image, pages int, err error)
	// Dispatch runs f on the goroutine that draws; fyne.Do when nil. It must not
	// wait for f.
	Dispatch func(f func())
	// Notify shows a notification of the system, outside the window. It is called on
	// a background goroutine, when signings end while the window is not in front. There
	// are no notifications when it is nil.
	Notify func(title, text string)
	// Tray shows a menu in the system's tray. It is called on the goroutine that draws,
	// the first time by [Window.Show]. Without a tray, nil: closing the window then ends
	// the program.
	Tray     func(menu *fyne.Menu)
	Now      func() time.Time
	Log      *slog.Logger
	HomeNote string // a line at the foot of the sidebar: whose desk this is, where it is kept
	Look     kit.Look
	Language i18n.Language // the system's when empty
}

func (o Options) withDefaults() Options {
	o.Language = spoken(o.Language)
	if o.OpenFile == nil {
		none := errors.New(o.Language.Say("window.no_viewer"))
		o.OpenFile = func(string) error { return none }
	}
	if o.ShowInFolder == nil {
		none := errors.New(o.Language.Say("request.no_folders"))
		o.ShowInFolder = func(string) error { return none }
	}
	if o.Dispatch == nil {
		o.Dispatch = fyne.Do
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// firstPage draws the first page of a kept document; nil when nothing is drawn.
func (o Options) firstPage(d Desk) func(ctx context.Context, digest string, width int) (image.Image, int, error) {
	if o.Preview == nil {
		return nil
	}
	return func(ctx context.Context, digest string, width int) (image.Image, int, error) {
		return o.Preview(ctx, d.DocumentPath(digest), width)
	}
}

// spoken is the language that was chosen, or else the system's. Where the environment has
// no locale, as on Windows and in a window on macOS, the toolkit knows how to ask for it.
func spoken(chosen i18n.Language) i18n.Language {
	if chosen != "" {
		return chosen
	}
	if l, set := i18n.FromEnvironment(os.Getenv); set {
		return l
	}
	return i18n.ParseLanguage(string(lang.SystemLocale()))
}
