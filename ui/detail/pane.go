// Package detail is the right part of the window: one request with its next step, its documents and its history. It
// does not call the desk: it shows a [Model], and reads files through a [DocumentReader]. Methods of widgets and
// renderers that only the toolkit calls have no comment.
package detail

import (
	"context"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Pane shows one request. It must be used on the drawing goroutine.
type Pane struct {
	widget.BaseWidget
	current Model
	job     Job
	lang    i18n.Language
	pass    kit.KeyHandler
	host    Host

	title         *kit.Text
	status        *kit.BadgeWidget
	subtitle      *kit.Text
	tag           *kit.Tag
	state, advice *kit.Text
	summary       *fyne.Container // the state, the advice and the evidence
	evidence      *canvas.Image
	evidenceText  *kit.Text
	evidenceRow   *fyne.Container
	trouble       *kit.Callout
	troubleRow    *fyne.Container // the button that opens the check of the desk
	primary       *kit.Button
	primaryRow    *fyne.Container // hidden while there is no next step
	others        map[status.Action]*kit.Button
	otherRow      *fyne.Container
	address       *addressBox
	sections      *fyne.Container // rebuilt for each version of the request
	previews      *previews
	docs          []*documentView

	placeholder *kit.EmptyState // shown when no request is chosen
	content     *fyne.Container
	scroll      *container.Scroll
}

// Host is what the pane needs of the window. Its methods are called on the drawing goroutine and must not block;
// they show their errors themselves.
type Host interface {
	// Do performs an action on the request that is shown.
	Do(a status.Action)
	// Copy copies the address of a visit to the clipboard.
	Copy(address string)
	// OpenDocument opens a copy of a stored file of a request, given by its SHA-256, in the system's viewer.
	OpenDocument(id request.ID, digest string)
	// ShowInFolder shows a copy of a stored file of a request, given by its SHA-256, in its folder.
	ShowInFolder(id request.ID, digest string)
	// SaveCopy asks where to save a copy of a signed file, given by its SHA-256. The parameter document is the index of
	// the document, among those of the request, that the file belongs to.
	SaveCopy(id request.ID, document int, digest string)
	// Diagnose opens the check of the desk.
	Diagnose()
	// ActionsChanged is called after other actions have become possible, or fewer.
	ActionsChanged()
}

// DocumentReader reads stored files. Its functions are called on background goroutines; their errors are
// shown beside the document.
type DocumentReader struct {
	// Signatures returns the signatures in a file, given by its SHA-256.
	Signatures func(ctx context.Context, digest string) ([]proof.Signature, error)
	// FirstPage draws the first page of a file in a width in pixels, and returns the number of its pages. Nil means no
	// previews.
	FirstPage func(ctx context.Context, digest string, width int) (page image.Image, pages int, err error)
}

// New returns a pane that shows no request. Keys that none of its widgets uses are passed to pass.
func New(lang i18n.Language, bg *async.Worker, read DocumentReader, pass kit.KeyHandler, host Host) *Pane {
	p := &previews{bg: bg, signatures: read.Signatures, firstPage: read.FirstPage}
	d := &Pane{lang: lang, pass: pass, previews: p, host: host, others: map[status.Action]*kit.Button{}}
	p.changed = d.showPreviews
	d.ExtendBaseWidget(d)
	d.title = kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground)
	d.title.MaxLines = 3
	d.status = kit.NewBadgeWidget(kit.Badge{})
	d.subtitle = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.subtitle.MaxLines = 1
	d.tag = kit.NewTag("")
	d.state = kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)
	d.advice = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.evidence = kit.NewIcon(kit.IconProof, kit.ColorMuted, 16)
	d.evidenceText = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.evidenceRow = container.New(kit.Row{Gap: 8}, container.New(kit.Padding(0, 2), d.evidence), d.evidenceText)
	d.summary = container.New(kit.Column(4), d.state, d.advice, d.evidenceRow)
	d.trouble = kit.NewCallout(kit.WarningBadge)
	diagnose := kit.NewButton(lang.Say("prefs.diagnose"), kit.IconQuestion, widget.MediumImportance, pass, host.Diagnose)
	d.troubleRow = container.New(kit.NewFlow(8), diagnose)
	d.primary = kit.NewButton("", "", widget.HighImportance, pass, func() { d.host.Do(d.current.NextStep) })
	d.primaryRow = container.New(kit.MinSize(0, 46), d.primary)
	d.otherRow = container.New(kit.NewFlow(8))
	for _, a := range status.Buttons() {
		b := kit.NewButton(a.Label(lang), a.Icon(), widget.MediumImportance, pass, func() { d.host.Do(a) })
		b.OnFocus, b.Hidden = d.reveal, true // until a request allows it
		d.others[a] = b
		d.otherRow.Objects = append(d.otherRow.Objects, b)
	}
	d.address = newAddressBox(lang, pass, host.Copy)
	d.address.entry.OnFocus, d.address.copy.OnFocus = d.reveal, d.reveal
	diagnose.OnFocus, d.primary.OnFocus = d.reveal, d.reveal
	d.sections = container.New(kit.Column(18))

	badges := container.New(kit.Row{Gap: 8, Center: true}, d.status, d.tag)
	head := container.New(kit.Column(8),
		d.title,
		container.New(kit.Row{Gap: 10, Center: true}, badges, d.subtitle),
	)
	d.content = container.New(kit.Padding(24, 18), container.New(kit.Column(16),
		head,
		d.summary,
		d.trouble.Root,
		d.troubleRow,
		d.address.root,
		container.New(kit.Column(8), d.primaryRow, d.otherRow),
		d.sections,
	))
	d.placeholder = kit.NewEmptyState(126)
	d.placeholder.Root.Hide()
	d.scroll = container.NewVScroll(container.NewStack(d.content, d.placeholder.Root))
	d.SetModel(Model{})
	return d
}

