package kit

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/bidi"
	"countersign/ui/bold"
)

// Text is plain text that wraps between words, or ends in an ellipsis after MaxLines lines. Its minimum height depends
// on the width it was given; see [Column].
type Text struct {
	widget.BaseWidget
	content  string
	Style    fyne.TextStyle
	size     fyne.ThemeSizeName
	color    fyne.ThemeColorName
	MaxLines int // zero for no limit

	lines []string // content, broken to width; nil when outdated
	width float32
}

// NewText returns an empty text in a size and a color of the theme.
func NewText(size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := &Text{size: size, color: color}
	t.ExtendBaseWidget(t)
	return t
}

// NewBoldText is [NewText] in bold.
func NewBoldText(size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := NewText(size, color)
	t.Style.Bold = true
	return t
}

// Set changes the content and returns t. Empty content hides the text, other content shows it.
func (t *Text) Set(content string) *Text {
	if t.content == content && t.Hidden == (content == "") {
		return t
	}
	t.content, t.Hidden = content, content == ""
	t.lines = nil
	t.Refresh()
	return t
}

// Value returns the whole content, whether it is cut off or not.
func (t *Text) Value() string { return t.content }

// LineWidth returns the width of the content on a single line.
func (t *Text) LineWidth() float32 { return t.measure(t.content) }

// SetColor changes the color and returns t.
func (t *Text) SetColor(name fyne.ThemeColorName) *Text {
	if t.color != name {
		t.color = name
		t.Refresh()
	}
	return t
}

// Resize breaks the lines anew when the width changes.
func (t *Text) Resize(size fyne.Size) {
	if size.Width != t.width {
		t.width, t.lines = size.Width, nil
		t.Refresh()
	}
	t.BaseWidget.Resize(size)
}

func (t *Text) CreateRenderer() fyne.WidgetRenderer { return &textRenderer{text: t} }

func (t *Text) brokenLines() []string {
	if t.lines == nil {
		t.lines = breakLines(t.content, t.width, t.MaxLines, t.measure)
	}
	return t.lines
}

func (t *Text) measure(s string) float32 {
	return fyne.MeasureText(s, t.Theme().Size(t.size), t.Style).Width
}

type textRenderer struct {
	text  *Text
	lines []fyne.CanvasObject // each followed by its second drawing; see [bold.Stroke]
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) Objects() []fyne.CanvasObject { return r.lines }

func (r *textRenderer) lineHeight() float32 {
	return fyne.MeasureText("Åg", r.text.Theme().Size(r.text.size), r.text.Style).Height
}

func (r *textRenderer) MinSize() fyne.Size {
	return fyne.NewSize(24, float32(len(r.text.brokenLines()))*r.lineHeight())
}

func (r *textRenderer) Layout(size fyne.Size) {
	height := r.lineHeight()
	for i := 0; i < len(r.lines); i += 2 {
		line, over := r.lines[i].(*canvas.Text), r.lines[i+1].(*canvas.Text)
		line.Move(fyne.NewPos(0, float32(i/2)*height))
		line.Resize(fyne.NewSize(size.Width, height))
		bold.Stroke(over, line)
	}
}

func (r *textRenderer) Refresh() {
	t := r.text
	t.lines = nil
	lines := t.brokenLines()
	r.lines = r.lines[:0]
	for _, words := range lines {
		line := canvas.NewText(bidi.VisualOrder(words), ColorOf(t, t.color))
		line.TextSize, line.TextStyle = t.Theme().Size(t.size), t.Style
		over := canvas.NewText("", nil)
		over.Hide()
		r.lines = append(r.lines, line, over)
	}
	r.Layout(t.Size())
	canvas.Refresh(t)
}

// breakLines breaks text into lines no wider than width. A word that is too long for a line is broken between letters.
// With maxLines above zero, the last line allowed ends in an ellipsis if text is left over.
func breakLines(text string, width float32, maxLines int, measure func(string) float32) []string {
	if width <= 0 {
		return []string{text} // not laid out yet
	}
	var lines []string
	space := measure(" ")
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, used := "", float32(0)
		for word := range strings.FieldsFuncSeq(paragraph, isBreak) {
			needs := measure(word)
			if line != "" && used+space+needs <= width {
				line, used = line+" "+word, used+space+needs
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for needs > width {
				head, tail := splitToFit(word, width, measure)
				lines = append(lines, head)
				word, needs = tail, measure(tail)
			}
			line, used = word, needs
		}
		lines = append(lines, line)
	}
	if maxLines > 0 && len(lines) > maxLines {
		rest := strings.Join(lines[maxLines-1:], " ")
		lines = append(lines[:maxLines-1], ellipsize(rest, width, measure))
	}
	return lines
}

// isBreak reports whether a line may be broken at r: at any space but a no-break space.
func isBreak(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }

// splitToFit splits a word after the last letter that fits into width, or after the first if none fits.
func splitToFit(word string, width float32, measure func(string) float32) (head, tail string) {
	letters := []rune(word)
	n := longestPrefix(letters, func(s string) bool { return measure(s) <= width })
	n = max(n, 1)
	return string(letters[:n]), string(letters[n:])
}

// ellipsize returns text, or its beginning with an ellipsis if text is wider than width.
func ellipsize(text string, width float32, measure func(string) float32) string {
	if measure(text) <= width {
		return text
	}
	letters := []rune(text)
	n := longestPrefix(letters, func(s string) bool { return measure(strings.TrimRight(s, " ")+"…") <= width })
	return strings.TrimRight(string(letters[:n]), " ") + "…"
}

// longestPrefix returns the number of letters in the longest prefix for which the function fits returns true; 0 if there
// is none. It expects that fits returns true for every prefix that is shorter than one for which it does.
func longestPrefix(letters []rune, fits func(string) bool) int {
	low, high := 0, len(letters)
	for low < high {
		middle := (low + high + 1) / 2
		if fits(string(letters[:middle])) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// Fits reports whether text is no wider than width when drawn in that size and style.
func Fits(text string, width, size float32, style fyne.TextStyle) bool {
	return fyne.MeasureText(text, size, style).Width <= width
}

// FitText returns text, or its beginning with an ellipsis if it is wider than width when drawn in that size and style. It is in the
// order in which it has to be drawn; see [bidi.VisualOrder].
func FitText(text string, width, size float32, style fyne.TextStyle) string {
	return bidi.VisualOrder(ellipsize(text, width, func(s string) float32 { return fyne.MeasureText(s, size, style).Width }))
}
