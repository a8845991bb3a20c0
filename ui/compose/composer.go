// Package compose is the form for new requests: files to sign, lists to import, and requests that exist at a gateway.
// Methods of widgets and renderers that only the toolkit calls have no comment.
package compose

import (
	"context"
	"log/slog"
	"slices"

	"countersign/core/desk"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/placement"
)

// Desk is what the composer needs of the desk. Its methods are called on background goroutines and must return
// when their context is canceled. Errors are shown in the form as they are; a faulty file is no error but part of the
// result of Look.
type Desk interface {
	Offers(ctx context.Context) ([]gateways.Offer, error)
	Settings(ctx context.Context) (settings.Settings, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
	Look(ctx context.Context, paths []string, each func(desk.Candidate)) (desk.Intake, error)
	LookLink(ctx context.Context, link string) (desk.Linked, error)
	Add(ctx context.Context, n desk.New) (request.Request, error)
	Template(ctx context.Context, id request.ID) (desk.New, error)
	LastAdded(ctx context.Context) (desk.New, error)
}

// Host is what the composer needs of the window. Its methods are called on the drawing goroutine and must not
// block.
type Host interface {
	// Browse opens a dialog for PDF files and lists, and calls do with the chosen paths. It does not call do when
	// the dialog is dismissed.
	Browse(do func(paths []string))
	// BrowseFolder does the same for a folder.
	BrowseFolder(do func(folder string))
	// ShowNotice shows a message, which is not an error.
	ShowNotice(text string)
	// ShowRequest shows a request, in a view that lists its status.
	ShowRequest(id request.ID, status request.Status)
	// Added is called after the form was added. If sign is true, the window has to have the requests signed. If more is
	// true, the form still has entries and stays open, or lists follow.
	Added(ids []request.ID, sign, more bool)
	// Import shows lists of requests, so that they can be imported, when no other modal is open. It does nothing without paths.
	Import(paths []string)
	// Closed is called when the form was discarded.
	Closed()
}

// Composer is the form for new requests. It keeps the entries while the form is hidden. It must be used on the
// drawing goroutine.
type Composer struct {
	lang     i18n.Language
	desk     Desk
	bg       *async.Worker
	modals   *kit.Modals
	host     Host
	drawPage placement.DrawFunc // nil if no page can be shown
	now      kit.Clock
	log      *slog.Logger
	form     *form // nil until it is opened, and after it was discarded
}

// New returns a composer without a form. It opens the form in modals, and runs its background work on bg. The function drawPage draws
// pages of documents; nil means that no page can be shown.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, host Host, drawPage placement.DrawFunc, now kit.Clock, log *slog.Logger) *Composer {
	return &Composer{lang: lang, desk: d, bg: bg, modals: modals, host: host, drawPage: drawPage, now: now, log: log}
}

// Open shows the form, with the entries that it had when it was hidden.
func (c *Composer) Open() { c.open().focus() }

// AddFiles adds files, folders and lists to the form, and shows it. Lists alone are imported without the form.
func (c *Composer) AddFiles(paths []string) {
	if c.form == nil && len(paths) > 0 && !slices.ContainsFunc(paths, func(path string) bool { return !isList(path) }) {
		c.modals.Close() // closes another modal without its action
		c.host.Import(paths)
		return
	}
	c.open().addSources(paths, nil)
}

// Paste adds the file paths and signing links in a text to the form, and shows it. It reports whether there are
// any.
func (c *Composer) Paste(text string) bool {
	paths, links := parsePaste(text)
	if len(paths)+len(links) == 0 {
		return false
	}
	c.open().addSources(paths, links)
	return true
}

// IsShown reports whether the form is the topmost modal.
func (c *Composer) IsShown() bool { return c.form != nil && c.modals.Shows(c.form.modal) }

// HasInput reports whether the form, shown or hidden, has anything in it that would be lost.
func (c *Composer) HasInput() bool { return c.form != nil && c.form.hasInput() }

// Sign adds the entries of the form and has the new requests signed at once. It waits for files that are still being
// read. Without a form it does nothing.
func (c *Composer) Sign() {
	if c.form != nil {
		c.form.submit(true)
	}
}

func (c *Composer) open() *form {
	if c.form == nil {
		c.form = newForm(c)
		c.form.readOffers()
	}
	s := c.form
	if !c.modals.Shows(s.modal) {
		c.modals.Leave(func() {
			c.modals.Close() // closes another modal without its action
			if s.modal == nil {
				s.present()
			}
		})
	}
	return s
}
