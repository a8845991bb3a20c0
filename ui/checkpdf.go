package ui

import (
	"context"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/ui/async"
)

// pdfCheck is a page on which any PDF can be looked at, wherever it was signed. Files are read one after the other in the
// background; nothing of them is kept. What comes after the page was closed is dropped.
type pdfCheck struct {
	w       *Window
	lang    i18n.Language
	sheet   *sheet
	page    int
	list    *fyne.Container
	empty   *emptyState
	full    *text
	waiting []*pdfEntry
	count   int
	busy    bool
	stop    context.CancelFunc
	ctx     context.Context
}

const maxChecked = 200 // files on one page

// pdfEntry is one file of the page.
type pdfEntry struct {
	path  string
	state *callout
	under *text
	found *fyne.Container
	root  *fyne.Container
}

// onCheckPDF opens the page.
func (w *Window) onCheckPDF() {
	s := w.openSheet(nil)
	if s == nil {
		return
	}
	c := &pdfCheck{w: w, lang: w.lang, sheet: s, list: container.New(column{gap: 18})}
	c.ctx, c.stop = context.WithCancel(w.bg.Context())
	w.checking = c
	w.modal.closed = func() {
		c.stop()
		w.checking = nil
	}
	c.empty, c.full = newEmptyState(72), newText(theme.SizeNameText, colorWarn).set("")
	setIcon(c.empty.icon, iconDrop, colorMuted)
	c.empty.title.set(c.lang.Say("pdf.empty"))
	c.empty.text.set(c.lang.Say("pdf.about"))
	choose := s.footButton(c.lang.Say("pdf.choose"), widget.MediumImportance, func() {
		w.browse(func(path string) { c.take([]string{path}) }, pdfEndings)
	})
	content := container.New(column{gap: 18}, c.empty.root, c.list, c.full)
	s.show(c.lang.Say("pdf.title"), w.closeModal, content, choose, choose, s.footButton(c.lang.Say("help.close"), widget.HighImportance, w.closeModal))
	c.page = s.page
}

// take puts files on the page, below those that are there.
func (c *pdfCheck) take(paths []string) {
	for _, path := range paths {
		if c.count == maxChecked {
			c.full.set(c.lang.Say("pdf.too_many", c.lang.Number(maxChecked)))
			break
		}
		if c.count++; c.count == 1 {
			c.empty.root.Hide()
		} else {
			c.list.Add(widget.NewSeparator())
		}
		e := newPDFEntry(path)
		e.state.mark(markTold)
		e.state.set(c.lang.Say("pdf.looking"))
		c.list.Add(e.root)
		c.waiting = append(c.waiting, e)
	}
	c.sheet.arrange()
	c.next()
}

func newPDFEntry(path string) *pdfEntry {
	e := &pdfEntry{path: path, state: newCallout(markTold), under: newText(theme.SizeNameCaptionText, colorMuted), found: container.New(column{gap: 6})}
	e.under.Hide()
	name := newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).set(filepath.Base(path))
	name.maxLines = 2
	e.root = container.New(column{gap: 8}, name, e.state.root, e.under, e.found)
	return e
}

// next looks at the next file that waits.
func (c *pdfCheck) next() {
	if c.busy || len(c.waiting) == 0 {
		return
	}
	e := c.waiting[0]
	c.waiting, c.busy = c.waiting[1:], true
	async.CallContext(c.ctx, c.w.bg, func(ctx context.Context) (desk.Verified, error) { return c.w.desk.Verify(ctx, e.path) }, func(v desk.Verified, err error) {
		if c.busy = false; c.ctx.Err() != nil {
			return
		}
		c.tell(e, v, err)
		c.sheet.arrange()
		c.next()
	})
}

// tell shows what was found of a file.
func (c *pdfCheck) tell(e *pdfEntry, v desk.Verified, err error) {
	if err != nil {
		e.state.mark(markFailed)
		e.state.set(sentence(err.Error()))
		return
	}
	m := fileMark(c.lang, v)
	e.state.mark(m)
	e.state.set(m.word)
	size := c.lang.Size(v.Size)
	if v.Pages > 0 {
		size = joined(size, c.lang.Count("request.pages", v.Pages))
	}
	if v.Encrypted {
		size = joined(size, c.lang.Say("pdf.encrypted"))
	}
	e.under.set(joined(size, c.lang.Say("pdf.hash", v.SHA256)))
	for _, f := range v.Signatures {
		e.found.Add(newFactsView(c.lang, f, c.sheet.pass, c.sheet.reveal, c.sheet.arrange).root)
	}
	note := func(words string) { e.found.Add(newText(theme.SizeNameCaptionText, colorMuted).set(words)) }
	for _, field := range v.Blank {
		note(c.lang.Say("pdf.blank", field))
	}
	if v.Anchors != "" {
		e.found.Add(newText(theme.SizeNameCaptionText, colorWarn).set(sentence(v.Anchors)))
	}
	copied := newLink(face{c.lang.Say("pdf.copy_hash"), iconCopy}, c.sheet.pass, func() { c.w.app.Clipboard().SetContent(v.SHA256) })
	copied.reveal = c.sheet.reveal
	e.found.Add(container.NewHBox(copied))
}

// fileMark is a file in one sentence.
func fileMark(lang i18n.Language, v desk.Verified) mark {
	m := mark{icon: iconCheck, word: lang.Count("pdf.sound", len(v.Signatures)), color: colorGood, back: colorGoodPill}
	switch {
	case len(v.Signatures) == 0:
		m = markTold
		m.word = lang.Say("pdf.none")
	case !v.Intact():
		m = markFailed
		m.word = lang.Say("pdf.broken")
	case v.Altered():
		m = markFailed
		m.word = lang.Say("pdf.altered")
	case v.AlteredBetween():
		m = markFailed
		m.word = lang.Say("changed.between")
	case !v.Vouched():
		m.icon, m.color, m.back = iconInfo, colorWarn, colorWarnPill
		m.word += " " + lang.Say("pdf.not_vouched")
	}
	if v.Hidden > 0 {
		if m.color != colorBad {
			m.icon, m.color, m.back = iconWarning, colorWarn, colorWarnPill
		}
		m.word += " " + lang.Say("pdf.hidden")
	}
	return m
}
