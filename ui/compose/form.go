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
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// form is the sheet that new requests come from: the files and what is to be known of them, all on
// one sheet. What is dropped, pasted or chosen while it is open is put on it, too.
type form struct {
	*Composer

	entries entries
	at      int       // the chosen line
	moved   bool      // by a person
	focused bool      // the lines have the keyboard
	notes   []string  // what else was found while reading
	problem string    // what keeps the sheet from being added, or went wrong
	look    kit.Badge // of the problem
	offers  []desk.Offer
	offered bool   // the gateways are known
	titled  string // the title that the sheet gave itself

	reading     int // looks under way
	readCtx     context.Context
	stopReading context.CancelFunc
	pending     func()             // what was pressed before everything was read
	stopAdding  context.CancelFunc // nil while nothing is added
	progress    string

	modal                                        *kit.Modal // while it is shown
	width                                        float32
	body, foot                                   *fyne.Container
	scroll                                       *container.Scroll
	scrollBox                                    *kit.CappedHeight
	hint, status, summary, note                  *kit.Text
	list                                         *kit.RecordList
	listBox                                      *kit.CappedHeight
	about, trouble                               *kit.Callout
	show, stop, cancel, add, sign                *kit.Button
	path, title, reason, reference               *kit.Field
	due                                          *kit.DayField
	placement                                    *placement
	signerName, signerMail, signerLand, signerID *kit.Field
	gateway                                      *kit.Select
	together                                     *kit.Check
	gatewayBox, titleBox, reasonBox              *fyne.Container
	firstRow, secondRow, signerRow               *fyne.Container
	togetherNot                                  *kit.Text
	lines, togetherBox                           *fyne.Container
}

const (
	formWidth = 740
	maxLines  = 9 // lines that are shown at once
	minLines  = 2
	checkSide = 7 // what the toolkit leaves free beside the box of a tick
	formEdge  = 5 // around what scrolls: for the rings of what has the keyboard, and the scroll bar
)

func newForm(c *Composer) *form {
	s := &form{Composer: c, at: -1, look: kit.ErrorBadge}
	s.readCtx, s.stopReading = context.WithCancel(c.bg.Context())
	s.build()
	return s
}

