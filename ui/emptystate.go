package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
)

// emptyState says what to do first where there is nothing to list.
type emptyState struct {
	icon        *canvas.Image
	title, text *text
	below       *fyne.Container // what can be done
	root        *fyne.Container
}

// newEmptyState makes one that begins at a height.
func newEmptyState(top float32) *emptyState {
	e := &emptyState{
		icon:  newIcon(iconDrop, colorMuted, 40),
		title: newBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground),
		text:  newText(theme.SizeNameText, colorMuted),
	}
	e.below = container.NewHBox()
	e.below.Hide()
	e.root = container.New(inset{26, top}, container.New(column{gap: 10}, container.New(inset{-5, 0}, container.NewHBox(e.icon)), e.title, e.text, e.below))
	return e
}

func (e *emptyState) show(lang i18n.Language, v view, search string, filtered, nothingAtAll bool) {
	setHidden(e.below, !filtered || nothingAtAll || len(e.below.Objects) == 0)
	switch {
	case filtered && !nothingAtAll:
		setIcon(e.icon, iconFunnel, colorMuted)
		e.title.set(lang.Say("list.empty_filtered"))
		e.text.set(lang.Say("list.empty_filtered_text"))
	case search != "":
		setIcon(e.icon, iconSearch, colorMuted)
		e.title.set(lang.Say("empty.found", search))
		e.text.set(lang.Say("empty.found_text"))
	case nothingAtAll:
		setIcon(e.icon, iconDrop, theme.ColorNamePrimary)
		e.title.set(lang.Say("empty.all"))
		e.text.set(lang.Say("empty.all_text"))
	default:
		setIcon(e.icon, v.icon, colorMuted)
		e.title.set(v.emptyTitle)
		e.text.set(v.emptyText)
	}
}
