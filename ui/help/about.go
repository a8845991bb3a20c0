package help

import (
	"strings"
	"sync"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/about"
	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/lines"
)

// About shows which version of the program this is, and the licenses of what is built in.
type About struct {
	Lang   i18n.Language
	Modals *kit.Modals
	Pass   kit.KeyHandler    // called with the keys that are not handled
	Copy   func(text string) // copies a text to the clipboard
}

// Show opens the version. It does nothing while another modal is open.
func (a About) Show() {
	said := kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(a.Lang.Say("about.text"))
	version := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(about.Describe())
	copied := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(a.Lang.Say("about.copy_help"))
	closing := kit.NewButton(a.Lang.Say("help.close"), "", widget.MediumImportance, a.Pass, a.Modals.Close)
	button := kit.NewButton(a.Lang.Say("about.copy"), kit.IconCopy, widget.MediumImportance, a.Pass, func() {
		a.Copy(about.Describe())
		copied.Set(a.Lang.Say("prefs.copied"))
	})
	licenses := kit.NewButton(a.Lang.Say("about.licenses"), "", widget.MediumImportance, a.Pass, func() {
		a.Modals.Close()
		a.showLicenses()
	})
	a.Modals.Open(a.Lang.Say("about.title"), container.New(kit.Column(8), version, said, copied), closing, button, licenses, closing)
}

const (
	licenseWidth   = 780
	licenseColumns = 96  // characters of a line
	licenseHeight  = 480 // at most
	outsideList    = 150 // of the window, above and below the list
)

// licenseLines returns the lines of all licenses. Long ones are broken.
var licenseLines = sync.OnceValue(func() []string {
	var broken []string
	for line := range strings.Lines(about.Notices()) {
		broken = append(broken, lines.Break(strings.TrimRight(line, "\n"), licenseColumns)...)
	}
	return broken
})

// showLicenses opens the licenses.
func (a About) showLicenses() {
	width := min(licenseWidth, a.Modals.Size().Width-60)
	list := lines.New(licenseLines(), width, min(licenseHeight, max(a.Modals.Size().Height-outsideList, 0)))
	closing := kit.NewButton(a.Lang.Say("help.close"), "", widget.MediumImportance, a.Pass, a.Modals.Close)
	closing.Pass = list.Pass(a.Pass)
	a.Modals.OpenWide(width, a.Lang.Say("about.licenses_title"), list.Root, closing, closing)
}
