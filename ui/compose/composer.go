// Package compose is the sheet that new requests come from: the files that are to be signed, lists to be imported,
// requests that exist at a gateway, and what is to be known of them.
package compose

import (
	"context"
	"io"
	"log/slog"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Desk is what the sheet for new requests needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	Offers(ctx context.Context) ([]desk.Offer, error)
	Settings(ctx context.Context) (settings.Settings, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
	Look(ctx context.Context, paths []string, each func(desk.Candidate)) (desk.Intake, error)
	LookLink(ctx context.Context, link string) (desk.Linked, error)
	Import(ctx context.Context, list io.Reader, gatewayName string, each func(...request.Request) error) (desk.Imported, error)
	Add(ctx context.Context, n desk.New) (request.Request, error)
}

// Host is what the sheet for new requests needs of the window it is in.
type Host interface {
	// Browse lets a PDF file or a list of requests be chosen, BrowseFolder a folder. Nothing is done when none is.
	Browse(do func(path string))
	BrowseFolder(do func(folder string))
	// Tell says what was done. ShowRequest shows a request, in a view that holds its status.
	Tell(words string)
	ShowRequest(id request.ID, status request.Status)
	// Added is called with the requests that were added, and what is to be told of the lists that were imported. With
	// sign, the requests are to be signed at once; with more, something is left on the sheet.
	Added(ids []request.ID, told []string, sign, more bool)
	// Closed is called when the sheet was put away for good.
	Closed()
}

// Composer is the sheet that new requests come from. It keeps what is on the sheet while that is hidden. It is used on
// the drawing goroutine.
type Composer struct {
	lang   i18n.Language
	desk   Desk
	bg     *async.Worker
	modals *kit.Modals
	host   Host
	now    kit.Clock
	log    *slog.Logger
	form   *form // that is not added yet, also while it is not shown; nil when there is none
}

// New returns a composer without a sheet.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, host Host, now kit.Clock, log *slog.Logger) *Composer {
	return &Composer{lang: lang, desk: d, bg: bg, modals: modals, host: host, now: now, log: log}
}

// Open shows the sheet, the one that was left or a new one.
func (c *Composer) Open() { c.open().focus() }

// AddFiles puts files, folders and lists on the sheet, and shows it.
func (c *Composer) AddFiles(paths []string) { c.open().take(paths, nil) }

// Paste puts the files and the signing links of a text on the sheet, and shows it. It reports whether there are any.
func (c *Composer) Paste(text string) bool {
	paths, links := pasted(text)
	if len(paths)+len(links) == 0 {
		return false
	}
	c.open().take(paths, links)
	return true
}

// IsShown reports whether the sheet is what is open over the window.
func (c *Composer) IsShown() bool { return c.form != nil && c.modals.Shows(c.form.modal) }

// Sign adds what is on the sheet and has it signed at once. Without a sheet it does nothing.
func (c *Composer) Sign() {
	if c.form != nil {
		c.form.press(true)
	}
}

func (c *Composer) open() *form {
	if c.form == nil {
		c.form = newForm(c)
		c.form.ask()
	}
	s := c.form
	if !c.modals.Shows(s.modal) {
		c.modals.Close() // a question that is open is answered with no
		s.present()
	}
	return s
}
