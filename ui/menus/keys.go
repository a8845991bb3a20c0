package menus

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

// ShortcutOf returns the shortcut of an item, also after [LabelKeys]; nil if it has none.
func ShortcutOf(item *fyne.MenuItem) fyne.Shortcut {
	if hidden, ok := item.Shortcut.(hiddenKeys); ok {
		return hidden.Shortcut
	}
	return item.Shortcut
}

// menuGap is the shortest distance between a label of a menu and its keys.
const menuGap = 28

// LabelKeys writes the keys of each item of a menu behind its label, in a column of their own. On a Mac it does nothing: the
// system shows them by itself.
func LabelKeys(lang i18n.Language, m *fyne.Menu) {
	if runtime.GOOS == "darwin" {
		return
	}
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
