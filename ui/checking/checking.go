// Package checking has the page that checks any PDF files, which are not stored.
package checking

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/proof"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Window is what the page needs of the window and of the desk.
type Window struct {
	Lang   i18n.Language
	Bg     *async.Worker
	Modals *kit.Modals
	Verify func(ctx context.Context, path string) (proof.Verified, error) // called on background goroutines
	Browse func(do func(paths []string))                                  // opens a dialog for PDF files
	Copy   func(text string)                                              // to the clipboard
}

// Page checks PDF files, one after the other in the background. Results that arrive after it was closed are dropped.
type Page struct {
	Window
	lang    i18n.Language
	sheet   *kit.Sheet
	list    *fyne.Container
	empty   *kit.EmptyState
	tooMany *kit.Text
	waiting []*pdfEntry
	count   int
	busy    bool
	stop    context.CancelFunc
	ctx     context.Context
}

// maxChecked bounds the files on one page.
const maxChecked = 200

// pdfEntry is one file of the page.
type pdfEntry struct {
	path       string
	state      *kit.Callout
	details    *kit.Text
	signatures *fyne.Container
	root       *fyne.Container
}

// Open opens the page. It returns nil while another modal is open. The function closed is called when the page is closed.
func Open(w Window, closed func()) *Page {
	s := w.Modals.OpenSheet(nil)
	if s == nil {
		return nil
	}
	p := &Page{Window: w, lang: w.Lang, sheet: s, list: container.New(kit.Column(18))}
	p.ctx, p.stop = context.WithCancel(w.Bg.Context())
	s.OnClosed(func() {
		p.stop()
		closed()
	})
	p.empty, p.tooMany = kit.NewEmptyState(72), kit.NewText(theme.SizeNameText, kit.ColorWarn).Set("")
	p.empty.Set(kit.IconDrop, kit.ColorMuted, p.lang.Say("pdf.empty"), p.lang.Say("pdf.about"))
	choose := s.NewFootButton(p.lang.Say("pdf.choose"), widget.MediumImportance, func() { w.Browse(p.Add) })
	content := container.New(kit.Column(18), p.empty.Root, p.list, p.tooMany)
	s.ShowPage(p.lang.Say("pdf.title"), w.Modals.Close, content, choose, choose, s.NewFootButton(p.lang.Say("help.close"), widget.MediumImportance, w.Modals.Close))
	return p
}

// Add appends files to the page and starts checking them.
func (p *Page) Add(paths []string) {
	for _, path := range paths {
		if p.count == maxChecked {
			p.tooMany.Set(p.lang.Say("pdf.too_many", p.lang.Number(maxChecked)))
			break
		}
		if p.count++; p.count == 1 {
			p.empty.Root.Hide()
		} else {
			p.list.Add(widget.NewSeparator())
		}
		e := newPDFEntry(path)
		e.state.SetBadge(kit.InfoBadge)
		e.state.Set(p.lang.Say("pdf.looking"))
		p.list.Add(e.root)
		p.waiting = append(p.waiting, e)
	}
	p.sheet.Arrange()
	p.checkNext()
}

func newPDFEntry(path string) *pdfEntry {
	e := &pdfEntry{path: path, state: kit.NewCallout(kit.InfoBadge), details: kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted), signatures: container.New(kit.Column(6))}
	e.details.Hide()
	name := kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).Set(input.Name(path))
	name.MaxLines = 2
	e.root = container.New(kit.Column(8), name, e.state.Root, e.details, e.signatures)
	return e
}

// checkNext checks the next waiting file, unless one is being checked.
func (p *Page) checkNext() {
	if p.busy || len(p.waiting) == 0 {
		return
	}
	e := p.waiting[0]
	p.waiting, p.busy = p.waiting[1:], true
	async.CallContext(p.ctx, p.Bg, func(ctx context.Context) (proof.Verified, error) { return p.Verify(ctx, e.path) }, func(v proof.Verified, err error) {
		if p.busy = false; p.ctx.Err() != nil {
			return
		}
		p.showResult(e, v, err)
		p.sheet.Arrange()
		p.checkNext()
	})
}

// showResult shows the result for a file.
func (p *Page) showResult(e *pdfEntry, v proof.Verified, err error) {
	if err != nil {
		e.state.SetBadge(kit.ErrorBadge)
		e.state.Set(kit.Sentence(explain.Error(p.lang, err)))
		return
	}
	m := fileBadge(p.lang, v)
	e.state.SetBadge(m)
	e.state.Set(m.Label)
	size := p.lang.Size(v.Size)
	if v.Pages > 0 {
		size = kit.Joined(size, p.lang.Count("request.pages", v.Pages))
	}
	if v.Encrypted {
		size = kit.Joined(size, p.lang.Say("pdf.encrypted"))
	}
	e.details.Set(kit.Joined(size, p.lang.Say("pdf.hash", v.SHA256)))
	for _, f := range v.Signatures {
		e.signatures.Add(status.NewSignatureView(p.lang, f, p.sheet.Pass, p.sheet.Reveal, p.sheet.Arrange).Root)
	}
	note := func(text string) {
		e.signatures.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(text))
	}
	for _, field := range v.Blank {
		note(p.lang.Say("pdf.blank", field))
	}
	for _, problem := range v.AnchorProblems {
		e.signatures.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorWarn).Set(kit.Sentence(explain.Reason(p.lang, problem.Text, problem.Cause))))
	}
	copied := kit.NewLink(p.lang.Say("pdf.copy_hash"), kit.IconCopy, p.sheet.Pass, func() { p.Copy(v.SHA256) })
	copied.Reveal = p.sheet.Reveal
	e.signatures.Add(container.NewHBox(copied))
}

// fileBadge returns the result for a file as a badge with one sentence.
func fileBadge(lang i18n.Language, v proof.Verified) kit.Badge {
	m := kit.Badge{Icon: kit.IconCheck, Label: lang.Count("pdf.sound", len(v.Signatures)), Color: kit.ColorGood, Back: kit.ColorGoodBack}
	switch {
	case len(v.Signatures) == 0:
		m = kit.InfoBadge
		m.Label = lang.Say("pdf.none")
	case v.Broken():
		m = kit.ErrorBadge
		m.Label = lang.Say("pdf.broken")
	case v.Altered():
		m = kit.ErrorBadge
		m.Label = lang.Say("pdf.altered")
	case v.AlteredBetween():
		m = kit.ErrorBadge
		m.Label = lang.Say("changed.between")
	case v.Unchecked() > 0:
		m.Icon, m.Color, m.Back = kit.IconInfo, kit.ColorWarn, kit.ColorWarnBack
		m.Label = lang.Count("pdf.unchecked_file", v.Unchecked())
	case v.Uncompared():
		m.Icon, m.Color, m.Back = kit.IconInfo, kit.ColorWarn, kit.ColorWarnBack
		m.Label = lang.Count("pdf.not_compared", len(v.Signatures))
	case !v.AllTrusted():
		m.Icon, m.Color, m.Back = kit.IconInfo, kit.ColorWarn, kit.ColorWarnBack
		m.Label += " " + lang.Say("pdf.not_vouched")
	}
	if weak := v.Weak(); weak != "" {
		m.Label += " " + lang.Say("pdf.weak_file", weak)
	}
	if v.Hidden > 0 {
		if m.Color != kit.ColorBad {
			m.Icon, m.Color, m.Back = kit.IconWarning, kit.ColorWarn, kit.ColorWarnBack
		}
		m.Label += " " + lang.Say("pdf.hidden")
	}
	return m
}