func (s *form) build() {
	lang := s.lang
	muted := func() *kit.Text { return kit.NewText(theme.SizeNameText, kit.ColorMuted) }
	s.hint = muted().Set(lang.Say("sheet.empty"))
	s.status, s.summary, s.note, s.togetherNot = muted(), muted(), muted(), kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)

	s.list = kit.NewRecordList()
	s.list.Length = func() int { return len(s.entries) }
	s.list.CreateItem = func() fyne.CanvasObject { return newEntryRow() }
	s.list.UpdateItem = s.drawRow
	s.list.OnSelected = func(i widget.ListItemID) { s.list.UnselectAll(); s.choose(i) }
	s.list.OnKey, s.list.OnFocus = s.onListKey, s.onListFocus
	s.listBox = &kit.CappedHeight{}
	s.show = kit.NewButton(lang.Say("sheet.show_same"), kit.IconOut, widget.MediumImportance, s.onKey, s.showSame)
	s.about = kit.NewCallout(kit.WarningBadge, s.show)
	s.trouble = kit.NewCallout(kit.ErrorBadge)

	entry := func() *kit.Field {
		f := kit.NewField(s.onKey)
		f.OnFocus = s.reveal
		return f
	}
	s.path, s.title, s.reason, s.reference = entry(), entry(), entry(), entry()
	s.placement = newPlacement(lang, s.onKey, s.arrange)
	s.due = kit.NewDueField(lang, s.onKey, s.modals.Explain, s.now, s.arrange)
	s.signerName, s.signerMail, s.signerLand, s.signerID = entry(), entry(), entry(), entry()
	s.path.PlaceHolder = lang.Say("sheet.path")
	s.path.Pass, s.path.OnPaste = s.onPathKey, s.onPathPaste
	s.gateway = kit.NewSelect(s.onKey, func(int) { s.problem = ""; s.draw() })
	s.together = kit.NewCheck(s.onKey, func(bool) { s.draw() })

	s.titleBox, s.reasonBox = kit.NewLabeled(lang.Say("sheet.name"), s.title), kit.NewLabeled(lang.Say("sheet.reason"), s.reason)
	s.gatewayBox = kit.NewLabeled(lang.Say("sheet.gateway"), s.gateway)
	s.firstRow = container.New(kit.Weighted(12, 3, 2), s.titleBox, s.reasonBox)
	s.secondRow = container.New(kit.Weighted(12, 2, 2, 1), s.gatewayBox, kit.NewLabeled(lang.Say("sheet.reference"), s.reference), kit.NewLabeled(lang.Say("sheet.due"), s.due.Root))
	s.signerRow = container.New(kit.Weighted(12, 3, 3, 1, 2),
		kit.NewLabeled(lang.Say("sheet.signer_name"), s.signerName), kit.NewLabeled(lang.Say("sheet.signer_email"), s.signerMail),
		kit.NewLabeled(lang.Say("sheet.signer_country"), s.signerLand), kit.NewLabeled(lang.Say("sheet.signer_number"), s.signerID))

	browse := kit.NewButton(lang.Say("add.browse"), kit.IconFile, widget.MediumImportance, s.onKey, func() { s.host.Browse(func(path string) { s.take([]string{path}, nil) }) })
	s.stop = kit.NewButton(lang.Say("act.stop"), kit.IconStop, widget.MediumImportance, s.onKey, s.onStop)
	s.cancel = kit.NewButton(lang.Say("add.cancel"), "", widget.MediumImportance, s.onKey, s.discard)
	s.sign = kit.NewButton(lang.Say("sheet.sign"), kit.IconPen, widget.MediumImportance, s.onKey, func() { s.press(true) })
	s.add = kit.NewButton("", kit.IconPlus, widget.HighImportance, s.onKey, func() { s.press(false) })

	folder := kit.NewButton(lang.Say("win.folder"), kit.IconFolder, widget.MediumImportance, s.onKey, func() { s.host.BrowseFolder(func(path string) { s.take([]string{path}, nil) }) })
	s.togetherBox = container.New(kit.Column(2), container.New(kit.Padding(-checkSide, 0), s.together), container.New(kit.Padding(30-checkSide, 0), s.togetherNot))
	s.lines = container.New(s.listBox, s.list)
	s.body = container.New(kit.Column(12),
		kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground).Set(lang.Say("sheet.title")),
		s.hint,
		s.lines,
		s.about.Root,
		s.summary,
		s.note,
		container.NewBorder(nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 4, 0), container.New(layout.NewCustomPaddedHBoxLayout(8), browse, folder)), s.path),
		s.firstRow, s.secondRow, s.signerRow, s.placement.root,
		s.togetherBox,
		s.trouble.Root,
	)
	s.foot = container.New(kit.Padding(formEdge, 3), container.NewBorder(nil, nil, nil, container.New(layout.NewCustomPaddedHBoxLayout(8), s.stop, s.cancel, s.sign, s.add), s.status))
	s.scroll = container.NewVScroll(container.New(kit.Padding(formEdge, formEdge), s.body))
	s.scrollBox = &kit.CappedHeight{Limit: s.room} // also when the window becomes lower meanwhile
	for _, f := range []interface{ RevealWith(func(fyne.CanvasObject)) }{s.gateway, s.together, s.due, s.placement, browse, folder, s.show} {
		f.RevealWith(s.reveal)
	}
}

// present brings the sheet to the front.
func (s *form) present() {
	s.width = min(formWidth, s.modals.Size().Width-48)
	framed := container.New(kit.Padding(16-formEdge, 12-formEdge), container.New(kit.MinSize(s.width+2*formEdge, 0),
		container.New(kit.Column(8), container.New(s.scrollBox, s.scroll), s.foot)))
	s.modal = s.modals.Show(framed)
	s.modal.OnKey, s.modal.OnClosed = s.onKey, s.discard
	s.draw()
	s.focus()
}

// reveal scrolls to what got the keyboard, if it cannot be seen.
func (s *form) reveal(o fyne.CanvasObject) { kit.Reveal(s.scroll, o) }

// focus gives the keyboard to what is most likely wanted.
func (s *form) focus() {
	if len(s.entries) == 0 && s.reading == 0 {
		s.modals.Focus(s.path)
		return
	}
	s.modals.Focus(s.add)
}

// hide takes the sheet away and keeps what is on it.
func (s *form) hide() {
	if s.modal != nil {
		s.modal.OnClosed = nil
		if s.modals.Shows(s.modal) {
			s.modals.Close()
		}
		s.modal = nil
	}
}

