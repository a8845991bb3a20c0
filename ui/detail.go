package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// detail is the right of the window: one request, what it needs next, and how it came to
// stand as it does.
type detail struct {
	widget.BaseWidget
	model detailModel
	doing string // the job under way
	lang  i18n.Language
	pass  passKey
	deeds docDeeds
	do    func(action)
	copy  func(string)

	onDiagnose func()

	title         *text
	status        *pill
	under         *text
	practice      *tag
	state, advice *text
	evidence      *canvas.Image
	known         *text
	evidenceRow   *fyne.Container
	trouble       *callout
	troubleRow    *fyne.Container // what can be done about it
	primary       *button
	others        map[action]*button
	otherRow      *fyne.Container
	address       *addressBox
	sections      *fyne.Container // rebuilt for each version of the request
	papers        *papers
	docs          []*docView

	nothing *emptyState // stands there when no request is chosen
	content *fyne.Container
	scroll  *container.Scroll
}

// otherActions is the order of the smaller buttons. What is done with a file, or with what is
// shown in a section, stands there.
var otherActions = []action{actCheck, actBrowseAgain, actReopen, actCopyAddress, actAttach, actEvidence, actWithdraw, actStop}

func newDetail(lang i18n.Language, pass passKey, p *papers, do func(action), copyText func(string), deeds docDeeds) *detail {
	d := &detail{lang: lang, pass: pass, papers: p, do: do, copy: copyText, deeds: deeds, others: map[action]*button{}}
	p.changed = d.showPapers
	d.ExtendBaseWidget(d)
	d.title = newBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground)
	d.title.maxLines = 3
	d.status = newPill(mark{})
	d.under = newText(theme.SizeNameText, colorMuted)
	d.under.maxLines = 1
	d.practice = newTag(lang.Say("window.practice"))
	d.state = newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)
	d.advice = newText(theme.SizeNameText, colorMuted)
	d.evidence = newIcon(iconProof, colorMuted, 16)
	d.known = newText(theme.SizeNameText, colorMuted)
	d.evidenceRow = container.New(beside{gap: 8}, container.New(inset{0, 2}, d.evidence), d.known)
	d.trouble = newCallout(markTrouble)
	d.troubleRow = container.New(newFlow(8), newButton(lang.Say("prefs.diagnose"), iconQuestion, widget.MediumImportance, pass, func() { d.onDiagnose() }))
	d.primary = newButton("", "", widget.HighImportance, pass, func() { d.do(d.model.next) })
	d.otherRow = container.New(newFlow(8))
	for _, a := range otherActions {
		shown := a.face(lang)
		b := newButton(shown.label, shown.icon, widget.MediumImportance, pass, func() { d.do(a) })
		d.others[a] = b
		d.otherRow.Add(b)
	}
	d.address = newAddressBox(lang, pass, func(address string) { d.copy(address) })
	d.sections = container.New(column{gap: 18})

	marks := container.New(beside{gap: 8, center: true}, d.status, d.practice)
	head := container.New(column{gap: 8},
		d.title,
		container.New(beside{gap: 10, center: true}, marks, d.under),
	)
	d.content = container.New(inset{24, 18}, container.New(column{gap: 16},
		head,
		container.New(column{gap: 4}, d.state, d.advice, d.evidenceRow),
		d.trouble.root,
		d.troubleRow,
		d.address.root,
		container.New(column{gap: 8}, container.New(least{fyne.NewSize(0, 46)}, d.primary), d.otherRow),
		d.sections,
	))
	d.nothing = newEmptyState(126)
	d.nothing.root.Hide()
	d.scroll = container.NewVScroll(container.NewStack(d.content, d.nothing.root))
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
func (d *detail) newLink(a action, do func()) *link {
	l := newLink(a.face(d.lang), d.pass, do)
	l.reveal = d.reveal
	return l
}

// reveal scrolls to what got the keyboard, if it cannot be seen.
func (d *detail) reveal(o fyne.CanvasObject) { reveal(d.scroll, o) }

// show draws a request; a model without an id stands for none.
func (d *detail) show(m detailModel) {
	if m.id == d.model.id && m.version == d.model.version && m.practice == d.model.practice && m.late == d.model.late && m.id != "" {
		return
	}
	other := m.id != d.model.id
	d.model = m
	if m.id == "" {
		d.content.Hide()
		d.nothing.root.Show()
		d.showNothing(false)
		return
	}
	d.nothing.root.Hide()
	d.content.Show()
	d.title.set(m.title)
	d.status.set(m.status)
	d.under.set(m.under)
	if d.practice.Hidden == m.practice {
		d.practice.Hidden = !m.practice
		d.practice.Refresh()
	}
	d.state.set(m.state)
	d.advice.set(m.advice)
	d.known.set(m.known)
	d.evidenceRow.Hidden = m.known == ""
	setIcon(d.evidence, m.evidence.icon, m.evidence.color)
	d.trouble.setHead(m.trouble.what)
	d.trouble.set(m.trouble.words)
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
	setIcon(d.nothing.icon, iconPen, colorMuted)
	if none {
		d.nothing.title.set(d.lang.Say("empty.first"))
		d.nothing.text.set(d.lang.Say("empty.first_text"))
	} else {
		d.nothing.title.set(d.lang.Say("empty.chosen"))
		d.nothing.text.set(d.lang.Say("empty.chosen_text"))
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
	d.primary.Hidden = m.next == noAction && d.doing == ""
	if d.doing != "" {
		d.primary.show(d.doing, iconClock, widget.HighImportance)
		d.primary.Disable()
	} else {
		shown := m.next.face(d.lang)
		d.primary.show(shown.label, shown.icon, widget.HighImportance)
		d.primary.Enable()
	}
	for _, a := range otherActions {
		b := d.others[a]
		hidden := a == m.next || !m.allows(a)
		switch {
		case a == actStop:
			hidden = d.doing == ""
		case d.doing != "" && !goesBeside(a):
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
	entry *readOnlyEntry
	root  *fyne.Container
}

func newAddressBox(lang i18n.Language, pass passKey, onCopy func(string)) *addressBox {
	a := &addressBox{entry: newReadOnlyEntry(pass)}
	hint := newText(theme.SizeNameText, theme.ColorNameForeground).set(lang.Say("address.hint"))
	button := newButton(lang.Say("address.copy"), iconCopy, widget.MediumImportance, pass, func() { onCopy(a.entry.Text) })
	a.root = container.New(column{gap: 6}, hint, container.NewBorder(nil, nil, nil, button, a.entry))
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
