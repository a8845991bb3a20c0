package kit

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Text is plain words that wrap at word boundaries to the width they get, or end in an
// ellipsis after a number of lines. Its height follows its width; see [columnLayout].
type Text struct {
	widget.BaseWidget
	content  string
	Style    fyne.TextStyle
	size     fyne.ThemeSizeName
	color    fyne.ThemeColorName
	MaxLines int // none when zero

	lines []string // words, broken to width
	width float32
}

// NewText returns an empty text in a size and a color of the theme.
func NewText(size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := &Text{size: size, color: color}
	t.ExtendBaseWidget(t)
	return t
}

// NewBoldText is [NewText] in bold letters.
func NewBoldText(size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := NewText(size, color)
	t.Style.Bold = true
	return t
}

// Set shows other words, and nothing at all when there are none.
func (t *Text) Set(words string) *Text {
	if t.content == words && t.Hidden == (words == "") {
		return t
	}
	t.content, t.Hidden = words, words == ""
	t.lines = nil
	t.Refresh()
	return t
}

// Value returns the words, whole.
func (t *Text) Value() string { return t.content }

// LineWidth returns how wide the words are on one line.
func (t *Text) LineWidth() float32 { return t.measure(t.content) }

// SetColor shows the words in another colour.
func (t *Text) SetColor(name fyne.ThemeColorName) *Text {
	if t.color != name {
		t.color = name
		t.Refresh()
	}
	return t
}

// Resize breaks the lines to the new width.
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
	lines []fyne.CanvasObject
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
	for i, line := range r.lines {
		line.Move(fyne.NewPos(0, float32(i)*height))
		line.Resize(fyne.NewSize(size.Width, height))
	}
}

func (r *textRenderer) Refresh() {
	t := r.text
	t.lines = nil
	lines := t.brokenLines()
	r.lines = r.lines[:0]
	for _, words := range lines {
		line := canvas.NewText(words, ColorOf(t, t.color))
		line.TextSize, line.TextStyle = t.Theme().Size(t.size), t.Style
		r.lines = append(r.lines, line)
	}
	r.Layout(t.Size())
	canvas.Refresh(t)
}

// breakLines breaks words into lines no wider than width. Words that are too long for a
// line are broken anywhere. Past the last allowed line, an ellipsis says that there is more.
func breakLines(words string, width float32, maxLines int, measure func(string) float32) []string {
	if width <= 0 {
		return []string{words} // not laid out yet
	}
	var lines []string
	space := measure(" ")
	for paragraph := range strings.SplitSeq(words, "\n") {
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

// isBreak tells where a line may end: at a space, but not at one that holds words together.
func isBreak(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }

// splitToFit splits a word behind the last letter that fits, and at least behind the first.
func splitToFit(word string, width float32, measure func(string) float32) (head, tail string) {
	letters := []rune(word)
	n := longestPrefix(letters, func(s string) bool { return measure(s) <= width })
	n = max(n, 1)
	return string(letters[:n]), string(letters[n:])
}

// ellipsize shortens words to a width.
func ellipsize(words string, width float32, measure func(string) float32) string {
	if measure(words) <= width {
		return words
	}
	letters := []rune(words)
	n := longestPrefix(letters, func(s string) bool { return measure(strings.TrimRight(s, " ")+"…") <= width })
	return strings.TrimRight(string(letters[:n]), " ") + "…"
}

// longestPrefix counts the letters, from the first, that fit.
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

// FitText shortens words to a width in the size and style that they are drawn in.
func FitText(text string, width, size float32, style fyne.TextStyle) string {
	return ellipsize(text, width, func(s string) float32 { return fyne.MeasureText(s, size, style).Width })
}
