// Package detail is the right of the window: one request, what it needs next, its documents, and how it came to stand as
// it does. It calls no desk: it is given a model of the request, and reads files through two functions.
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

// Pane is the right of the window: one request, what it needs next, and how it came to
// stand as it does.
type Pane struct {
	widget.BaseWidget
	current Model
	doing   string // the job under way
	lang    i18n.Language
	pass    kit.KeyHandler
	host    Host

	title         *kit.Text
	status        *kit.Pill
	under         *kit.Text
	practice      *kit.Tag
	state, advice *kit.Text
	evidence      *canvas.Image
	known         *kit.Text
	evidenceRow   *fyne.Container
	trouble       *kit.Callout
	troubleRow    *fyne.Container // what can be done about it
	primary       *kit.Button
	others        map[status.Action]*kit.Button
	otherRow      *fyne.Container
	address       *addressBox
	sections      *fyne.Container // rebuilt for each version of the request
	previews      *previews
	docs          []*documentView

	nothing *kit.EmptyState // stands there when no request is chosen
	content *fyne.Container
	scroll  *container.Scroll
}

// otherActions is the order of the smaller buttons. What is done with a file, or with what is
// shown in a section, stands there.
var otherActions = []status.Action{status.Check, status.BrowseAgain, status.Reopen, status.CopyAddress, status.Attach, status.SaveEvidence, status.Withdraw, status.Stop}

// Host is what one request needs of the window it is in.
type Host interface {
	// Do does an action with the request that is shown.
	Do(a status.Action)
	// Copy puts the address of a visit on the clipboard.
	Copy(address string)
	// OpenDocument opens a kept file in the system's viewer, ShowInFolder shows the folder it is in. Both take its SHA-256.
	OpenDocument(digest string)
	ShowInFolder(digest string)
	// SaveCopy asks where a copy of the signed form of a document is to be. Document counts the documents of the request.
	SaveCopy(id request.ID, document int, digest string)
	// Diagnose looks at everything between Sign and the return.
	Diagnose()
}

// DocumentReader reads what is shown of kept files. Its functions are called on background goroutines.
type DocumentReader struct {
	// Signatures returns the signatures in a file, by its SHA-256.
	Signatures func(ctx context.Context, digest string) ([]proof.Signature, error)
	// FirstPage draws the first page of a file, so many pixels wide, and counts all its pages. Without it, no pages are shown.
	FirstPage func(ctx context.Context, digest string, width int) (page image.Image, pages int, err error)
}

// New makes the pane, which shows no request at first. Pass hears the keys that no part of it has a use for.
func New(lang i18n.Language, bg *async.Worker, read DocumentReader, pass kit.KeyHandler, host Host) *Pane {
	p := &previews{bg: bg, signatures: read.Signatures, page: read.FirstPage}
	d := &Pane{lang: lang, pass: pass, previews: p, host: host, others: map[status.Action]*kit.Button{}}
	p.changed = d.showPreviews
	d.ExtendBaseWidget(d)
	d.title = kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground)
	d.title.MaxLines = 3
	d.status = kit.NewPill(kit.Badge{})
	d.under = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.under.MaxLines = 1
	d.practice = kit.NewTag(lang.Say("window.practice"))
	d.state = kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)
	d.advice = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.evidence = kit.NewIcon(kit.IconProof, kit.ColorMuted, 16)
	d.known = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	d.evidenceRow = container.New(kit.Row{Gap: 8}, container.New(kit.Padding(0, 2), d.evidence), d.known)
	d.trouble = kit.NewCallout(kit.WarningBadge)
	d.troubleRow = container.New(kit.NewFlow(8), kit.NewButton(lang.Say("prefs.diagnose"), kit.IconQuestion, widget.MediumImportance, pass, host.Diagnose))
	d.primary = kit.NewButton("", "", widget.HighImportance, pass, func() { d.host.Do(d.current.NextStep) })
	d.otherRow = container.New(kit.NewFlow(8))
	for _, a := range otherActions {
		b := kit.NewButton(a.Label(lang), a.Icon(), widget.MediumImportance, pass, func() { d.host.Do(a) })
		d.others[a] = b
		d.otherRow.Add(b)
	}
	d.address = newAddressBox(lang, pass, host.Copy)
	d.sections = container.New(kit.Column(18))

	marks := container.New(kit.Row{Gap: 8, Center: true}, d.status, d.practice)
	head := container.New(kit.Column(8),
		d.title,
		container.New(kit.Row{Gap: 10, Center: true}, marks, d.under),
	)
	d.content = container.New(kit.Padding(24, 18), container.New(kit.Column(16),
		head,
		container.New(kit.Column(4), d.state, d.advice, d.evidenceRow),
		d.trouble.Root,
		d.troubleRow,
		d.address.root,
		container.New(kit.Column(8), container.New(kit.MinSize(0, 46), d.primary), d.otherRow),
		d.sections,
	))
	d.nothing = kit.NewEmptyState(126)
	d.nothing.Root.Hide()
	d.scroll = container.NewVScroll(container.NewStack(d.content, d.nothing.Root))
	d.SetModel(Model{})
	return d
}

// CreateRenderer is called by the toolkit.
func (d *Pane) CreateRenderer() fyne.WidgetRenderer {
	return &paneRenderer{WidgetRenderer: widget.NewSimpleRenderer(d.scroll), detail: d}
}

// paneRenderer gives the content its width before the scroller asks for its height.
type paneRenderer struct {
	fyne.WidgetRenderer
	detail *Pane
}