// CreateRenderer implements [fyne.Widget].
func (d *Pane) CreateRenderer() fyne.WidgetRenderer {
	return &paneRenderer{WidgetRenderer: widget.NewSimpleRenderer(d.scroll), detail: d}
}

// paneRenderer sets the width of the content before the scroller asks for its height.
type paneRenderer struct {
	fyne.WidgetRenderer
	detail *Pane
}

func (r *paneRenderer) Layout(size fyne.Size) {
	r.detail.scroll.Resize(size)
	r.detail.arrange()
}

func (r *paneRenderer) MinSize() fyne.Size { return fyne.NewSize(360, 200) }

// arrange lays the content out again after its texts changed.
func (d *Pane) arrange() { kit.Relayout(d.scroll) }

// newLink returns a link that scrolls into view when it gets the focus.
func (d *Pane) newLink(a status.Action, do func()) *kit.Link {
	l := kit.NewLink(a.Label(d.lang), a.Icon(), d.pass, do)
	l.Reveal = d.reveal
	return l
}

// reveal scrolls to an object if it is not visible.
func (d *Pane) reveal(o fyne.CanvasObject) { kit.Reveal(d.scroll, o) }

// Shown returns the request that is shown; its ID is empty when there is none.
func (d *Pane) Shown() Model { return d.current }

// FocusNext focuses the button of the next step.
func (d *Pane) FocusNext() { kit.Focus(d.primary) }

// Job is the action in progress on the request that is shown. The zero value means none.
type Job struct {
	Doing string // as text
	Undo  bool   // the request is shown as it will be, and [status.Stop] takes the action back
}

// SetJob sets the job in progress for a request that is about to be shown. It redraws nothing; see [Pane.ShowJob].
func (d *Pane) SetJob(job Job) { d.job = job }

// SetModel shows a request, or the placeholder for the zero [Model]. It does nothing if the same version is shown
// already.
func (d *Pane) SetModel(m Model) {
	if m.ID == d.current.ID && m.version == d.current.version && m.Pending == d.current.Pending && m.tag == d.current.tag && m.late == d.current.late && m.names.Equal(d.current.names) && m.ID != "" {
		return
	}
	other := m.ID != d.current.ID
	d.current = m
	if m.ID == "" {
		d.content.Hide()
		d.placeholder.Root.Show()
		d.ShowPlaceholder(false)
		d.host.ActionsChanged()
		return
	}
	d.placeholder.Root.Hide()
	d.content.Show()
	d.title.Set(request.ShowHidden(m.Title))
	d.status.Set(m.status)
	d.subtitle.Set(m.Subtitle)
	d.tag.Hidden = m.tag == ""
	d.tag.Set(m.tag)
	d.state.Set(m.state)
	d.advice.Set(m.advice)
	d.evidenceText.Set(m.EvidenceText)
	d.state.Hidden, d.advice.Hidden, d.evidenceRow.Hidden = m.state == "", m.advice == "", m.EvidenceText == ""
	d.summary.Hidden = d.state.Hidden && d.advice.Hidden && d.evidenceRow.Hidden
	kit.SetIcon(d.evidence, m.evidence.Icon, m.evidence.Color)
	d.trouble.SetHeading(m.trouble.what)
	d.trouble.Set(m.trouble.text)
	d.troubleRow.Hidden = m.trouble.text == ""
	if m.byHand {
		d.address.set(m.Visit.URL)
	} else {
		d.address.set("")
	}
	d.sections.Objects = d.buildSections(m)
	if other {
		d.scroll.Offset = fyne.Position{}
	}
	d.showActions()
	d.loadPreviews()
	d.showPreviews()
}

