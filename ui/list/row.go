package list

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/bold"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// rowModel is a request as a row shows it. It is immutable and compared with ==.
type rowModel struct {
	id           request.ID
	title        string // with the numbers of characters that cannot be seen
	titleText    string // warns of such characters; otherwise the title
	note         string // why a reviewer returned the outcome; empty unless one did, or once it was replaced
	subtitle     string // note, reference and gateway
	reference    string
	signer       string
	gateway      string
	tag          string // says that the request is practice or archived; empty if it is neither
	open         bool   // the request has no outcome yet
	possible     status.Possible
	status       kit.Badge
	evidence     kit.Badge // the zero badge when there is no outcome
	evidenceText string    // one line on the evidence
	due          kit.Badge // the zero badge when there is no due date
	dueDay       string    // the formatted due date; empty when there is none
	problem      string    // why the last launch failed; empty unless it did
	added        string    // the formatted date
	addedBy      string
	reviewedBy   string
	desk         string // of an office, at which the visit began
	updatedAt    time.Time
	age          string
	lateAt       time.Time // see status.LateAt
}

func newRowModel(lang i18n.Language, names settings.Names, r request.Request, now time.Time, patience settings.Patience) rowModel {
	m := rowModel{
		id: r.ID, title: request.ShowHidden(r.Title), titleText: titleText(lang, r), subtitle: kit.Joined(request.ShowHidden(r.Reference), names.Gateway(r.Gateway)), reference: request.ShowHidden(r.Reference), gateway: names.Gateway(r.Gateway), tag: status.Tag(lang, r),
		open: r.Status.Open(), possible: status.PossibleFor(r), status: status.Of(lang, r), updatedAt: r.UpdatedAt, lateAt: status.LateAt(r, patience),
	}
	if r.IsToDo() {
		m.note = request.ShowHidden(r.Review.Note)
		m.subtitle = kit.Joined(m.note, m.subtitle)
	}
	if r.LaunchFailed() {
		m.problem = kit.Sentence(explain.Reason(lang, r.Trouble, r.TroubleCause))
	}
	if r.Review != nil {
		m.reviewedBy = request.ShowHidden(names.Person(r.Review.By))
	}
	m.added, m.addedBy = shortDate(lang, r.CreatedAt.In(now.Location()), now), request.ShowHidden(names.Person(r.AddedBy))
	m.desk = request.ShowHidden(r.Desk)
	m.due, m.dueDay = dueBadge(lang, r, now)
	if len(r.Signers) > 0 {
		m.signer = request.ShowHidden(r.Signers[0].Name)
	}
	if r.Outcome != nil {
		m.evidence = status.EvidenceBadge(lang, r.Outcome.Evidence)
		m.evidenceText = explain.HowKnown(lang, r.Outcome.Evidence, lang.Moment(r.Outcome.At))
	}
	return m.atTime(lang, now)
}

// titleText returns the tip of a title: a warning of characters in the request that cannot be seen, or else the title.
func titleText(lang i18n.Language, r request.Request) string {
	if said := explain.Hidden(lang, r); len(said) > 0 {
		return kit.Sentence(said[0])
	}
	return r.Title
}

// atTime returns the model with the age and the status for that time.
func (m rowModel) atTime(lang i18n.Language, now time.Time) rowModel {
	m.age = lang.Age(now, m.updatedAt)
	if status.IsLate(m.lateAt, now) {
		m.status = status.LateBadge(lang)
	}
	return m
}

// dueBadge returns the badge of a due date, and the date alone. An open request that is overdue or due soon has an icon
// and words for that, not just a color.
func dueBadge(lang i18n.Language, r request.Request, now time.Time) (m kit.Badge, day string) {
	if r.Due == "" {
		return kit.Badge{}, ""
	}
	day = r.Due
	if due, err := time.Parse(time.DateOnly, r.Due); err == nil {
		day = shortDate(lang, due, now)
	}
	switch {
	case r.Status.Open() && r.Due < now.Format(time.DateOnly):
		return kit.NewBadge(kit.IconWarning, lang.Say("list.overdue", day), kit.ColorBad, kit.ColorBadBack), day
	case r.Status.Open() && r.Due <= now.AddDate(0, 0, dueDays).Format(time.DateOnly):
		return kit.NewBadge(kit.IconDay, lang.Say("list.due_by", day), kit.ColorWarn, kit.ColorWarnBack), day
	}
	return kit.NewBadge("", lang.Say("list.due_by", day), kit.ColorMuted, kit.ColorOverBack), day
}

