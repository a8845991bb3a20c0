package help

import (
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/about"
	"countersign/core/i18n"
	"countersign/ui/kit"
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
	var lines []string
	for line := range strings.Lines(about.Notices()) {
		lines = append(lines, wrap(strings.TrimRight(line, "\n"), licenseColumns)...)
	}
	return lines
})

// wrap breaks a line at blanks into lines of at most limit bytes, as far as its words allow.
func wrap(line string, limit int) []string {
	var lines []string
	for len(line) > limit {
		at := strings.LastIndexByte(line[:limit+1], ' ')
		if at <= 0 {
			break
		}
		lines, line = append(lines, line[:at]), line[at+1:]
	}
	return append(lines, line)
}

// showLicenses opens the licenses. Only the lines that are visible are drawn.
func (a About) showLicenses() {
	lines := licenseLines()
	list := widget.NewList(func() int { return len(lines) }, func() fyne.CanvasObject {
		text := canvas.NewText("", theme.Color(theme.ColorNameForeground))
		text.TextSize, text.TextStyle = theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{Monospace: true}
		return text
	}, func(i int, o fyne.CanvasObject) {
		text := o.(*canvas.Text)
		text.Text, text.Color = lines[i], theme.Color(theme.ColorNameForeground)
		text.Refresh()
	})
	list.HideSeparators = true
	height := min(licenseHeight, max(a.Modals.Size().Height-outsideList, 0))
	width := min(licenseWidth, a.Modals.Size().Width-60)
	closing := kit.NewButton(a.Lang.Say("help.close"), "", widget.MediumImportance, a.Pass, a.Modals.Close)
	closing.Pass = func(key *fyne.KeyEvent) {
		switch key.Name {
		case fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd:
			list.ScrollToOffset(scrolled(list.GetScrollOffset(), height, key.Name))
		default:
			a.Pass(key)
		}
	}
	a.Modals.OpenWide(width, a.Lang.Say("about.licenses_title"), container.New(kit.MinSize(width, height), list), closing, closing)
}

// scrolled returns where a list scrolls to from an offset when a key is pressed. page is its height.
func scrolled(offset, page float32, key fyne.KeyName) float32 {
	const line, end = 60, 1e6
	switch key {
	case fyne.KeyDown:
		return offset + line
	case fyne.KeyUp:
		return max(offset-line, 0)
	case fyne.KeyPageDown:
		return offset + page
	case fyne.KeyPageUp:
		return max(offset-page, 0)
	case fyne.KeyEnd:
		return end
	}
	return 0
}
