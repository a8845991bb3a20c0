package list

import (
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

// showEmpty shows why the list is empty and what to do first. The parameter filtered means that filters are set, and
// nothingAtAll that the desk has no request.
func showEmpty(e *kit.EmptyState, lang i18n.Language, v View, search string, filtered, nothingAtAll bool) {
	e.ShowBelow(filtered && !nothingAtAll)
	switch {
	case filtered && !nothingAtAll:
		e.Set(kit.IconFunnel, kit.ColorMuted, lang.Say("list.empty_filtered"), lang.Say("list.empty_filtered_text"))
	case search != "":
		e.Set(kit.IconSearch, kit.ColorMuted, lang.Say("empty.found", search), lang.Say("empty.found_text"))
	case nothingAtAll:
		e.Set(kit.IconDrop, theme.ColorNamePrimary, lang.Say("empty.all"), lang.Say("empty.all_text"))
	default:
		e.Set(v.Icon, kit.ColorMuted, v.EmptyTitle, v.EmptyText)
	}
}