// shortDate returns a date, without the year if it is the present one.
func shortDate(lang i18n.Language, at, now time.Time) string {
	if at.Year() == now.Year() {
		return lang.Day(at)
	}
	return lang.Date(at)
}

// Sizes and positions in a row.
const (
	rowPadding     = 14
	rowTop         = 7
	rowGap         = 10
	rowAccentWidth = 3 // of the bar at the left of a chosen row
	rowIconSize    = 13
	rowSecondLine  = 30
)

// row is the widget of a row. The toolkit's list reuses a few of them for all rows.
type row struct {
	widget.BaseWidget
	lang    i18n.Language
	columns *columnLayout
	rowState
	index     int
	hovered   bool
	truncated bool             // the title is cut off
	modifiers fyne.KeyModifier // that were held when the mouse was pressed

	onTapped func(index int, modifiers fyne.KeyModifier)
	onMenu   func(index int, at fyne.Position) // at a position of the canvas
	explain  kit.Explainer                     // shows tips
}

// rowState is everything that a row shows. It is compared, so that an unchanged row is not drawn again.
type rowState struct {
	model      rowModel
	chosen     bool
	focused    bool // chosen, and the list is focused
	selected   bool // part of the selection
	generation int  // of the column layout
}

func newRow(lang i18n.Language, columns *columnLayout) *row {
	r := &row{lang: lang, columns: columns, onTapped: func(int, fyne.KeyModifier) {}, onMenu: func(int, fyne.Position) {}, explain: func(fyne.CanvasObject, string, fyne.Position, float32) {}}
	r.ExtendBaseWidget(r)
	return r
}

// set shows a state, and redraws if it differs from the shown one.
func (r *row) set(state rowState) {
	state.focused, state.generation = state.focused && state.chosen, r.columns.generation
	if r.rowState != state {
		r.rowState = state
		r.Refresh()
	}
}

func (r *row) MouseDown(e *desktop.MouseEvent) { r.modifiers = e.Modifier }

func (r *row) MouseUp(*desktop.MouseEvent) {}

func (r *row) Tapped(*fyne.PointEvent) {
	modifiers := r.modifiers
	r.modifiers = 0
	r.onTapped(r.index, modifiers)
}

func (r *row) TappedSecondary(e *fyne.PointEvent) { r.onMenu(r.index, e.AbsolutePosition) }

func (r *row) MouseIn(e *desktop.MouseEvent) {
	r.hovered = true
	r.Refresh()
	r.MouseMoved(e)
}

// MouseMoved shows a tip for a launch that failed, the evidence, the due date, or a title that is cut off.
func (r *row) MouseMoved(e *desktop.MouseEvent) {
	text, x := r.hintAt(e.Position.X, e.Position.Y)
	r.explain(r, text, fyne.NewPos(x, 0), r.Size().Height)
}

func (r *row) MouseOut() {
	r.hovered = false
	r.Refresh()
	r.explain(r, "", fyne.Position{}, 0)
}

// explainsTitle reports whether the title has a tip: it is cut off, or there is something to warn of.
func (r *row) explainsTitle() bool { return r.truncated || r.model.titleText != r.model.title }

