package ui

import (
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
)

// hiddenKeys is a shortcut that the toolkit handles and does not draw. It would draw the keys in a fifth of the color of the text,
// which is too faint to be read, so they are a part of the label.
type hiddenKeys struct{ fyne.Shortcut }

// menuGap is the shortest distance between a label of a menu and its keys.
const menuGap = 28

// labelKeys writes the keys of each item behind its label, in a column of their own. The system's own menu of a Mac shows keys by
// itself.
func labelKeys(lang i18n.Language, menu *fyne.MainMenu) {
	if runtime.GOOS == "darwin" {
		return
	}
	for _, m := range menu.Items {
		labelKeysOf(lang, m)
	}
}

func labelKeysOf(lang i18n.Language, m *fyne.Menu) {
	width := func(s string) float32 { return fyne.MeasureText(s, theme.TextSize(), fyne.TextStyle{}).Width }
	var labels, keys float32
	for _, item := range m.Items {
		labels, keys = max(labels, width(item.Label)), max(keys, width(keysText(lang, item.Shortcut)))
	}
	for _, item := range m.Items {
		text := keysText(lang, item.Shortcut)
		if text == "" {
			continue
		}
		room := labels + menuGap + keys - width(item.Label) - width(text)
		item.Label += strings.Repeat(" ", int(room/width(" ")+0.5)) + text
		item.Shortcut = hiddenKeys{item.Shortcut}
	}
}

// keysText returns the keys of a shortcut in a language; empty for nil and for a shortcut without keys.
func keysText(lang i18n.Language, s fyne.Shortcut) string {
	shortcut, ok := s.(fyne.KeyboardShortcut)
	if !ok {
		return ""
	}
	text := ""
	if shortcut.Mod()&fyne.KeyModifierShortcutDefault != 0 {
		text += lang.Say("keys.ctrl") + "+"
	}
	if shortcut.Mod()&fyne.KeyModifierShift != 0 {
		text += lang.Say("keys.shift") + "+"
	}
	switch key := shortcut.Key(); key {
	case fyne.KeyReturn:
		return text + lang.Say("keys.enter")
	case fyne.KeyDelete:
		return text + lang.Say("keys.delete")
	case fyne.KeyEscape:
		return text + lang.Say("keys.escape")
	default:
		return text + string(key)
	}
}
