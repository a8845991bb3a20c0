package kit

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Icon is a line drawing: SVG shapes on a square of 24 by 24 units. The empty icon draws nothing.
type Icon string

// The drawings. Shapes are outlined; those of the class "dot" are filled.
const (
	IconPen      Icon = `<path d="M4 20l1-5L16 4l4 4L9 19z"/><path d="M13 7l4 4"/>`
	IconLock     Icon = `<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8c0-5 8-5 8 0v3"/>`
	IconGlobe    Icon = `<circle cx="12" cy="12" r="9"/><ellipse cx="12" cy="12" rx="4" ry="9"/><path d="M3 12h18"/>`
	IconClock    Icon = `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l4 2"/>`
	IconCheck    Icon = `<circle cx="12" cy="12" r="9"/><path d="M8 12l3 3 5-6"/>`
	IconCross    Icon = `<circle cx="12" cy="12" r="9"/><path d="M9 9l6 6"/><path d="M15 9l-6 6"/>`
	IconDash     Icon = `<circle cx="12" cy="12" r="9"/><path d="M8 12h8"/>`
	IconWarning  Icon = `<path d="M12 3L22 20H2z"/><path d="M12 9v5"/><circle class="dot" cx="12" cy="17" r="1.2"/>`
	IconQuestion Icon = `<circle cx="12" cy="12" r="9"/><path d="M9 10c0-4 6-4 6 0c0 2-3 2-3 4"/><circle class="dot" cx="12" cy="17" r="1.2"/>`
	IconBack     Icon = `<path d="M8 5L3 10l5 5"/><path d="M3 10h11c4 0 7 2 7 5s-3 5-7 5h-3"/>`
	IconHalf     Icon = `<circle cx="12" cy="12" r="9"/><path class="dot" d="M12 3c12 0 12 18 0 18z"/>`
	IconList     Icon = `<path d="M9 6h12"/><path d="M9 12h12"/><path d="M9 18h12"/><circle class="dot" cx="4" cy="6" r="1.5"/><circle class="dot" cx="4" cy="12" r="1.5"/><circle class="dot" cx="4" cy="18" r="1.5"/>`
	IconGateway  Icon = `<rect x="3" y="4" width="18" height="7" rx="2"/><rect x="3" y="13" width="18" height="7" rx="2"/><circle class="dot" cx="7" cy="7.5" r="1.2"/><circle class="dot" cx="7" cy="16.5" r="1.2"/>`
	IconOffice   Icon = `<rect x="9" y="3" width="6" height="6" rx="1"/><rect x="3" y="15" width="6" height="6" rx="1"/><rect x="15" y="15" width="6" height="6" rx="1"/><path d="M12 9v3"/><path d="M6 15v-3h12v3"/>`
	IconFile     Icon = `<path d="M6 3h8l5 5v13H6z"/><path d="M14 3v5h5"/>`
	IconFolder   Icon = `<path d="M3 6h6l2 3h10v10H3z"/>`
	IconArchive  Icon = `<path d="M3 4h18v5H3z"/><path d="M5 9v11h14V9"/><path d="M10 13h4"/>`
	IconProof    Icon = `<path d="M6 3h8l5 5v13H6z"/><path d="M14 3v5h5"/><path d="M9 15l2 2 4-5"/>`
	IconPlus     Icon = `<path d="M12 5v14"/><path d="M5 12h14"/>`
	IconAgain    Icon = `<path d="M20 12c0 4-3 8-8 8s-8-4-8-8 3-8 8-8c3 0 5 1 7 4"/><path d="M20 3v5h-5"/>`
	IconOut      Icon = `<path d="M18 13v7H4V6h7"/><path d="M14 4h6v6"/><path d="M11 13l9-9"/>`
	IconCopy     Icon = `<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15H4V4h11v1"/>`
	IconClose    Icon = `<path d="M6 6l12 12"/><path d="M18 6L6 18"/>`
	IconSearch   Icon = `<circle cx="11" cy="11" r="7"/><path d="M16 16l5 5"/>`
	IconInfo     Icon = `<circle cx="12" cy="12" r="9"/><path d="M12 11v6"/><circle class="dot" cx="12" cy="7.5" r="1.2"/>`
	IconDrop     Icon = `<path d="M12 3v11"/><path d="M7 9l5 5 5-5"/><path d="M4 16v4h16v-4"/>`
	IconExport   Icon = `<path d="M12 15V4"/><path d="M7 8l5-5 5 5"/><path d="M4 16v4h16v-4"/>`
	IconDay      Icon = `<rect x="3" y="5" width="18" height="16" rx="2"/><path d="M3 10h18"/><path d="M8 2v5"/><path d="M16 2v5"/>`
	IconFlag     Icon = `<path d="M5 21V4"/><path d="M5 4h13l-3 4 3 4H5"/>`
	IconColumns  Icon = `<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M9 4v16"/><path d="M15 4v16"/>`
	IconFunnel   Icon = `<path d="M3 5h18l-7 8v7l-4-3v-4z"/>`
	IconUp       Icon = `<path d="M5 15l7-7 7 7"/>`
	IconMinus    Icon = `<path d="M5 12h14"/>`
	IconDown     Icon = `<path d="M5 9l7 7 7-7"/>`
	IconChart    Icon = `<path d="M3 21h18"/><path d="M6 21v-7"/><path d="M12 21V5"/><path d="M18 21V10"/>`
	IconGear     Icon = `<circle cx="12" cy="12" r="3"/><circle cx="12" cy="12" r="7"/><path d="M12 2v3"/><path d="M12 19v3"/><path d="M2 12h3"/><path d="M19 12h3"/><path d="M5 5l2 2"/><path d="M17 17l2 2"/><path d="M19 5l-2 2"/><path d="M7 17l-2 2"/>`
	IconStop     Icon = `<rect x="6" y="6" width="12" height="12" rx="2"/>`
	IconBox      Icon = `<rect x="4" y="4" width="16" height="16" rx="3"/>`
	IconTicked   Icon = `<rect x="4" y="4" width="16" height="16" rx="3"/><path d="M8 12l3 3 5-6"/>`
	IconPause    Icon = `<path d="M9 6v12"/><path d="M15 6v12"/>`
	IconPlay     Icon = `<path d="M8 5l11 7-11 7z"/>`
	IconSkip     Icon = `<path d="M6 5l9 7-9 7z"/><path d="M18 5v14"/>`
)

