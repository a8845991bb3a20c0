// Package kit provides the look and the widgets of the window: theme, icons, layouts, text, buttons, fields, questions
// and sheets. It does not know the desk, the ledger or requests, so that a widget can be read and tested by itself.
//
// Methods that implement interfaces of the toolkit (Fyne), such as CreateRenderer, Tapped and TypedKey, are called by
// it and are not commented one by one. Everything here must be used on the goroutine that draws.
package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Look is the choice between light and dark colors.
type Look int

// The looks. The zero value is SystemLook.
const (
	SystemLook Look = iota // follows the system's setting
	LightLook
	DarkLook
)

// Theme returns the theme of the program: its own colors and sizes, and the toolkit's fonts and icons.
func Theme(look Look) fyne.Theme { return deskTheme{Theme: theme.DefaultTheme(), look: look} }

type deskTheme struct {
	fyne.Theme
	look Look
}

// Color returns a color of the palette, or the toolkit's if the palette has none of that name.
func (t deskTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.look {
	case LightLook:
		variant = theme.VariantLight
	case DarkLook:
		variant = theme.VariantDark
	}
	palette := lightPalette
	if variant == theme.VariantDark {
		palette = darkPalette
	}
	if c, ok := palette[name]; ok {
		return c
	}
	return t.Theme.Color(name, variant)
}

// Size returns slightly smaller sizes than the toolkit's.
func (t deskTheme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return 14
	case theme.SizeNameCaptionText:
		return 12
	case theme.SizeNameSubHeadingText:
		return 15
	case theme.SizeNameHeadingText:
		return 21
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameInputRadius, theme.SizeNameButtonRadius, theme.SizeNameSelectionRadius:
		return 7
	case theme.SizeNameSeparatorThickness, theme.SizeNameSplitThickness:
		return 1
	}
	return t.Theme.Size(name)
}

// The palette's own colors. A status has two: one for the icon and the label of its badge, and one for the background.
const (
	ColorSidebar   fyne.ThemeColorName = "countersign-sidebar"   // background of the sidebar
	ColorSurface   fyne.ThemeColorName = "countersign-surface"   // background of the list
	ColorMuted     fyne.ThemeColorName = "countersign-muted"     // less important text
	ColorRowChosen fyne.ThemeColorName = "countersign-rowchosen" // background of a chosen row

	ColorNeutral     fyne.ThemeColorName = "countersign-neutral"
	ColorNeutralBack fyne.ThemeColorName = "countersign-neutralback"
	ColorBusy        fyne.ThemeColorName = "countersign-busy"
	ColorBusyBack    fyne.ThemeColorName = "countersign-busyback"
	ColorWaiting     fyne.ThemeColorName = "countersign-waiting"
	ColorWaitingBack fyne.ThemeColorName = "countersign-waitingback"
	ColorGood        fyne.ThemeColorName = "countersign-good"
	ColorGoodBack    fyne.ThemeColorName = "countersign-goodback"
	ColorWarn        fyne.ThemeColorName = "countersign-warn"
	ColorWarnBack    fyne.ThemeColorName = "countersign-warnback"
	ColorBad         fyne.ThemeColorName = "countersign-bad"
	ColorBadBack     fyne.ThemeColorName = "countersign-badback"
	ColorOver        fyne.ThemeColorName = "countersign-over"
	ColorOverBack    fyne.ThemeColorName = "countersign-overback"
)

type palette map[fyne.ThemeColorName]color.Color

func rgb(hex uint32) color.Color { return rgba(hex, 0xff) }

func rgba(hex uint32, alpha uint8) color.Color {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: alpha} // #nosec G115 -- each byte of the color by itself
}

