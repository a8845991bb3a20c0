package compose

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// form is the modal for new requests. Files that are dropped or pasted while it is shown are added to it.
type form struct {
	*Composer

	entries        entries
	cursor         int       // index of the current entry; -1 for none
	cursorMoved    bool      // a person moved the cursor
	focused        bool      // the list of entries has the focus
	notes          []string  // remarks from reading the files
	problem        string    // why the form cannot be added, or what failed
	problemBadge   kit.Badge // look of the problem
	offers         []gateways.Offer
	offersRead     bool                         // offers were read
	suggestedTitle string                       // last title that the form filled in
	template       desk.New                     // what a replaced request, or one that is the template, was added with; zero for none
	filledIn       string                       // what the template filled into the fields that begin empty
	positions      []settings.SignaturePosition // used before, the last one first
	drawn          []settings.SignaturePosition // drawn in this form, to be stored when it is added

	reading     int // reads in progress
	readCtx     context.Context
	stopReading context.CancelFunc
	pending     func()             // action to perform once everything is read; nil for none
	stopAdding  context.CancelFunc // nil unless the form is being added
	progress    string

	modal                                            *kit.Modal // nil while the form is hidden
	width                                            float32
	body, foot                                       *fyne.Container
	scroll                                           *container.Scroll
	scrollBox                                        *kit.CappedHeight
	hint, status, summary, note                      *kit.Text
	list                                             *kit.RecordList
	listBox                                          *kit.CappedHeight
	explanation, trouble                             *kit.Callout
	show, stop, cancel, add, sign                    *kit.Button
	path, title, reason, reference                   *kit.Field
	due                                              *days.Field
	placement                                        *placementFields
	signerName, signerEmail, signerCountry, signerID *kit.Field
	gateway                                          *kit.Select
	together                                         *kit.Check
	gatewayBox, titleBox, reasonBox                  *fyne.Container
	firstRow, secondRow, signerRow                   *fyne.Container
	togetherNote                                     *kit.Text
	lines, togetherBox                               *fyne.Container
}

const (
	formWidth = 740
	maxLines  = 9 // most entries shown at once
	minLines  = 2
	checkSide = 7 // left padding of a check box in the toolkit
	formEdge  = 5 // around the scrolled part: room for focus rings and the scroll bar
)

func newForm(c *Composer) *form {
	s := &form{Composer: c, cursor: -1, problemBadge: kit.ErrorBadge}
	s.readCtx, s.stopReading = context.WithCancel(c.bg.Context())
	s.build()
	return s
}