// discard closes the sheet. While something is being added, that is stopped first.
func (s *form) discard() {
	if s.stopAdding != nil {
		s.stopAdding()
		if !s.modals.IsOpen() { // it was closed by a key
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

// ask reads what the gateways can do, and what was chosen the last time.
func (s *form) ask() {
	type answer struct {
		offers []desk.Offer
		last   settings.LastNew
	}
	async.Call(s.bg, func(ctx context.Context) (answer, error) {
		offers, err := s.desk.Offers(ctx)
		if err != nil {
			return answer{}, err
		}
		// Settings that cannot be read are told where they are changed; here the usual ones do.
		settings, _ := s.desk.Settings(ctx)
		return answer{offers, settings.LastNew}, nil
	}, func(a answer, err error) {
		s.offers, s.offered = a.offers, err == nil
		if err != nil {
			s.problem = kit.Sentence(err.Error())
		}
		s.suggest(a.last)
		s.draw()
		s.ready()
	})
}

// suggest fills in what was chosen the last time.
func (s *form) suggest(last settings.LastNew) {
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
	if chosen < 0 {
		chosen = usual
	}
	s.gateway.SetOptions(names)
	s.gateway.SetSelectedIndex(chosen)
	s.together.SetChecked(last.Together)
	s.signerName.SetText(last.SignerName)
	s.signerMail.SetText(last.SignerEmail)
	s.signerLand.SetText(last.SignerCountry)
	s.signerID.SetText(last.SignerNumber)
}

func (s *form) gatewayName(o desk.Offer) string {
	if o.Practice {
		return s.lang.Say("sheet.practice", o.Name)
	}
	return o.Name
}

// offer is the gateway that is chosen.
func (s *form) offer() desk.Offer {
	if i := s.gateway.SelectedIndex(); i >= 0 && i < len(s.offers) {
		return s.offers[i]
	}
	return desk.Offer{}
}

// notable is the first line that something is to be told of; -1 for none.
func (s *form) notable() int {
	for i, e := range s.entries {
		if e.why != "" {
			return i
		}
	}
	return -1
}

// ready does what was pressed while something was still being read.
func (s *form) ready() {
	if do := s.pending; do != nil && s.reading == 0 && s.offered {
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
		s.choose(i)
		if onBox {
			s.tick()
		}
	}
	row.set(s.entries[i], i == s.at, s.focused)
}

// choose makes a line the chosen one.
func (s *form) choose(i int) {
	i = min(max(i, 0), len(s.entries)-1)
	if i < 0 {
		return
	}
	s.at, s.moved = i, true
	s.list.ScrollTo(i)
	s.draw()
}

// tick takes the chosen line, or leaves it.
func (s *form) tick() {
	if s.at >= 0 && s.at < len(s.entries) && !s.entries[s.at].bad && s.stopAdding == nil {
		s.entries[s.at].wanted = !s.entries[s.at].wanted
		s.draw()
	}
}

// onListFocus marks the line that the keys are for.
func (s *form) onListFocus(has bool) {
	s.focused = has
	if has && s.at < 0 {
		s.choose(0)
		return
	}
	s.list.Refresh()
}

func (s *form) onListKey(key *fyne.KeyEvent, _ bool) {
	page := max(int(s.listBox.Height/entryHeight)-1, 1)
	switch key.Name {
	case fyne.KeyDown:
		s.choose(s.at + 1)
	case fyne.KeyUp:
		s.choose(s.at - 1)
	case fyne.KeyPageDown:
		s.choose(s.at + page)
	case fyne.KeyPageUp:
		s.choose(s.at - page)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(len(s.entries) - 1)
	case fyne.KeySpace:
		s.tick()
	case fyne.KeyDelete:
		s.drop()
	default:
		s.onKey(key)
	}
}

// drop takes the chosen line off the sheet.
func (s *form) drop() {
	if s.at < 0 || s.at >= len(s.entries) || s.stopAdding != nil {
		return
	}
	s.entries = append(s.entries[:s.at:s.at], s.entries[s.at+1:]...)
	s.at = min(s.at, len(s.entries)-1)
	s.draw()
}

// onKey hears the keys that a part of the sheet has no use for.
func (s *form) onKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		s.press(false)
	case fyne.KeyEscape:
		s.discard()
	}
}

// onPathKey takes what was typed when Enter is pressed.
func (s *form) onPathKey(key *fyne.KeyEvent) {
	typed := strings.Trim(strings.TrimSpace(s.path.Text), `"`)
	if typed == "" || key.Name != fyne.KeyReturn && key.Name != fyne.KeyEnter {
		s.onKey(key)
		return
	}
	paths, links := pasted(typed)
	if len(paths)+len(links) == 0 {
		paths = []string{typed}
	}
	s.path.SetText("")
	s.take(paths, links)
}

// onPathPaste takes several files at once, and what is clearly a link or a file.
func (s *form) onPathPaste(clipboard string) bool {
	paths, links := pasted(clipboard)
	if len(paths) < 2 && len(links) == 0 || s.path.Text != "" {
		return false
	}
	s.take(paths, links)
	return true
}

// showSame shows the request that has the same document. The sheet is kept meanwhile.
func (s *form) showSame() {
	if s.at < 0 || s.at >= len(s.entries) || s.entries[s.at].same.ID == "" {
		return
	}
	same := s.entries[s.at].same
	s.hide()
	s.host.Tell(s.lang.Say("sheet.kept"))
	s.host.ShowRequest(same.ID, same.Status)
}