// hintAt returns the tip for a position in the row, and the x at which the explained part begins. The text is empty
// when there is nothing to explain.
func (r *row) hintAt(x, y float32) (text string, from float32) {
	if !r.columns.hasColumns() {
		half := r.Size().Width / 2
		switch {
		case y < rowSecondLine-2 && x < half && r.explainsTitle():
			return r.model.titleText, rowPadding
		case y < rowSecondLine-2 && x >= half && r.columns.dense && r.model.problem == "" && r.model.open && r.model.due.Icon != "":
			return r.model.due.Label, half // the icon stands there alone
		case y < rowSecondLine-2 && x >= half:
			return r.model.problem, half
		case x < half:
			return "", 0
		case r.model.evidenceText != "":
			return r.model.evidenceText, half
		}
		return "", 0
	}
	for _, c := range r.columns.cells {
		if x >= c.x && x < c.x+c.width+columnGap {
			switch c.name {
			case columnStatus:
				return r.model.problem, c.x
			case columnEvidence:
				return r.model.evidenceText, c.x
			case columnDue:
				return r.model.due.Label, c.x
			case columnTitle:
				if r.explainsTitle() {
					return r.model.titleText, c.x
				}
			}
		}
	}
	return "", 0
}

func (r *row) CreateRenderer() fyne.WidgetRenderer {
	w := &rowRenderer{
		row:  r,
		ring: canvas.NewRectangle(nil), background: canvas.NewRectangle(nil), accent: canvas.NewRectangle(nil),
		title: canvas.NewText("", nil), titleAgain: canvas.NewText("", nil), subtitle: canvas.NewText("", nil),
		tag: kit.NewTag(""), status: kit.NewBadgeWidget(kit.Badge{}),
		evidence: kit.NewIcon("", kit.ColorMuted, rowIconSize), evidenceText: canvas.NewText("", nil), age: canvas.NewText("", nil),
		reference: canvas.NewText("", nil), signer: canvas.NewText("", nil), gateway: canvas.NewText("", nil),
		dueIcon: kit.NewIcon("", kit.ColorMuted, rowIconSize), due: canvas.NewText("", nil),
		added: canvas.NewText("", nil), addedBy: canvas.NewText("", nil), reviewedBy: canvas.NewText("", nil), desk: canvas.NewText("", nil),
	}
	w.objects = []fyne.CanvasObject{
		w.ring, w.background, w.accent, w.title, w.titleAgain, w.subtitle, w.tag, w.status, w.evidence, w.evidenceText, w.age,
		w.reference, w.signer, w.gateway, w.dueIcon, w.due, w.added, w.addedBy, w.reviewedBy, w.desk,
	}
	w.details = []*canvas.Text{w.subtitle, w.evidenceText, w.age, w.reference, w.signer, w.gateway, w.due, w.added, w.addedBy, w.reviewedBy, w.desk}
	w.show()
	return w
}

type rowRenderer struct {
	row                *row
	ring               *canvas.Rectangle // around the background of a focused row
	background, accent *canvas.Rectangle
	title, subtitle    *canvas.Text
	titleAgain         *canvas.Text // see bold.Stroke
	tag                *kit.Tag
	status             *kit.BadgeWidget
	evidence           *canvas.Image
	evidenceText, age  *canvas.Text

	reference, signer, gateway *canvas.Text
	dueIcon                    *canvas.Image
	due                        *canvas.Text
	added, addedBy, reviewedBy *canvas.Text
	desk                       *canvas.Text

	details []*canvas.Text // all texts but the title
	objects []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, r.row.columns.height()) }

func (r *rowRenderer) Refresh() {
	r.show()
	r.Layout(r.row.Size())
	canvas.Refresh(r.row)
}

func (r *rowRenderer) show() {
	m, th := r.row.model, r.row.Theme()
	r.background.Hidden, r.accent.Hidden = !r.row.chosen && !r.row.selected && !r.row.hovered, !r.row.chosen && !r.row.selected
	r.background.FillColor = kit.ColorOf(r.row, theme.ColorNameHover)
	if r.row.chosen || r.row.selected {
		r.background.FillColor = kit.ColorOf(r.row, kit.ColorRowChosen)
	}
	r.background.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	r.ring.Hidden = !r.row.focused
	r.ring.FillColor, r.ring.CornerRadius = kit.ColorOf(r.row, theme.ColorNamePrimary), r.background.CornerRadius
	r.accent.FillColor, r.accent.CornerRadius = kit.ColorOf(r.row, theme.ColorNamePrimary), rowAccentWidth/2.0
	r.title.TextSize, r.title.TextStyle.Bold = th.Size(theme.SizeNameText), true
	r.title.Color = kit.ColorOf(r.row, theme.ColorNameForeground)
	for _, t := range r.details {
		t.TextSize, t.Color = th.Size(theme.SizeNameCaptionText), kit.ColorOf(r.row, kit.ColorMuted)
	}
	r.tag.Set(m.tag)
	r.status.Hidden = m.status.Label == ""
	r.status.Badge = m.status
	r.status.Refresh()
	setBadgeIcon(r.evidence, m.evidence)
	setBadgeIcon(r.dueIcon, m.due)
	r.evidenceText.Color, r.due.Color = badgeColor(r.row, m.evidence), badgeColor(r.row, m.due)
}

