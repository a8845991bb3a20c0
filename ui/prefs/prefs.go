// Package prefs is where people choose how the desk works: settings and gateways. It also has the checks: of the desk, of a
// gateway, of the register, and of any PDF file.
package prefs

import (
	"context"

	"countersign/core/desk"
	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/register"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Desk is what the settings and the checks need of the desk. Its methods are called on background goroutines, but
// for Kinds.
type Desk interface {
	Settings(ctx context.Context) (settings.Settings, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
	Kinds() []gateway.Kind // answers at once
	ListGateways(ctx context.Context) ([]desk.GatewayInfo, error)
	FormOf(ctx context.Context, name string) (desk.GatewayForm, error)
	AddForm(ctx context.Context, form desk.GatewayForm) (secret.Backend, error)
	EditForm(ctx context.Context, form desk.GatewayForm) (secret.Backend, error)
	SetDefaultGateway(ctx context.Context, name string) error
	RemoveGateway(ctx context.Context, name string) error
	TryGateway(ctx context.Context, name string, tell func(diagnosis.Finding)) error
	Diagnose(ctx context.Context, tell func(diagnosis.Finding)) []diagnosis.Finding
	Seal(ctx context.Context) (register.Seal, error)
	Audit(ctx context.Context, seal *register.Seal, tell func(ledger.Progress)) (sealing.Audited, error)
	Verify(ctx context.Context, path string) (proof.Verified, error)
}

// Host is what the settings and the checks need of the window they are in.
type Host interface {
	// BrowsePDF lets a PDF file be chosen. BrowseFolder lets a folder be chosen. Nothing is done when none is.
	BrowsePDF(do func(path string))
	BrowseFolder(do func(folder string))
	// Copy puts a text on the clipboard.
	Copy(text string)
	// SetTheme shows the window in another of [settings.Themes].
	SetTheme(name string)
	// GatewaysChanged and PatienceChanged are called when the settings were written.
	GatewaysChanged()
	PatienceChanged()
	// Help lists the shortcuts in the place of whatever is open.
	Help()
}

// Prefs opens the settings, the checks of the desk, of its register and of files. It is used on the drawing goroutine.
type Prefs struct {
	lang   i18n.Language
	desk   Desk
	bg     *async.Worker
	modals *kit.Modals
	host   Host
	now    kit.Clock
	pdfs   *pdfCheck // the page on which files are checked, while it is open
}

// New returns the settings of a desk.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, host Host, now kit.Clock) *Prefs {
	return &Prefs{lang: lang, desk: d, bg: bg, modals: modals, host: host, now: now}
}
