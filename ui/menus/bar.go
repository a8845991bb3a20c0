// Package menus has the menus of the window: the main menu, whose items are gray while they do nothing, and the menus of
// rows. What the items do is not decided here.
package menus

import (
	"runtime"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
)

// Bar is a main menu with items that are disabled while they do nothing. It must be used on the drawing goroutine.
type Bar struct {
	lang       i18n.Language
	menu       *fyne.MainMenu
	conditions []condition
}

// condition reports whether an item does something.
type condition struct {
	item    *fyne.MenuItem
	enabled func() bool
}

// NewBar returns a bar without menus.
func NewBar(lang i18n.Language) *Bar { return &Bar{lang: lang, menu: fyne.NewMainMenu()} }

// When returns the item, and disables it at each [Bar.Update] at which the function enabled returns false.
func (b *Bar) When(enabled func() bool, item *fyne.MenuItem) *fyne.MenuItem {
	b.conditions = append(b.conditions, condition{item, enabled})
	return item
}

// Build puts menus into the bar, and writes the keys of their items behind the labels.
func (b *Bar) Build(menus ...*fyne.Menu) {
	b.menu.Items = menus
	for _, m := range menus {
		LabelKeys(b.lang, m)
	}
}

// Menu returns the main menu, for a window.
func (b *Bar) Menu() *fyne.MainMenu { return b.menu }

// Update enables and disables the items. It is cheap: the toolkit draws a menu anew whenever that is opened, so nothing is
// drawn here, except for the menus of a Mac, which belong to the system and are replaced when an item changes.
func (b *Bar) Update() {
	changed := false
	for _, c := range b.conditions {
		if disabled := !c.enabled(); c.item.Disabled != disabled {
			c.item.Disabled, changed = disabled, true
		}
	}
	if changed && runtime.GOOS == "darwin" {
		b.menu.Refresh()
	}
}
