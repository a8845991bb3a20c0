// Package importing is the sheet that imports lists of requests which exist at a gateway. It shows the first rows with what each
// column is read as, counts what would come before anything is written, and then imports the list. Methods of widgets and
// renderers that only the toolkit calls have no comment.
package importing

import (
	"context"
	"log/slog"

	"countersign/core/desk"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Desk is what the sheet needs of the desk. Its methods are called on background goroutines and must return when their context
// is canceled.
type Desk interface {
	Offers(ctx context.Context) ([]gateways.Offer, error)
	LookList(ctx context.Context, file input.File, o desk.ImportOptions, limit int) (desk.ListLook, error)
	Import(ctx context.Context, file input.File, o desk.ImportOptions, each func(desk.ImportStep) error) (desk.Imported, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
}

// Host is what the sheet needs of the window. Its methods are called on the drawing goroutine and must not block.
type Host interface {
	// ShowRequest shows a request, in a view that lists its status.
	ShowRequest(id request.ID, status request.Status)
	// Closed is called when the sheet was closed and nothing was imported.
	Closed()
}

// Importer imports lists, one after the other. It must be used on the drawing goroutine.
type Importer struct {
	lang   i18n.Language
	desk   Desk
	bg     *async.Worker
	modals *kit.Modals
	host   Host
	log    *slog.Logger
}

// New returns an importer that opens its sheet in modals, and runs its background work on bg.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, host Host, log *slog.Logger) *Importer {
	return &Importer{lang: lang, desk: d, bg: bg, modals: modals, host: host, log: log}
}

// Import shows the first of the lists at these paths, and the others after it. It does nothing without paths, or while another
// modal is open.
func (i *Importer) Import(paths []string) {
	if len(paths) == 0 {
		return
	}
	s := i.modals.OpenSheet(nil)
	if s == nil {
		return
	}
	p := &page{Importer: i, sheet: s, waiting: paths}
	s.OnClosed(p.closed)
	p.readGateways()
	p.next()
}
