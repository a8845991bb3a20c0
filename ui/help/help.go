// Package help has the list of shortcuts, the guide, the version and the licenses.
package help

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

const (
	helpWidth     = 940 // of both columns together
	helpMinColumn = 380 // of a column; a window without room for two has one
	helpGap       = 32  // between the columns
	keysWidth     = 140 // of the keys in a column
	keysGap       = 5   // between two lines
	groupGap      = 16  // between two groups
)

// splitColumns divides groups, laid out in a width, into two columns whose heights differ least.
func splitColumns(groups []fyne.CanvasObject, width float32) [2][]fyne.CanvasObject {
	heights := []float32{0} // of the first groups: none, one, two and so on
	for i, g := range groups {
		g.Resize(fyne.NewSize(width, 1)) // a text needs its width before it knows its height
		g.Resize(fyne.NewSize(width, g.MinSize().Height))
		heights = append(heights, heights[i]+g.MinSize().Height+groupGap)
	}
	at, whole := 0, heights[len(groups)]
	higher := func(at int) float32 { return max(heights[at], whole-heights[at]) }
	for i := range heights {
		if higher(i) < higher(at) {
			at = i
		}
	}
	return [2][]fyne.CanvasObject{groups[:at], groups[at:]}
}

// Show opens the list of shortcuts in modals. The function pass is called with the keys that the list does not handle.
func Show(lang i18n.Language, modals *kit.Modals, pass kit.KeyHandler) {
	width := min(helpWidth, modals.Size().Width-60)
	var groups []fyne.CanvasObject
	for _, g := range Groups(lang) {
		groups = append(groups, newShortcutGroup(g))
	}
	columns := container.New(kit.Column(groupGap), groups...)
	if column := (width - helpGap) / 2; column >= helpMinColumn {
		halves := splitColumns(groups, column)
		columns = container.New(kit.Weighted(helpGap, 1, 1), container.New(kit.Column(groupGap), halves[0]...), container.New(kit.Column(groupGap), halves[1]...))
	}
	ok := kit.NewButton(lang.Say("help.close"), "", widget.MediumImportance, pass, modals.Close)
	// In a low window the list scrolls, with the arrow keys too.
	columns.Resize(fyne.NewSize(width, 1))
	columns.Resize(fyne.NewSize(width, columns.MinSize().Height))
	scroll := container.NewVScroll(columns)
	const outside = 150
	box := container.New(&kit.CappedHeight{Height: columns.MinSize().Height, Limit: func() float32 { return modals.Size().Height - outside }}, scroll)
	ok.Pass = func(key *fyne.KeyEvent) {
		switch key.Name {
		case fyne.KeyDown, fyne.KeyPageDown:
			kit.ScrollTo(scroll, scroll.Offset.Y+60)
		case fyne.KeyUp, fyne.KeyPageUp:
			kit.ScrollTo(scroll, scroll.Offset.Y-60)
		default:
			pass(key)
		}
	}
	modals.OpenWide(width, lang.Say("help.title"), box, ok, ok)
}

// newShortcutGroup draws a group of shortcuts below its title.
func newShortcutGroup(g Group) fyne.CanvasObject {
	group := container.New(kit.Column(keysGap), kit.NewBoldText(theme.SizeNameText, theme.ColorNamePrimary).Set(g.Title))
	for _, s := range g.Shortcuts {
		keys := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
		keys.Style.Monospace = true
		keys.Set(s.Keys)
		// The keys have a smaller font; the padding puts both texts on one baseline.
		left := container.New(kit.FixedWidth(keysWidth), container.New(kit.Padding(0, 2), keys))
		group.Add(container.New(kit.Row{Gap: 16}, left, kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.Does)))
	}
	return group
}

// Shortcut is one line of the list of shortcuts.
type Shortcut struct{ Keys, Does string }

// Group is a part of the list of shortcuts.
type Group struct {
	Title     string
	Shortcuts []Shortcut
}

