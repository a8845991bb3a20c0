package compose

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/ui/kit"
)

// draw updates all widgets from the state of the form.
func (s *form) draw() {
	if s.bg.Closed() {
		return
	}
	lang := s.lang
	files, ids, lists := s.entries.toAdd(fileEntry), s.entries.toAdd(idEntry), s.entries.toAdd(listEntry)
	o := s.selectedOffer()
	hasFiles, hasIDs := s.entries.hasUsable(fileEntry), s.entries.hasUsable(idEntry)

	kit.SetHidden(s.hint, len(s.entries) > 0 || s.reading > 0)
	s.summary.Set(s.entries.summary(lang))
	s.note.Set(strings.Join(s.notes, "\n"))
	s.drawExplanation()

	asOne := s.isOneRequest(files, o)
	one := len(files)+len(ids) == 1 || asOne && len(ids) == 0
	s.suggestTitle(files, asOne)
	kit.SetHidden(s.titleBox, !one)
	kit.SetHidden(s.reasonBox, !hasFiles || !o.PlacesMarks)
	kit.SetHidden(s.placement.root, s.reasonBox.Hidden)
	kit.SetHidden(s.placement.draw, s.drawPage == nil || len(files) == 0)
	s.placement.summarize(files.placed())
	kit.SetHidden(s.firstRow, s.titleBox.Hidden && s.reasonBox.Hidden)
	kit.SetHidden(s.gatewayBox, !hasFiles && !s.entries.hasUsable(listEntry))
	for _, about := range s.secondRow.Objects[1:] {
		kit.SetHidden(about, !hasFiles && !hasIDs)
	}
	kit.SetHidden(s.secondRow, s.gatewayBox.Hidden && !hasIDs)
	kit.SetHidden(s.signerRow, !hasFiles || !o.NeedsSigner)
	s.drawTogether(files, o)

	s.trouble.SetBadge(s.problemBadge)
	s.trouble.Set(s.problemText(files, o))
	n := len(files) + len(ids)
	if asOne {
		n = 1 + len(ids)
	}
	s.drawButtons(n, len(lists))
	s.arrange()
}

// drawExplanation shows the explanation of the current entry, unless its row has room for it.
func (s *form) drawExplanation() {
	if s.cursor < 0 || s.cursor >= len(s.entries) {
		s.explanation.Set("")
		return
	}
	e := s.entries[s.cursor]
	if e.bad && s.rowShowsExplanation(e) {
		s.explanation.Set("")
		return
	}
	look := kit.WarningBadge
	if e.bad {
		look = kit.ErrorBadge
	}
	s.explanation.SetBadge(look)
	kit.SetHidden(s.show, e.same.ID == "")
	s.explanation.Set(e.explanation)
}

// rowShowsExplanation reports whether the row of an unusable entry has room for its explanation.
func (s *form) rowShowsExplanation(e entry) bool {
	room := s.width - entryName - entrySide - entryGap - kit.NewBadgeWidget(e.badge).MinSize().Width
	return kit.Fits(e.explanation, room, s.list.Theme().Size(theme.SizeNameCaptionText), fyne.TextStyle{})
}

// isOneRequest reports whether several files become one request together: a person has chosen that, and the gateway
// takes so many documents. For a single file it returns false.
func (s *form) isOneRequest(files entries, o gateways.Offer) bool {
	return len(files) > 1 && s.together.Checked && len(files) <= o.Documents
}

// suggestTitle fills in the title, unless a person has changed it.
func (s *form) suggestTitle(files entries, asOne bool) {
	title := ""
	switch {
	case asOne:
		title = s.lang.Count("sheet.name_more", len(files)-1, stem(files[0].name))
	case len(files) == 1:
		title = stem(files[0].name)
	}
	if s.title.Text == s.suggestedTitle && title != s.suggestedTitle {
		s.suggestedTitle = title
		s.title.SetText(title)
	}
}

// stem returns a file name without its extension.
func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

func (s *form) drawTogether(files entries, o gateways.Offer) {
	lang := s.lang
	several := len(files) > 1
	kit.SetHidden(s.togetherBox, !several)
	why := ""
	if several {
		s.together.SetText(lang.Count("sheet.together", len(files)))
		if len(files) > o.Documents && o.Fault.Text == "" {
			why = lang.Count("sheet.together_not", o.Documents, o.Shown())
		}
	}
	s.togetherNote.Set(why)
	if why != "" || s.stopAdding != nil {
		s.together.Disable()
	} else {
		s.together.Enable()
	}
}