// loadPreviews starts reading the documents: first all signatures, then the first pages.
func (d *Pane) loadPreviews() {
	var loads []load
	for _, v := range d.docs {
		for _, digest := range []string{v.model.original, v.model.signed} {
			if digest != "" {
				loads = append(loads, load{digest: digest})
			}
		}
	}
	for _, v := range d.docs {
		loads = append(loads, load{v.model.displayed(), v.thumbnail.pixels()})
	}
	d.previews.load(d.current.ID, loads)
}

// showPreviews draws what has been read of the documents.
func (d *Pane) showPreviews() {
	for _, v := range d.docs {
		v.show(d.previews)
	}
	d.arrange()
}

// ShowPlaceholder sets the text that is shown while no request is chosen. If the parameter none is true, the desk has no
// requests at all, and the text explains how to begin.
func (d *Pane) ShowPlaceholder(none bool) {
	if none {
		d.placeholder.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.first"), d.lang.Say("empty.first_text"))
	} else {
		d.placeholder.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.chosen"), d.lang.Say("empty.chosen_text"))
	}
	d.arrange()
}

// ShowAddress shows the address of a visit, for a person to open in a browser.
func (d *Pane) ShowAddress(address string) {
	d.address.set(address)
	d.arrange()
}

// ShowJob shows the job in progress.
func (d *Pane) ShowJob(job Job) {
	d.job = job
	d.showActions()
	d.arrange()
}

// showActions sets up the buttons for the request and the job in progress.
func (d *Pane) showActions() {
	m := d.current
	busy := d.job.Doing != ""
	d.primary.Hidden = m.NextStep == status.None && !busy || d.job.Undo
	d.primaryRow.Hidden = d.primary.Hidden
	if busy {
		d.primary.SetLabel(d.job.Doing, kit.IconClock, widget.HighImportance)
		d.primary.Disable()
	} else {
		d.primary.SetLabel(m.NextStep.Label(d.lang), m.NextStep.Icon(), widget.HighImportance)
		d.primary.Enable()
	}
	for _, a := range status.Buttons() {
		b := d.others[a]
		hidden := a == m.NextStep || !m.Allows(a) || a == status.SaveCopy && len(m.docs) != 1
		switch {
		case a == status.Stop:
			hidden = !busy
			b.SetLabel(d.stopLabel())
		case busy && !status.RunsBeside(a):
			hidden = true
		}
		if b.Hidden != hidden {
			b.Hidden = hidden
			b.Refresh()
		}
	}
	d.otherRow.Refresh()
	d.host.ActionsChanged()
}

// stopLabel returns the look of the button that stops the job in progress, or takes it back.
func (d *Pane) stopLabel() (label string, icon kit.Icon, importance widget.Importance) {
	if d.job.Undo {
		return d.lang.Say("undo.undo"), kit.IconBack, widget.MediumImportance
	}
	return status.Stop.Label(d.lang), status.Stop.Icon(), widget.MediumImportance
}

// addressBox shows the address of a visit, for a person to open in a browser.
type addressBox struct {
	entry *kit.ReadOnlyEntry
	copy  *kit.Button
	root  *fyne.Container
}

func newAddressBox(lang i18n.Language, pass kit.KeyHandler, onCopy func(string)) *addressBox {
	a := &addressBox{entry: kit.NewReadOnlyEntry(pass)}
	hint := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(lang.Say("address.hint"))
	a.copy = kit.NewButton(lang.Say("address.copy"), kit.IconCopy, widget.MediumImportance, pass, func() { onCopy(a.entry.Text) })
	a.root = container.New(kit.Column(6), hint, container.NewBorder(nil, nil, nil, a.copy, a.entry))
	a.root.Hide()
	return a
}

func (a *addressBox) set(address string) {
	if a.entry.Text != address {
		a.entry.SetText(address)
	}
	if address == "" {
		a.root.Hide()
		return
	}
	a.root.Show()
}