// Groups returns all shortcuts, in the groups and the order in which they are listed.
func Groups(lang i18n.Language) []Group {
	return []Group{
		{lang.Say("menu.file"), []Shortcut{
			{lang.Say("help.add_keys"), lang.Say("help.add")},
			{lang.Say("files.form_keys"), lang.Say("files.form_help")},
			{lang.Say("sheet.paste_keys"), lang.Say("sheet.paste_help")},
			{lang.Say("sheet.keys"), lang.Say("sheet.help")},
			{lang.Say("sheet.sign_keys"), lang.Say("sheet.sign_help")},
			{lang.Say("act.repeat_keys"), lang.Say("act.repeat_help")},
			{lang.Say("placement.keys"), lang.Say("placement.help")},
			{lang.Say("import.keys"), lang.Say("import.help")},
			{lang.Say("export.keys"), lang.Say("export.help")},
			{lang.Say("saving.keys"), lang.Say("saving.help")},
			{lang.Say("prefs.settings_keys"), lang.Say("prefs.settings_does")},
			{lang.Say("help.quit_keys"), lang.Say("help.quit")},
		}},
		{lang.Say("menu.request"), []Shortcut{
			{lang.Say("help.next_keys"), lang.Say("help.next")},
			{lang.Say("help.enter_keys"), lang.Say("help.enter")},
			{lang.Say("help.menu_keys"), lang.Say("help.menu")},
			{lang.Say("help.check_keys"), lang.Say("help.check")},
			{lang.Say("request.browse_keys"), lang.Say("request.browse")},
			{lang.Say("request.look_keys"), lang.Say("request.look")},
			{lang.Say("request.file_keys"), lang.Say("request.file")},
			{lang.Say("pack.keys"), lang.Say("pack.help")},
			{lang.Say("act.mail_keys"), lang.Say("act.mail_help")},
			{lang.Say("act.copy_keys"), lang.Say("act.copy_help")},
			{lang.Say("request.said_keys"), lang.Say("request.said")},
			{lang.Say("request.edit_keys"), lang.Say("request.edit_help")},
			{lang.Say("help.reopen_keys"), lang.Say("help.reopen")},
			{lang.Say("request.replace_keys"), lang.Say("request.replace_help")},
			{lang.Say("act.template_keys"), lang.Say("act.template_help")},
			{lang.Say("help.withdraw_keys"), lang.Say("help.withdraw")},
			{lang.Say("archive.keys"), lang.Say("archive.help")},
			{lang.Say("archive.back_keys"), lang.Say("archive.back_help")},
			{lang.Say("archive.all_keys"), lang.Say("archive.all_help")},
			{lang.Say("undo.keys"), lang.Say("undo.help")},
		}},
		{lang.Say("menu.view"), []Shortcut{
			{lang.Say("help.search_keys"), lang.Say("help.search")},
			{lang.Say("help.view_keys"), lang.Say("help.view")},
			{lang.Say("archive.view_keys"), lang.Say("archive.view_help")},
			{lang.Say("practice.keys"), lang.Say("practice.help")},
			{lang.Say("help.choose_keys"), lang.Say("help.choose")},
			{lang.Say("list.mark_keys"), lang.Say("list.mark")},
			{lang.Say("list.all_keys"), lang.Say("list.select_all")},
			{lang.Say("list.sign_all_keys"), lang.Say("list.sign_all_help")},
			{lang.Say("list.filter_keys"), lang.Say("list.filters_help")},
			{lang.Say("list.sort_keys"), lang.Say("list.sort_help")},
			{lang.Say("list.header_keys"), lang.Say("list.header_help")},
			{lang.Say("list.dense_keys"), lang.Say("list.dense_help")},
			{lang.Say("win.split_keys"), lang.Say("win.split")},
			{lang.Say("list.save_keys"), lang.Say("list.save_help")},
			{lang.Say("win.delete_keys"), lang.Say("win.delete_view")},
		}},
		{lang.Say("review.title"), []Shortcut{
			{lang.Say("review.keys"), lang.Say("review.keys_help")},
			{lang.Say("review.decide_keys"), lang.Say("review.decide_help")},
		}},
		{lang.Say("queue.menu"), []Shortcut{
			{lang.Say("queue.keys"), lang.Say("queue.help")},
			{lang.Say("win.clear_keys"), lang.Say("win.clear_queue")},
		}},
		{lang.Say("menu.help"), []Shortcut{
			{lang.Say("help.help_keys"), lang.Say("help.help")},
			{lang.Say("guide.keys"), lang.Say("guide.title")},
			{lang.Say("about.keys"), lang.Say("about.title")},
			{lang.Say("help.tab_keys"), lang.Say("help.tab")},
			{lang.Say("help.escape_keys"), lang.Say("help.escape")},
			{lang.Say("prefs.diagnose_keys"), lang.Say("prefs.diagnose")},
			{lang.Say("support.keys"), lang.Say("support.help")},
			{lang.Say("pdf.keys"), lang.Say("pdf.help")},
			{lang.Say("seal.keys"), lang.Say("seal.help")},
		}},
	}
}
