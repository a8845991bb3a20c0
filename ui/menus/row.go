package menus

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// ForOne returns the menu of one request. Actions that are not possible are gray, and the rarer ones of them are left out.
// While the request is busy, only the actions that run beside others are possible. The function do is called with the
// action that was chosen, also with a gray one that was chosen by key.
func ForOne(lang i18n.Language, p status.Possible, busy bool, do func(status.Action)) *fyne.Menu {
	return newMenu(lang, status.Sections(), func(a status.Action) *fyne.MenuItem {
		item := kit.NewMenuItem(a.Label(lang), func() { do(a) })
		item.Disabled = !p.Allows(a) || busy && !status.RunsBeside(a)
		if item.Shortcut = a.Keys(); item.Shortcut == nil && a == p.Next {
			item.Shortcut = kit.Ctrl(fyne.KeyReturn)
		}
		if a.IsRare() && !p.Allows(a) {
			return nil
		}
		return item
	})
}

// ForMany returns the menu of several selected requests. Each label says on how many of them the action is carried out,
// which the function count returns; a negative number is not known yet. While the selection is busy, nothing is possible.
func ForMany(lang i18n.Language, selected int, busy bool, count func(status.Action) int, do func(status.Action)) *fyne.Menu {
	return newMenu(lang, status.ManySections(), func(a status.Action) *fyne.MenuItem {
		n := count(a)
		item := kit.NewMenuItem(a.ManyLabel(lang, max(n, 0), selected), func() { do(a) })
		item.Shortcut = a.ManyKeys()
		item.Disabled = busy || n == 0
		if a.IsRare() && n == 0 {
			return nil
		}
		return item
	})
}

// newMenu returns a menu of actions in sections. The function newItem returns nil for an action that is left out.
func newMenu(lang i18n.Language, sections [][]status.Action, newItem func(status.Action) *fyne.MenuItem) *fyne.Menu {
	m := fyne.NewMenu("")
	for _, section := range sections {
		before := len(m.Items)
		for _, a := range section {
			item := newItem(a)
			if item == nil {
				continue
			}
			if len(m.Items) == before && before > 0 {
				m.Items = append(m.Items, fyne.NewMenuItemSeparator())
			}
			m.Items = append(m.Items, item)
		}
	}
	LabelKeys(lang, m)
	return m
}

// Show opens a menu at a position of a canvas.
func Show(m *fyne.Menu, c fyne.Canvas, at fyne.Position) {
	widget.NewPopUpMenu(m, c).ShowAtPosition(at)
}
