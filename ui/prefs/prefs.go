// Package prefs has the settings of a desk and of its gateways, and the checks: of the desk, of a gateway, of the
// register, and of any PDF file.
package prefs

import (
	"context"
	"time"

	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/support"
	"countersign/core/trust"
	"countersign/ui/async"
	"countersign/ui/checking"
	"countersign/ui/kit"
)

// Desk is what the settings and the checks need of the desk. Its methods are called on background goroutines and
// end with their context; IsFixed, Kinds and Person are called on the drawing goroutine and must not block. Errors are shown as they
// are; one that [settings.KeyOf] finds a key in is shown at that setting. The callbacks tell run on the goroutine
// of the call.
type Desk interface {
	Settings(ctx context.Context) (settings.Settings, error)
	ChangeSettings(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error)
	IsFixed(key string) bool // answers at once
	Kinds() []gateway.Kind   // answers at once
	Person() settings.Person // answers at once
	ListGateways(ctx context.Context) ([]gateways.Info, error)
	FormOf(ctx context.Context, name string) (gateways.Form, error)
	AddForm(ctx context.Context, form gateways.Form) (secret.Backend, error)
	EditForm(ctx context.Context, form gateways.Form) (secret.Backend, error)
	SetDefaultGateway(ctx context.Context, name string) error
	RemoveGateway(ctx context.Context, name string) error
	ConfirmGateway(ctx context.Context, name, origin string) error
	GivenProxy() (says request.Sentence, address string) // answers at once
	MapGateways(events []ledger.OfficeEvent, used []string) (map[string]string, error)
	ProxyLogins(ctx context.Context) ([]gateways.ProxyLogin, error)
	SetProxyLogin(ctx context.Context, address, user string, entered secret.Entered) (gateways.ProxyLogin, error)
	RemoveProxyLogin(ctx context.Context, address string) error
	TryGateway(ctx context.Context, name string, tell func(diagnosis.Finding)) error
	Trial(ctx context.Context, name string, tell func(diagnosis.Finding)) error
	Diagnose(ctx context.Context, tell func(diagnosis.Finding)) []diagnosis.Finding
	CollectForSupport(findings []diagnosis.Finding, at time.Time) []support.Text
	Seal(ctx context.Context) (register.Seal, error)
	AuditAll(ctx context.Context, seal *register.Seal, tell func(ledger.Progress)) (sealing.Audited, error)
	Get(ctx context.Context, id request.ID) (request.Request, error)
	KeptReturns(ctx context.Context) ([]ledger.KeptReturn, error)
	Verify(ctx context.Context, path string) (proof.Verified, error)
	Anchors(ctx context.Context) (trust.Set, error)
	AddAnchors(ctx context.Context, path string) ([]trust.Added, error)
	RemoveAnchor(ctx context.Context, name string) (trust.Anchor, error)
}

// Host is what the dialogs of this package need of the window. Its methods are called on the drawing goroutine and
// must not block.
type Host interface {
	// BrowsePDFs opens a dialog for PDF files and calls do with the chosen paths. It does not call do when the dialog is
	// dismissed.
	BrowsePDFs(do func(paths []string))
	// BrowseFiles does the same for files with other extensions, which are in lower case.
	BrowseFiles(extensions []string, do func(paths []string))
	// BrowseFolder does the same for a folder.
	BrowseFolder(do func(folder string))
	// ShowRequest shows a request in the list, after the modal was closed.
	ShowRequest(r request.Request)
	// SaveForSupport asks where to save what was collected at a time, after the modal was closed, and saves it.
	SaveForSupport(texts []support.Text, at time.Time)
	// Copy copies a text to the clipboard.
	Copy(text string)
	// SetTheme applies one of [settings.Themes] to the window.
	SetTheme(name string)
	// SetDense makes the rows of the list dense, or roomy.
	SetDense(dense bool)
	// NamesChanged is called after a gateway was added, changed or removed, after a person has entered a name,
	// and after a person has chosen whether practice requests are shown.
	NamesChanged()
	// PatienceChanged is called after the settings of all signings were written, and the patience may be another.
	PatienceChanged()
	// End ends the program.
	End()
	// Help replaces the open modal by the list of shortcuts.
	Help()
}

// Prefs opens the settings and the checks in modals over the window. It must be used on the drawing goroutine.
type Prefs struct {
	lang   i18n.Language
	desk   Desk
	bg     *async.Worker
	modals *kit.Modals
	host   Host
	office Office
	login  AtLogin
	now    kit.Clock
	pdfs   *checking.Page // nil while the page that checks files is closed
	trust  *trustPage     // the last one that was opened, or nil
}

// New returns the settings of a desk. It opens nothing.
func New(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, host Host, office Office, login AtLogin, now kit.Clock) *Prefs {
	return &Prefs{lang: lang, desk: d, bg: bg, modals: modals, host: host, office: office, login: login, now: now}
}

// CheckPDF opens the page that checks PDF files. It does nothing while another modal is open.
func (p *Prefs) CheckPDF() {
	w := checking.Window{Lang: p.lang, Bg: p.bg, Modals: p.modals, Verify: p.desk.Verify, Browse: p.host.BrowsePDFs, Copy: p.host.Copy}
	if opened := checking.Open(w, func() { p.pdfs = nil }); opened != nil {
		p.pdfs = opened
	}
}

// CheckFiles adds files to the page that checks PDF files. It reports whether that page is open.
func (p *Prefs) CheckFiles(paths []string) bool {
	if p.pdfs == nil {
		return false
	}
	p.pdfs.Add(paths)
	return true
}