func (s *form) build() {
	lang := s.lang
	muted := func() *kit.Text { return kit.NewText(theme.SizeNameText, kit.ColorMuted) }
	s.hint = muted().Set(lang.Say("sheet.empty"))
	s.status, s.summary, s.note, s.togetherNote = muted(), muted(), muted(), kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)

	s.list = kit.NewRecordList()
	s.list.Length = func() int { return len(s.entries) }
	s.list.CreateItem = func() fyne.CanvasObject { return newEntryRow() }
	s.list.UpdateItem = s.drawRow
	s.list.OnSelected = func(i widget.ListItemID) { s.list.UnselectAll(); s.moveCursor(i) }
	s.list.OnKey, s.list.OnFocus = s.onListKey, s.onListFocus
	s.listBox = &kit.CappedHeight{}
	s.show = kit.NewButton(lang.Say("sheet.show_same"), kit.IconOut, widget.MediumImportance, s.onKey, s.showSame)
	s.explanation = kit.NewCallout(kit.WarningBadge, s.show)
	s.trouble = kit.NewCallout(kit.ErrorBadge)

	field := func() *kit.Field {
		f := kit.NewField(s.onKey)
		f.OnFocus = s.reveal
		return f
	}
	s.path, s.title, s.reason, s.reference = field(), field(), field(), field()
	s.placement = newPlacementFields(lang, s.onKey, s.arrange, s.openPlacement, s.removePositions)
	s.due = days.NewDue(lang, s.onKey, s.modals.Explain, s.now, s.arrange)
	s.signerName, s.signerEmail, s.signerCountry, s.signerID = field(), field(), field(), field()
	s.path.PlaceHolder = lang.Say("sheet.path")
	s.path.Pass, s.path.OnPaste = s.onPathKey, s.onPathPaste
	s.gateway = kit.NewSelect(s.onKey, func(int) { s.problem = ""; s.draw() })
	s.together = kit.NewCheck(s.onKey, func(bool) { s.draw() })

	s.titleBox, s.reasonBox = kit.NewLabeled(lang.Say("sheet.name"), s.title), kit.NewLabeled(lang.Say("sheet.reason"), s.reason)
	s.gatewayBox = kit.NewLabeled(lang.Say("sheet.gateway"), s.gateway)
	s.firstRow = container.New(kit.Weighted(12, 3, 2), s.titleBox, s.reasonBox)
	s.secondRow = container.New(kit.Weighted(12, 2, 2, 1), s.gatewayBox, kit.NewLabeled(lang.Say("sheet.reference"), s.reference), kit.NewLabeled(lang.Say("sheet.due"), s.due.Root))
	s.signerRow = container.New(kit.Weighted(12, 3, 3, 1, 2),
		kit.NewLabeled(lang.Say("sheet.signer_name"), s.signerName), kit.NewLabeled(lang.Say("sheet.signer_email"), s.signerEmail),
		kit.NewLabeled(lang.Say("sheet.signer_country"), s.signerCountry), kit.NewLabeled(lang.Say("sheet.signer_number"), s.signerID))

	browse := kit.NewButton(lang.Say("add.browse"), kit.IconFile, widget.MediumImportance, s.onKey, func() { s.host.Browse(func(paths []string) { s.addSources(paths, nil) }) })
	s.stop = kit.NewButton(lang.Say("act.stop"), kit.IconStop, widget.MediumImportance, s.onKey, s.onStop)
	s.cancel = kit.NewButton(lang.Say("add.cancel"), "", widget.MediumImportance, s.onKey, s.leave)
	s.sign = kit.NewButton(lang.Say("sheet.sign"), kit.IconPen, widget.MediumImportance, s.onKey, func() { s.submit(true) })
	s.add = kit.NewButton("", kit.IconPlus, widget.HighImportance, s.onKey, func() { s.submit(false) })

	folder := kit.NewButton(lang.Say("win.folder"), kit.IconFolder, widget.MediumImportance, s.onKey, func() { s.host.BrowseFolder(func(path string) { s.addSources([]string{path}, nil) }) })
	s.togetherBox = container.New(kit.Column(2), container.New(kit.Padding(-checkSide, 0), s.together), container.New(kit.Padding(30-checkSide, 0), s.togetherNote))
	s.lines = container.New(s.listBox, s.list)
	s.body = container.New(kit.Column(12),
		kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground).Set(lang.Say("sheet.title")),
		s.hint,
		s.lines,
		s.explanation.Root,
		s.summary,
		s.note,
		container.NewBorder(nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 4, 0), container.New(layout.NewCustomPaddedHBoxLayout(8), browse, folder)), s.path),
		s.firstRow, s.secondRow, s.signerRow, s.placement.root,
		s.togetherBox,
		s.trouble.Root,
	)
	s.foot = container.New(kit.Padding(formEdge, 3), container.NewBorder(nil, nil, nil, container.New(layout.NewCustomPaddedHBoxLayout(8), s.stop, s.cancel, s.sign, s.add), s.status))
	s.scroll = container.NewVScroll(container.New(kit.Padding(formEdge, formEdge), s.body))
	s.scrollBox = &kit.CappedHeight{Limit: s.maxBodyHeight} // called on each layout
	for _, f := range []interface{ RevealWith(func(fyne.CanvasObject)) }{s.gateway, s.together, s.due, s.placement, browse, folder, s.show} {
		f.RevealWith(s.reveal)
	}
}

// present opens the form over the window.
func (s *form) present() {
	s.width = min(formWidth, s.modals.Size().Width-48)
	framed := container.New(kit.Padding(16-formEdge, 12-formEdge), container.New(kit.MinSize(s.width+2*formEdge, 0),
		container.New(kit.Column(8), container.New(s.scrollBox, s.scroll), s.foot)))
	s.modal = s.modals.Show(framed)
	s.modal.OnKey, s.modal.OnClosed = s.onKey, s.discard
	s.draw()
	s.focus()
}

// reveal scrolls to an object if it is not visible.
func (s *form) reveal(o fyne.CanvasObject) { kit.Reveal(s.scroll, o) }

