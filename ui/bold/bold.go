// Package bold makes letters bold for which the program's bold font has no shape. The toolkit takes such letters from a font of the system,
// and always from a regular one, so that the title of a request in Arabic or Chinese would not stand out. A text with such letters
// is drawn twice, the second time a little to the right, as browsers do where a font has no bold face. This package finds no fonts.
package bold

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// offsetShare is how far to the right the second drawing is, as a share of the size of the text. It is about one pixel.
const offsetShare = 1.0 / 24

// lacks reports whether the program's bold font has no shape for a letter: it has Latin, Greek and Cyrillic.
func lacks(r rune) bool {
	return r >= 0x0590 && unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Common)
}

// Stroke sets up over, which is drawn after t, as the second drawing of t. It hides over if t needs none.
func Stroke(over, t *canvas.Text) {
	over.Hidden = !t.TextStyle.Bold || !strings.ContainsFunc(t.Text, lacks)
	if over.Hidden {
		return
	}
	over.Text, over.Color, over.TextSize, over.TextStyle = t.Text, t.Color, t.TextSize, t.TextStyle
	over.Resize(t.Size())
	over.Move(t.Position().Add(fyne.NewDelta(t.TextSize*offsetShare, 0)))
}
