package prefs

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

// pdfCheck is the page that checks any PDF file. Files are checked one after the other in the background and are
// not stored. Results that arrive after the page was closed are dropped.
type pdfCheck struct {
	*Prefs
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

// CheckPDF opens the page that checks PDF files. It does nothing while another modal is open.
func (p *Prefs) CheckPDF() {
	s := p.modals.OpenSheet(nil)
	if s == nil {
		return
	}
	c := &pdfCheck{Prefs: p, sheet: s, list: container.New(kit.Column(18))}
	c.ctx, c.stop = context.WithCancel(p.bg.Context())
	p.pdfs = c
	s.OnClosed(func() {
		c.stop()
		p.pdfs = nil
	})
	c.empty, c.tooMany = kit.NewEmptyState(72), kit.NewText(theme.SizeNameText, kit.ColorWarn).Set("")
	c.empty.Set(kit.IconDrop, kit.ColorMuted, c.lang.Say("pdf.empty"), c.lang.Say("pdf.about"))
	choose := s.NewFootButton(c.lang.Say("pdf.choose"), widget.MediumImportance, func() {
		p.host.BrowsePDFs(c.add)
	})
	content := container.New(kit.Column(18), c.empty.Root, c.list, c.tooMany)
	s.ShowPage(c.lang.Say("pdf.title"), p.modals.Close, content, choose, choose, s.NewFootButton(c.lang.Say("help.close"), widget.MediumImportance, p.modals.Close))
}

// CheckFiles adds files to the page that checks PDF files. It reports whether that page is open.
func (p *Prefs) CheckFiles(paths []string) bool {
	if p.pdfs == nil {
		return false
	}
	p.pdfs.add(paths)
	return true
}

// add appends files to the page and starts checking them.
func (c *pdfCheck) add(paths []string) {
	for _, path := range paths {
		if c.count == maxChecked {
			c.tooMany.Set(c.lang.Say("pdf.too_many", c.lang.Number(maxChecked)))
			break
		}
		if c.count++; c.count == 1 {
			c.empty.Root.Hide()
		} else {
			c.list.Add(widget.NewSeparator())
		}
		e := newPDFEntry(path)
		e.state.SetBadge(kit.InfoBadge)
		e.state.Set(c.lang.Say("pdf.looking"))
		c.list.Add(e.root)
		c.waiting = append(c.waiting, e)
	}
	c.sheet.Arrange()
	c.checkNext()
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
func (c *pdfCheck) checkNext() {
	if c.busy || len(c.waiting) == 0 {
		return
	}
	e := c.waiting[0]
	c.waiting, c.busy = c.waiting[1:], true
	async.CallContext(c.ctx, c.bg, func(ctx context.Context) (proof.Verified, error) { return c.desk.Verify(ctx, e.path) }, func(v proof.Verified, err error) {
		if c.busy = false; c.ctx.Err() != nil {
			return
		}
		c.showResult(e, v, err)
		c.sheet.Arrange()
		c.checkNext()
	})
}

// showResult shows the result for a file.
func (c *pdfCheck) showResult(e *pdfEntry, v proof.Verified, err error) {
	if err != nil {
		e.state.SetBadge(kit.ErrorBadge)
		e.state.Set(kit.Sentence(explain.Error(c.lang, err)))
		return
	}
	m := fileBadge(c.lang, v)
	e.state.SetBadge(m)
	e.state.Set(m.Label)
	size := c.lang.Size(v.Size)
	if v.Pages > 0 {
		size = kit.Joined(size, c.lang.Count("request.pages", v.Pages))
	}
	if v.Encrypted {
		size = kit.Joined(size, c.lang.Say("pdf.encrypted"))
	}
	e.details.Set(kit.Joined(size, c.lang.Say("pdf.hash", v.SHA256)))
	for _, f := range v.Signatures {
		e.signatures.Add(status.NewSignatureView(c.lang, f, c.sheet.Pass, c.sheet.Reveal, c.sheet.Arrange).Root)
	}
	note := func(text string) {
		e.signatures.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(text))
	}
	for _, field := range v.Blank {
		note(c.lang.Say("pdf.blank", field))
	}
	for _, problem := range v.AnchorProblems {
		e.signatures.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorWarn).Set(kit.Sentence(explain.Reason(c.lang, problem.Text, problem.Cause))))
	}
	copied := kit.NewLink(c.lang.Say("pdf.copy_hash"), kit.IconCopy, c.sheet.Pass, func() { c.host.Copy(v.SHA256) })
	copied.Reveal = c.sheet.Reveal
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