// focus moves the focus to the path field while there are no entries, and to the add button otherwise.
func (s *form) focus() {
	if len(s.entries) == 0 && s.reading == 0 {
		s.modals.Focus(s.path)
		return
	}
	s.modals.Focus(s.add)
}

// hide closes the modal and keeps the entries.
func (s *form) hide() {
	if s.modal != nil {
		s.modal.OnClosed = nil
		if s.modals.Shows(s.modal) {
			s.modals.Close()
		}
		s.modal = nil
	}
}

// leave discards the form. If it has entries, or something was typed into it, it asks first.
func (s *form) leave() {
	if s.stopAdding == nil && s.hasInput() {
		s.modals.AskDiscard(s.discard)
		return
	}
	s.discard()
}

// hasInput reports whether the form has anything in it that would be lost.
func (s *form) hasInput() bool {
	return len(s.entries) > 0 || s.reading > 0 || s.typed() != s.filledIn
}

// typed returns what is in the fields that begin empty.
func (s *form) typed() string {
	return s.path.Text + s.title.Text + s.reason.Text + s.reference.Text + s.due.Entry.Text
}

// discard closes the form and drops its entries. While the form is being added, it only stops that.
func (s *form) discard() {
	if s.stopAdding != nil {
		s.stopAdding()
		if !s.modals.IsOpen() { // Escape closed it
			s.present()
		}
		return
	}
	s.pending = nil
	s.stopReading()
	s.hide()
	if s.form == s {
		s.form = nil
	}
	s.host.Closed()
}

// onStop stops the reading or the adding.
func (s *form) onStop() {
	if s.stopAdding != nil {
		s.stopAdding()
		return
	}
	s.pending = nil
	s.stopReading()
	s.readCtx, s.stopReading = context.WithCancel(s.bg.Context())
}

// readOffers reads what the gateways can do, and the choices of the previous form.
func (s *form) readOffers() {
	type answer struct {
		offers []gateways.Offer
		last   settings.Settings
	}
	async.Call(s.bg, func(ctx context.Context) (answer, error) {
		offers, err := s.desk.Offers(ctx)
		if err != nil {
			return answer{}, err
		}
		// Unreadable settings are reported where they are edited; the defaults are enough here.
		settings, _ := s.desk.Settings(ctx)
		return answer{offers, settings}, nil
	}, func(a answer, err error) {
		s.offers, s.offersRead = a.offers, err == nil
		if err != nil {
			s.problem = kit.Sentence(explain.Error(s.lang, err))
		}
		s.positions = a.last.Positions
		s.fillIn(a.last.LastNew)
		s.draw()
		s.runPending()
	})
}

// fillIn selects the choices of the previous form.
func (s *form) fillIn(last settings.LastNew) {
	chosen, usual := -1, 0
	var names []string
	for i, o := range s.offers {
		names = append(names, s.gatewayName(o))
		if o.Name == last.Gateway {
			chosen = i
		}
		if o.Default {
			usual = i
		}
	}
	if chosen < 0 || s.offers[chosen].Practice && !s.offers[usual].Practice { // what was practiced last is no reason to practice on
		chosen = usual
	}
	s.gateway.SetOptions(names)
	s.gateway.SetSelectedIndex(chosen)
	s.together.SetChecked(last.Together)
	s.signerName.SetText(last.SignerName)
	s.signerEmail.SetText(last.SignerEmail)
	s.signerCountry.SetText(last.SignerCountry)
	s.signerID.SetText(last.SignerNumber)
	s.fillInTemplate()
}

func (s *form) gatewayName(o gateways.Offer) string {
	if o.Practice {
		return s.lang.Say("sheet.practice", o.Shown())
	}
	return o.Shown()
}

// shownName returns the name of a gateway as people see it.
func (s *form) shownName(gateway string) string {
	for _, o := range s.offers {
		if o.Name == gateway {
			return o.Shown()
		}
	}
	return gateway
}

// selectedOffer returns the offer of the selected gateway; zero for none.
func (s *form) selectedOffer() gateways.Offer {
	if i := s.gateway.SelectedIndex(); i >= 0 && i < len(s.offers) {
		return s.offers[i]
	}
	return gateways.Offer{}
}

