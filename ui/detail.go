package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// detail is the right of the window: one request, what it needs next, and how it came to
// stand as it does.
type detail struct {
	widget.BaseWidget
	model detailModel
	doing string // the job under way
	lang  i18n.Language
	pass  kit.KeyHandler
	deeds docDeeds
	do    func(status.Action)
	copy  func(string)

	onDiagnose func()

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
	papers        *papers
	docs          []*docView

	nothing *kit.EmptyState // stands there when no request is chosen
	content *fyne.Container
	scroll  *container.Scroll
}

// otherActions is the order of the smaller buttons. What is done with a file, or with what is
// shown in a section, stands there.
var otherActions = []status.Action{status.Check, status.BrowseAgain, status.Reopen, status.CopyAddress, status.Attach, status.SaveEvidence, status.Withdraw, status.Stop}

func newDetail(lang i18n.Language, pass kit.KeyHandler, p *papers, do func(status.Action), copyText func(string), deeds docDeeds) *detail {
	d := &detail{lang: lang, pass: pass, papers: p, do: do, copy: copyText, deeds: deeds, others: map[status.Action]*kit.Button{}}
	p.changed = d.showPapers
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
	d.troubleRow = container.New(kit.NewFlow(8), kit.NewButton(lang.Say("prefs.diagnose"), kit.IconQuestion, widget.MediumImportance, pass, func() { d.onDiagnose() }))
	d.primary = kit.NewButton("", "", widget.HighImportance, pass, func() { d.do(d.model.next) })
	d.otherRow = container.New(kit.NewFlow(8))
	for _, a := range otherActions {
		b := kit.NewButton(a.Label(lang), a.Icon(), widget.MediumImportance, pass, func() { d.do(a) })
		d.others[a] = b
		d.otherRow.Add(b)
	}
	d.address = newAddressBox(lang, pass, func(address string) { d.copy(address) })
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
	d.show(detailModel{})
	return d
}

// CreateRenderer is called by the toolkit.
func (d *detail) CreateRenderer() fyne.WidgetRenderer {
	return &detailRenderer{WidgetRenderer: widget.NewSimpleRenderer(d.scroll), detail: d}
}

// detailRenderer gives the content its width before the scroller asks for its height.
type detailRenderer struct {
	fyne.WidgetRenderer
	detail *detail
}

func (r *detailRenderer) Layout(size fyne.Size) {
	r.detail.scroll.Resize(size)
	r.detail.arrange()
}

func (r *detailRenderer) MinSize() fyne.Size { return fyne.NewSize(360, 200) }

// arrange lays the content out again after its words changed.
func (d *detail) arrange() {
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
func (d *detail) newLink(a status.Action, do func()) *kit.Link {
	l := kit.NewLink(a.Label(d.lang), a.Icon(), d.pass, do)
	l.Reveal = d.reveal
	return l
}

// reveal scrolls to what got the keyboard, if it cannot be seen.
func (d *detail) reveal(o fyne.CanvasObject) { kit.Reveal(d.scroll, o) }

// show draws a request; a model without an id stands for none.
func (d *detail) show(m detailModel) {
	if m.id == d.model.id && m.version == d.model.version && m.practice == d.model.practice && m.late == d.model.late && m.id != "" {
		return
	}
	other := m.id != d.model.id
	d.model = m
	if m.id == "" {
		d.content.Hide()
		d.nothing.Root.Show()
		d.showNothing(false)
		return
	}
	d.nothing.Root.Hide()
	d.content.Show()
	d.title.Set(m.title)
	d.status.Set(m.status)
	d.under.Set(m.under)
	if d.practice.Hidden == m.practice {
		d.practice.Hidden = !m.practice
		d.practice.Refresh()
	}
	d.state.Set(m.state)
	d.advice.Set(m.advice)
	d.known.Set(m.known)
	d.evidenceRow.Hidden = m.known == ""
	kit.SetIcon(d.evidence, m.evidence.Icon, m.evidence.Color)
	d.trouble.SetHead(m.trouble.what)
	d.trouble.Set(m.trouble.words)
	d.troubleRow.Hidden = m.trouble.words == ""
	if m.byHand {
		d.address.set(m.visit.URL)
	} else {
		d.address.set("")
	}
	d.sections.Objects = d.buildSections(m)
	if other {
		d.scroll.Offset = fyne.Position{}
	}
	d.showActions()
	d.wantPapers()
	d.showPapers()
}

// wantPapers has the documents read: first what is in the files, then how they look.
func (d *detail) wantPapers() {
	var wishes []wish
	for _, v := range d.docs {
		for _, digest := range []string{v.model.original, v.model.signed} {
			if digest != "" {
				wishes = append(wishes, wish{digest: digest})
			}
		}
	}
	for _, v := range d.docs {
		wishes = append(wishes, wish{v.model.shown(), v.page.pixels()})
	}
	d.papers.want(d.model.id, wishes)
}

// showPapers shows what was read of the documents.
func (d *detail) showPapers() {
	for _, v := range d.docs {
		v.show(d.papers)
	}
	d.arrange()
}

// showNothing says what to do while no request is chosen; when there is none at all, it
// says how a signing goes.
func (d *detail) showNothing(none bool) {
	if none {
		d.nothing.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.first"), d.lang.Say("empty.first_text"))
	} else {
		d.nothing.Set(kit.IconPen, kit.ColorMuted, d.lang.Say("empty.chosen"), d.lang.Say("empty.chosen_text"))
	}
	d.arrange()
}

// showAddress shows an address for a person to open.
func (d *detail) showAddress(address string) {
	d.address.set(address)
	d.arrange()
}

// showJob says what is being done, or that nothing is.
func (d *detail) showJob(doing string) {
	d.doing = doing
	d.showActions()
	d.arrange()
}

// showActions sets the buttons up for the request and the job under way.
func (d *detail) showActions() {
	m := d.model
	d.primary.Hidden = m.next == status.None && d.doing == ""
	if d.doing != "" {
		d.primary.SetLabel(d.doing, kit.IconClock, widget.HighImportance)
		d.primary.Disable()
	} else {
		d.primary.SetLabel(m.next.Label(d.lang), m.next.Icon(), widget.HighImportance)
		d.primary.Enable()
	}
	for _, a := range otherActions {
		b := d.others[a]
		hidden := a == m.next || !m.allows(a)
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