// badgeColor returns the text color of a badge; the muted color for a badge without a label.
func badgeColor(w fyne.Widget, m kit.Badge) color.Color {
	if m.Label == "" {
		return kit.ColorOf(w, kit.ColorMuted)
	}
	return kit.ColorOf(w, m.Color)
}

// setBadgeIcon shows the icon of a badge, or hides the image if there is none.
func setBadgeIcon(image *canvas.Image, m kit.Badge) {
	image.Hidden = m.Icon == ""
	kit.SetIcon(image, m.Icon, m.Color)
}

// Layout arranges the row in columns, or in two lines if there is no room for columns.
func (r *rowRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.background.Move(fyne.NewSquareOffsetPos(kit.RingWidth))
	r.background.Resize(size.SubtractWidthHeight(2*kit.RingWidth, 2*kit.RingWidth))
	accentGap := float32(8)
	if r.row.columns.dense {
		accentGap = 4
	}
	r.accent.Resize(fyne.NewSize(rowAccentWidth, size.Height-2*accentGap))
	r.accent.Move(fyne.NewPos(5, accentGap))
	for _, t := range r.details {
		t.Text = ""
	}
	switch {
	case r.row.columns.hasColumns():
		r.layoutColumns(size)
	case r.row.columns.dense:
		r.layoutLine(size)
	default:
		r.layoutLines(size)
	}
	for _, t := range []*canvas.Text{r.added, r.addedBy, r.reviewedBy, r.desk} { // rarely shown, so they are not even drawn
		t.Hidden = t.Text == ""
	}
	bold.Stroke(r.titleAgain, r.title)
	r.row.truncated = r.title.Text != r.row.model.title
}

// layoutLines draws two lines: what the request is on the left, and its state on the right.
func (r *rowRenderer) layoutLines(size fyne.Size) {
	m := r.row.model
	right := size.Width - rowPadding

	status := r.status.MinSize()
	r.status.Resize(status)
	r.status.Move(fyne.NewPos(right-status.Width, rowTop-1))
	r.title.Text = r.shorten(r.title, m.title, right-status.Width-rowGap-rowPadding)
	r.put(r.title, rowPadding, rowTop)

	r.age.Text = m.age
	x := right - r.age.MinSize().Width
	r.put(r.age, x, rowSecondLine)
	// Open requests show when they are due, the others how their outcome is known.
	r.evidenceText.Text = m.evidence.Label
	r.evidence.Hidden, r.dueIcon.Hidden = m.evidence.Icon == "", true
	stateText, icon := r.evidenceText, r.evidence
	if m.open && m.due.Icon != "" {
		r.due.Text, r.dueIcon.Hidden = m.due.Label, false
		stateText, icon = r.due, r.dueIcon
	}
	if stateText.Text != "" {
		x -= stateText.MinSize().Width + rowGap
		r.put(stateText, x, rowSecondLine)
		x -= rowIconSize + 4
		icon.Resize(fyne.NewSquareSize(rowIconSize))
		icon.Move(fyne.NewPos(x, rowSecondLine+2))
	}
	r.putSubtitle(m.subtitle, rowPadding, rowSecondLine, x-rowGap-rowPadding)
}