// firstExplained returns the index of the first entry with an explanation; -1 for none.
func (s *form) firstExplained() int {
	for i, e := range s.entries {
		if e.explanation != "" {
			return i
		}
	}
	return -1
}

// runPending performs the pending action, if there is one, once all files and the offers of the gateways are read.
func (s *form) runPending() {
	if do := s.pending; do != nil && s.reading == 0 && s.offersRead {
		s.pending = nil
		do()
	}
}

func (s *form) drawRow(i widget.ListItemID, o fyne.CanvasObject) {
	if i >= len(s.entries) {
		return
	}
	row := o.(*entryRow)
	row.onTapped = func(onBox bool) {
		s.moveCursor(i)
		if onBox {
			s.toggle()
		}
	}
	row.set(s.entries[i], i == s.cursor, s.focused)
}

// moveCursor makes an entry the current one.
func (s *form) moveCursor(i int) {
	i = min(max(i, 0), len(s.entries)-1)
	if i < 0 {
		return
	}
	s.cursor, s.cursorMoved = i, true
	s.list.ScrollTo(i)
	s.draw()
}

// toggle includes or excludes the current entry.
func (s *form) toggle() {
	if s.cursor >= 0 && s.cursor < len(s.entries) && !s.entries[s.cursor].bad && s.stopAdding == nil {
		s.entries[s.cursor].wanted = !s.entries[s.cursor].wanted
		s.draw()
	}
}

// onListFocus shows which entry the keys act on.
func (s *form) onListFocus(focused bool) {
	s.focused = focused
	if focused && s.cursor < 0 {
		s.moveCursor(0)
		return
	}
	s.list.Refresh()
}

func (s *form) onListKey(key *fyne.KeyEvent, _ bool) {
	page := max(int(s.listBox.Height/entryHeight)-1, 1)
	switch key.Name {
	case fyne.KeyDown:
		s.moveCursor(s.cursor + 1)
	case fyne.KeyUp:
		s.moveCursor(s.cursor - 1)
	case fyne.KeyPageDown:
		s.moveCursor(s.cursor + page)
	case fyne.KeyPageUp:
		s.moveCursor(s.cursor - page)
	case fyne.KeyHome:
		s.moveCursor(0)
	case fyne.KeyEnd:
		s.moveCursor(len(s.entries) - 1)
	case fyne.KeySpace:
		s.toggle()
	case fyne.KeyDelete:
		s.removeEntry()
	default:
		s.onKey(key)
	}
}

// removeEntry removes the current entry from the form.
func (s *form) removeEntry() {
	if s.cursor < 0 || s.cursor >= len(s.entries) || s.stopAdding != nil {
		return
	}
	s.entries = append(s.entries[:s.cursor:s.cursor], s.entries[s.cursor+1:]...)
	s.cursor = min(s.cursor, len(s.entries)-1)
	s.draw()
}

// onKey handles the keys that the focused widget does not use.
func (s *form) onKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		s.submit(false)
	case fyne.KeyEscape:
		s.leave()
	}
}

// onPathKey adds the typed paths and links when Enter is pressed.
func (s *form) onPathKey(key *fyne.KeyEvent) {
	typed := strings.Trim(strings.TrimSpace(s.path.Text), `"`)
	if typed == "" || key.Name != fyne.KeyReturn && key.Name != fyne.KeyEnter {
		s.onKey(key)
		return
	}
	paths, links := parsePaste(typed)
	if len(paths)+len(links) == 0 {
		paths = []string{typed}
	}
	s.path.SetText("")
	s.addSources(paths, links)
}

// onPathPaste adds pasted text if it holds several paths or a link. It reports false if the text belongs into the
// field.
func (s *form) onPathPaste(clipboard string) bool {
	paths, links := parsePaste(clipboard)
	if len(paths) < 2 && len(links) == 0 || s.path.Text != "" {
		return false
	}
	s.addSources(paths, links)
	return true
}

// showSame shows the existing request with the same document. The form is hidden, and keeps its entries.
func (s *form) showSame() {
	if s.cursor < 0 || s.cursor >= len(s.entries) || s.entries[s.cursor].same.ID == "" {
		return
	}
	same := s.entries[s.cursor].same
	s.hide()
	s.host.ShowNotice(s.lang.Say("sheet.kept"))
	s.host.ShowRequest(same.ID, same.Status)
}