var lightPalette = palette{
	theme.ColorNameBackground:          rgb(0xf6f7f4),
	theme.ColorNameForeground:          rgb(0x1c2b2d),
	theme.ColorNamePrimary:             rgb(0x0f6b5c),
	theme.ColorNameHyperlink:           rgb(0x0f6b5c),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameButton:              rgb(0xdfe5df),
	theme.ColorNameDisabledButton:      rgb(0xeef0ed),
	theme.ColorNameDisabled:            rgb(0x526063),
	theme.ColorNamePlaceHolder:         rgb(0x5a686b),
	theme.ColorNameHover:               rgba(0x1c2b2d, 0x10),
	theme.ColorNamePressed:             rgba(0x1c2b2d, 0x22),
	theme.ColorNameFocus:               rgba(0x0f6b5c, 0x38),
	theme.ColorNameSelection:           rgb(0xd9e9e4),
	theme.ColorNameInputBackground:     rgb(0xffffff),
	theme.ColorNameInputBorder:         rgb(0x7f8a84),
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xfcfdfb),
	theme.ColorNameHeaderBackground:    rgb(0xeef1ec),
	theme.ColorNameSeparator:           rgb(0xdde2dc),
	theme.ColorNameScrollBar:           rgba(0x1c2b2d, 0x66),
	theme.ColorNameScrollBarBackground: rgba(0x1c2b2d, 0x0c),
	theme.ColorNameShadow:              rgba(0x1c2b2d, 0x40),
	theme.ColorNameError:               rgb(0xa32218),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameSuccess:             rgb(0x1d6b34),
	theme.ColorNameForegroundOnSuccess: rgb(0xffffff),
	theme.ColorNameWarning:             rgb(0x7d4e00),
	theme.ColorNameForegroundOnWarning: rgb(0xffffff),

	ColorSidebar:     rgb(0xebeeea),
	ColorSurface:     rgb(0xfcfdfb),
	ColorMuted:       rgb(0x566467),
	ColorRowChosen:   rgb(0xdfece7),
	ColorNeutral:     rgb(0x2f4750),
	ColorNeutralBack: rgb(0xd3dee3),
	ColorBusy:        rgb(0x1c4e8a),
	ColorBusyBack:    rgb(0xdbe7f6),
	ColorWaiting:     rgb(0x563a8c),
	ColorWaitingBack: rgb(0xe9e2f6),
	ColorGood:        rgb(0x17613a),
	ColorGoodBack:    rgb(0xd8eedd),
	ColorWarn:        rgb(0x744700),
	ColorWarnBack:    rgb(0xfaeac8),
	ColorBad:         rgb(0x9a1f16),
	ColorBadBack:     rgb(0xfae0dd),
	ColorOver:        rgb(0x4f5b5e),
	ColorOverBack:    rgb(0xdce1de),
}

var darkPalette = palette{
	theme.ColorNameBackground:          rgb(0x12191a),
	theme.ColorNameForeground:          rgb(0xe4ebe8),
	theme.ColorNamePrimary:             rgb(0x5fc9b2),
	theme.ColorNameHyperlink:           rgb(0x5fc9b2),
	theme.ColorNameForegroundOnPrimary: rgb(0x08211c),
	theme.ColorNameButton:              rgb(0x263234),
	theme.ColorNameDisabledButton:      rgb(0x1b2526),
	theme.ColorNameDisabled:            rgb(0xa3b1b1),
	theme.ColorNamePlaceHolder:         rgb(0x8d9c9d),
	theme.ColorNameHover:               rgba(0xffffff, 0x10),
	theme.ColorNamePressed:             rgba(0xffffff, 0x22),
	theme.ColorNameFocus:               rgba(0x5fc9b2, 0x30),
	theme.ColorNameSelection:           rgb(0x1e3a36),
	theme.ColorNameInputBackground:     rgb(0x1b2526),
	theme.ColorNameInputBorder:         rgb(0x627577),
	theme.ColorNameMenuBackground:      rgb(0x1b2526),
	theme.ColorNameOverlayBackground:   rgb(0x1b2526),
	theme.ColorNameHeaderBackground:    rgb(0x1b2526),
	theme.ColorNameSeparator:           rgb(0x2a3638),
	theme.ColorNameScrollBar:           rgba(0xffffff, 0x66),
	theme.ColorNameScrollBarBackground: rgba(0xffffff, 0x0c),
	theme.ColorNameShadow:              rgba(0x000000, 0x88),
	theme.ColorNameError:               rgb(0xf2938a),
	theme.ColorNameForegroundOnError:   rgb(0x2b0a07),
	theme.ColorNameSuccess:             rgb(0x7fd39a),
	theme.ColorNameForegroundOnSuccess: rgb(0x06210f),
	theme.ColorNameWarning:             rgb(0xe6b65c),
	theme.ColorNameForegroundOnWarning: rgb(0x2a1b00),

	ColorSidebar:     rgb(0x0e1415),
	ColorSurface:     rgb(0x161f20),
	ColorMuted:       rgb(0x96a5a5),
	ColorRowChosen:   rgb(0x203634),
	ColorNeutral:     rgb(0xc3d3d8),
	ColorNeutralBack: rgb(0x2a373b),
	ColorBusy:        rgb(0x9cc6f7),
	ColorBusyBack:    rgb(0x1c3350),
	ColorWaiting:     rgb(0xcdb6f5),
	ColorWaitingBack: rgb(0x352a52),
	ColorGood:        rgb(0x86d8a0),
	ColorGoodBack:    rgb(0x173824),
	ColorWarn:        rgb(0xecc071),
	ColorWarnBack:    rgb(0x3d2e10),
	ColorBad:         rgb(0xf5a199),
	ColorBadBack:     rgb(0x47201d),
	ColorOver:        rgb(0xb0bcbc),
	ColorOverBack:    rgb(0x2b3436),
}

// ColorOf returns a color of the theme that applies to w, which may override the program's.
func ColorOf(w fyne.Widget, name fyne.ThemeColorName) color.Color {
	return theme.ColorForWidget(name, w)
}