// putSubtitle draws a text in the second line, and the tag behind it.
func (r *rowRenderer) putSubtitle(content string, x, y, room float32) {
	r.tag.Hidden = r.row.model.tag == ""
	tagSize := r.tag.MinSize()
	if !r.tag.Hidden {
		room -= tagSize.Width + 6
	}
	r.subtitle.Text = r.shorten(r.subtitle, content, room)
	r.put(r.subtitle, x, y)
	r.tag.Resize(tagSize)
	r.tag.Move(fyne.NewPos(x+r.subtitle.MinSize().Width+6, y+(r.subtitle.MinSize().Height-tagSize.Height)/2))
}

// layoutColumns draws each part in its column, cut to the column's width.
func (r *rowRenderer) layoutColumns(size fyne.Size) {
	m, columns := r.row.model, r.row.columns
	r.evidence.Hidden, r.dueIcon.Hidden, r.tag.Hidden, r.status.Hidden = true, true, true, true
	for _, c := range columns.cells {
		switch c.name {
		case columnTitle:
			r.putTitle(c, size)
		case columnReference:
			r.putIn(r.reference, m.reference, c.x, c.width, size)
		case columnSigner:
			r.putIn(r.signer, m.signer, c.x, c.width, size)
		case columnGateway:
			r.putIn(r.gateway, m.gateway, c.x, c.width, size)
		case columnStatus:
			r.status.Hidden = m.status.Label == ""
			r.putStatus(c.x, min(r.status.MinSize().Width, c.width), size)
		case columnEvidence:
			r.evidence.Hidden = m.evidence.Icon == ""
			r.putBadge(r.evidence, r.evidenceText, m.evidence.Label, c, size)
		case columnDue:
			r.dueIcon.Hidden = m.due.Icon == ""
			r.putBadge(r.dueIcon, r.due, m.dueDay, c, size)
		case columnReviewedBy:
			r.putIn(r.reviewedBy, m.reviewedBy, c.x, c.width, size)
		case columnAddedBy:
			r.putIn(r.addedBy, m.addedBy, c.x, c.width, size)
		case columnDesk:
			r.putIn(r.desk, m.desk, c.x, c.width, size)
		case columnAdded:
			r.putIn(r.added, m.added, c.x, c.width, size)
		case columnChanged:
			r.putIn(r.age, m.age, c.x, c.width, size)
		}
	}
}

// putTitle draws the title in its column with the reference and the gateway as far as they have no column: below the title, or
// behind it where rows have one line. The note of a reviewer stands with them.
func (r *rowRenderer) putTitle(c cell, size fyne.Size) {
	m, columns := r.row.model, r.row.columns
	subtitle := m.subtitle
	switch {
	case columns.shows(columnReference):
		subtitle = ""
	case columns.shows(columnGateway):
		subtitle = kit.Joined(m.note, m.reference)
	}
	if columns.dense || subtitle == "" {
		if subtitle == "" {
			subtitle = m.note
		}
		r.putOnOneLine(c.x, c.width, subtitle, size)
		return
	}
	r.title.Text = r.shorten(r.title, m.title, c.width)
	r.put(r.title, c.x, rowTop)
	r.putSubtitle(subtitle, c.x, rowSecondLine-2, c.width)
}

func (r *rowRenderer) putBadge(icon *canvas.Image, t *canvas.Text, content string, c cell, size fyne.Size) {
	indent := float32(0)
	if !icon.Hidden {
		indent = rowIconSize + 5
		icon.Resize(fyne.NewSquareSize(rowIconSize))
		icon.Move(fyne.NewPos(c.x, (size.Height-rowIconSize)/2))
	}
	r.putIn(t, content, c.x+indent, c.width-indent, size)
}

func (r *rowRenderer) putIn(t *canvas.Text, content string, x, width float32, size fyne.Size) {
	t.Text = r.shorten(t, content, width)
	r.put(t, x, (size.Height-t.MinSize().Height)/2)
}

func (r *rowRenderer) put(t *canvas.Text, x, y float32) {
	t.Resize(t.MinSize())
	t.Move(fyne.NewPos(x, y))
}

func (r *rowRenderer) shorten(t *canvas.Text, content string, width float32) string {
	return kit.FitText(content, width, t.TextSize, t.TextStyle)
}