// themedIcon is an icon as a resource in a color of the theme. The toolkit's own themed resources color filled shapes
// only.
type themedIcon struct {
	icon  Icon
	color fyne.ThemeColorName
}

// Name returns a name that differs for every drawing and color, because the toolkit caches images by name.
func (t themedIcon) Name() string {
	return fmt.Sprintf("countersign-%x-%s.svg", fnv32a(string(t.icon)), t.hex())
}

// Content returns the drawing as SVG in the theme's current color.
func (t themedIcon) Content() []byte {
	line := fmt.Sprintf(`fill="none" stroke="%s" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`, t.hex())
	dot := fmt.Sprintf(`fill="%s"`, t.hex())
	var body strings.Builder
	for shape := range strings.SplitSeq(string(t.icon), "/>") {
		if shape == "" {
			continue
		}
		style := line
		if strings.Contains(shape, `class="dot"`) {
			style = dot
		}
		body.WriteString(strings.Replace(shape, ` class="dot"`, "", 1) + " " + style + "/>")
	}
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + body.String() + `</svg>`)
}

func (t themedIcon) hex() string {
	r, g, b, _ := theme.Color(t.color).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// fnv32a returns the FNV-1a hash of a string.
func fnv32a(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// NewIcon returns an image of an icon with a fixed width and height.
func NewIcon(i Icon, color fyne.ThemeColorName, size float32) *canvas.Image {
	image := canvas.NewImageFromResource(themedIcon{i, color})
	image.FillMode = canvas.ImageFillContain
	image.SetMinSize(fyne.NewSquareSize(size))
	return image
}

// SetIcon changes the icon and the color of an image, and redraws if one of them differs.
func SetIcon(image *canvas.Image, i Icon, color fyne.ThemeColorName) {
	if want := (themedIcon{i, color}); image.Resource != want {
		image.Resource = want
		image.Refresh()
	}
}