func (r *paneRenderer) Layout(size fyne.Size) {
	r.detail.scroll.Resize(size)
	r.detail.arrange()
}

func (r *paneRenderer) MinSize() fyne.Size { return fyne.NewSize(360, 200) }

// arrange lays the content out again after its words changed.
func (d *Pane) arrange() {
	width := d.scroll.Size().Width
	if width <= 0 {
		return
	}
	content := d.scroll.Content
	content.Resize(fyne.NewSize(width, content.MinSize().Height))
	content.Refresh()
	content.Resize(fyne.NewSize(width, content.MinSize().Height))
	d.scroll.Refresh()
}

// newLink makes a link that scrolls into sight when it gets the keyboard.
func (d *Pane) newLink(a status.Action, do func()) *kit.Link {
	l := kit.NewLink(a.Label(d.lang), a.Icon(), d.pass, do)
	l.Reveal = d.reveal
	return l
}

// reveal scrolls to what got the keyboard, if it cannot be seen.
func (d *Pane) reveal(o fyne.CanvasObject) { kit.Reveal(d.scroll, o) }

// Shown returns the request that is Shown; its id is empty when none is.
func (d *Pane) Shown() Model { return d.current }

// FocusNext gives the keyboard to the button of what comes next.
func (d *Pane) FocusNext() { kit.Focus(d.primary) }

// SetJob is [Pane.ShowJob] for a request that is about to be shown.
func (d *Pane) SetJob(doing string) { d.doing = doing }

// SetModel draws a request; a model without an id stands for none.
func (d *Pane) SetModel(m Model) {
	if m.Id == d.current.Id && m.version == d.current.version && m.practice == d.current.practice && m.late == d.current.late && m.Id != "" {
		return
	}
	other := m.Id != d.current.Id
	d.current = m
	if m.Id == "" {
		d.content.Hide()
		d.nothing.Root.Show()
		d.ShowNothing(false)
		return
	}
	d.nothing.Root.Hide()
	d.content.Show()
	d.title.Set(m.Title)
	d.status.Set(m.status)
	d.under.Set(m.Under)
	if d.practice.Hidden == m.practice {
		d.practice.Hidden = !m.practice
		d.practice.Refresh()
	}
	d.state.Set(m.state)
	d.advice.Set(m.advice)
	d.known.Set(m.Known)
	d.evidenceRow.Hidden = m.Known == ""
	kit.SetIcon(d.evidence, m.evidence.Icon, m.evidence.Color)
	d.trouble.SetHeading(m.trouble.what)
	d.trouble.Set(m.trouble.words)
	d.troubleRow.Hidden = m.trouble.words == ""
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

// loadPreviews has the documents read: first what is in the files, then how they look.
func (d *Pane) loadPreviews() {
	var wishes []load
	for _, v := range d.docs {
		for _, digest := range []string{v.model.original, v.model.signed} {
			if digest != "" {
				wishes = append(wishes, load{digest: digest})
			}
		}
	}
	for _, v := range d.docs {
		wishes = append(wishes, load{v.model.shown(), v.page.pixels()})
	}
	d.previews.load(d.current.Id, wishes)
}

// showPreviews shows what was read of the documents.
func (d *Pane) showPreviews() {
	for _, v := range d.docs {
		v.show(d.previews)
	}
	d.arrange()
}

// ShowNothing says what to do while no request is chosen; when there is none at all, it
// says how a signing goes.
func (d *Pane) ShowNothing(none bool) {
	if none {
		d.nothing.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.first"), d.lang.Say("empty.first_text"))
	} else {
		d.nothing.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.chosen"), d.lang.Say("empty.chosen_text"))
	}
	d.arrange()
}

// ShowAddress shows an address for a person to open.
func (d *Pane) ShowAddress(address string) {
	d.address.set(address)
	d.arrange()
}

// ShowJob says what is being done, or that nothing is.
func (d *Pane) ShowJob(doing string) {
	d.doing = doing
	d.showActions()
	d.arrange()
}

// showActions sets the buttons up for the request and the job under way.
func (d *Pane) showActions() {
	m := d.current
	d.primary.Hidden = m.NextStep == status.None && d.doing == ""
	if d.doing != "" {
		d.primary.SetLabel(d.doing, kit.IconClock, widget.HighImportance)
		d.primary.Disable()
	} else {
		d.primary.SetLabel(m.NextStep.Label(d.lang), m.NextStep.Icon(), widget.HighImportance)
		d.primary.Enable()
	}
	for _, a := range otherActions {
		b := d.others[a]
		hidden := a == m.NextStep || !m.Allows(a)
		switch {
		case a == status.Stop:
			hidden = d.doing == ""
		case d.doing != "" && !status.RunsBeside(a):
			hidden = true
		}
		if b.Hidden != hidden {
			b.Hidden = hidden
			b.Refresh()
		}
	}
	d.otherRow.Refresh()
}

// addressBox shows the address of a visit, for a person to open in a browser.
type addressBox struct {
	entry *kit.ReadOnlyEntry
	root  *fyne.Container
}

func newAddressBox(lang i18n.Language, pass kit.KeyHandler, onCopy func(string)) *addressBox {
	a := &addressBox{entry: kit.NewReadOnlyEntry(pass)}
	hint := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(lang.Say("address.hint"))
	button := kit.NewButton(lang.Say("address.copy"), kit.IconCopy, widget.MediumImportance, pass, func() { onCopy(a.entry.Text) })
	a.root = container.New(kit.Column(6), hint, container.NewBorder(nil, nil, nil, button, a.entry))
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
