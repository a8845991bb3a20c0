package ui

import (
	"encoding/xml"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// enough is the contrast that WCAG 2 asks for words of ordinary size.
const enough = 4.5

func TestWordsStandOutFromWhatIsBehindThem(t *testing.T) {
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorSidebar, kit.ColorSurface, kit.ColorRowChosen, theme.ColorNameSelection, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground}
	type pair struct{ ink, ground fyne.ThemeColorName }
	var pairs []pair
	for _, g := range grounds {
		for _, ink := range []fyne.ThemeColorName{theme.ColorNameForeground, kit.ColorMuted, theme.ColorNamePrimary, theme.ColorNameError} {
			pairs = append(pairs, pair{ink, g})
		}
	}
	for _, g := range []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorSurface, kit.ColorRowChosen} {
		pairs = append(pairs, pair{kit.ColorGood, g}, pair{kit.ColorWarn, g}, pair{kit.ColorBad, g})
	}
	for _, s := range request.Statuses() {
		m := statusMark(i18n.English, request.Request{Status: s})
		pairs = append(pairs, pair{m.Color, m.Back})
	}
	pairs = append(pairs,
		pair{kit.ColorWaiting, kit.ColorWaitingPill}, pair{kit.ColorBad, kit.ColorBadPill}, pair{kit.ColorBusy, kit.ColorBusyPill}, pair{kit.ColorWarn, kit.ColorWarnPill},
		pair{theme.ColorNameForeground, kit.ColorOverPill}, pair{theme.ColorNameForeground, theme.ColorNameButton},
		pair{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary}, pair{theme.ColorNameForegroundOnError, theme.ColorNameError},
		pair{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess}, pair{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning},
		pair{theme.ColorNameDisabled, theme.ColorNameDisabledButton}, pair{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground},
		pair{theme.ColorNameForeground, theme.ColorNameInputBackground},
	)
	for _, look := range []kit.Look{kit.LightLook, kit.DarkLook} {
		th := kit.Theme(look)
		for _, p := range pairs {
			if got := contrast(th.Color(p.ink, 0), th.Color(p.ground, 0)); got < enough {
				t.Errorf("look %d: %s on %s has a contrast of %.2f", look, p.ink, p.ground, got)
			}
		}
		// What the toolkit lays over a button must not drown its words.
		for _, over := range []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNameFocus} {
			for ink, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
				theme.ColorNameForeground: theme.ColorNameButton, theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary,
			} {
				if got := contrast(th.Color(ink, 0), laid(th.Color(over, 0), th.Color(ground, 0))); got < enough {
					t.Errorf("look %d: %s on %s under %s has a contrast of %.2f", look, ink, ground, over, got)
				}
			}
		}
	}
}

func laid(over, under color.Color) color.Color {
	o, u := color.NRGBAModel.Convert(over).(color.NRGBA), color.NRGBAModel.Convert(under).(color.NRGBA)
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(o.A) + int(b)*(255-int(o.A))) / 255) }
	return color.NRGBA{mix(o.R, u.R), mix(o.G, u.G), mix(o.B, u.B), 255}
}

// contrast is the ratio that WCAG 2 defines.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestTheIconsOfActionsAreDrawings(t *testing.T) {
	test.NewTempApp(t)
	for a := actSign; a <= actStop; a++ {
		drawing := kit.NewIcon(a.icon(), theme.ColorNameForeground, 10).Resource
		if err := xml.Unmarshal(drawing.Content(), new(struct{})); err != nil || a.icon() == "" {
			t.Errorf("the icon of action %d: %v", a, err)
		}
	}
}

func TestARowIsRedrawnForAnotherModelOnly(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(kit.Theme(kit.LightLook))
	m := newRowModel(i18n.English, request.Request{ID: "1", Title: "A title that is much too long for its row", Status: request.Pending, Gateway: "office", UpdatedAt: noon}, true, noon, desk.Patience{})
	r := newRow(i18n.English, newTable(i18n.English))
	r.Resize(fyne.NewSize(300, rowHeight))
	r.set(rowLook{model: m})
	renderer := test.WidgetRenderer(r).(*rowRenderer)
	if renderer.title.Text == m.title || renderer.title.MinSize().Width > 200 {
		t.Errorf("the title is not shortened: %q", renderer.title.Text)
	}
	renderer.title.Text = "touched"
	r.set(rowLook{model: m})
	if renderer.title.Text != "touched" {
		t.Error("the same model was drawn again")
	}
	r.set(rowLook{model: m, chosen: true, focused: true})
	if renderer.title.Text == "touched" || !renderer.ground.Visible() || !renderer.ring.Visible() {
		t.Error("a chosen row does not look chosen")
	}
}