// problemText returns why the form cannot be added, or what failed; empty for neither.
func (s *form) problemText(files entries, o gateways.Offer) string {
	switch {
	case s.problem != "":
		return s.problem
	case len(files) > 0 && o.Fault.Text != "":
		return kit.Sentence(explain.Reason(s.lang, o.Fault.Text, o.Fault.Cause))
	case len(files) > 0 && s.offersRead && !o.TakesFiles:
		return s.lang.Say("sheet.no_files", o.Shown())
	case s.offersRead && !o.TakesLocked && slices.ContainsFunc(files, func(e entry) bool { return e.locked }):
		return s.lang.Say("sheet.locked_not", o.Shown())
	}
	return ""
}

// drawButtons updates the buttons for the number of requests and lists to add.
func (s *form) drawButtons(requests, lists int) {
	lang := s.lang
	busy := s.stopAdding != nil
	switch {
	case busy:
		s.status.Set(s.progress)
	case s.reading > 0:
		s.status.Set(lang.Count("sheet.reading", len(s.entries)))
	default:
		s.status.Set("")
	}
	label := lang.Count("sheet.add", max(requests, 1))
	if requests == 0 && lists > 0 {
		label = lang.Say("sheet.import")
	}
	nothing := requests+lists == 0 && s.reading == 0
	look := kit.IconPlus
	if nothing {
		look = ""
	}
	s.add.SetLabel(label, look, s.add.Importance)
	if nothing && len(s.entries) > 0 {
		s.cancel.SetLabel(lang.Say("help.close"), "", s.cancel.Importance)
	} else {
		s.cancel.SetLabel(lang.Say("add.cancel"), "", s.cancel.Importance)
	}
	kit.SetHidden(s.stop, !busy && s.reading == 0)
	kit.SetHidden(s.cancel, busy)
	kit.SetHidden(s.sign, busy || requests == 0)
	kit.SetHidden(s.add, busy || nothing && len(s.entries) > 0)
	if nothing {
		s.add.Disable()
	} else {
		s.add.Enable()
	}
	all := []fyne.Disableable{s.path, s.title, s.reason, s.reference, s.due, s.signerName, s.signerEmail, s.signerCountry, s.signerID, s.gateway}
	for _, f := range s.placement.allFields() {
		all = append(all, f)
	}
	for _, f := range all {
		if busy && !f.Disabled() {
			f.Disable()
		} else if !busy && f.Disabled() {
			f.Enable()
		}
	}
}

// arrange sets the height of the list of entries to what the window has left, and fits the modal to it. If the window
// is too low, the part above the buttons scrolls.
func (s *form) arrange() {
	if s.modal == nil {
		return
	}
	gap := s.list.Theme().Size(theme.SizeNamePadding)
	const pitch = float32(entryHeight)
	rows := min(len(s.entries), maxLines)
	s.listBox.Height = 0
	kit.SetHidden(s.lines, rows == 0)
	s.layoutBody()
	whole := s.maxBodyHeight() - 2*formEdge
	if rows > 0 {
		rows = min(rows, max(minLines, int((whole-s.body.MinSize().Height+gap)/(pitch+gap))))
		s.listBox.Height = float32(rows)*(pitch+gap) - gap
		s.layoutBody()
	}
	s.scrollBox.Height = s.body.MinSize().Height + 2*formEdge
	s.modal.Fit()
	kit.ScrollTo(s.scroll, s.scroll.Offset.Y)
	s.list.Refresh()
}

// maxBodyHeight returns the height that is available above the buttons.
func (s *form) maxBodyHeight() float32 {
	const outside = 64
	return s.modals.Size().Height - s.foot.MinSize().Height - outside
}

// layoutBody lays the body out in its width, after which its height is known. It takes two passes, because texts
// wrap.
func (s *form) layoutBody() {
	s.body.Resize(fyne.NewSize(s.width, s.body.MinSize().Height))
	s.body.Refresh()
	s.body.Resize(fyne.NewSize(s.width, s.body.MinSize().Height))
}
