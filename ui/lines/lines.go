// Package lines shows long texts as they are: a scrolling list of lines, in letters of the same width. It knows nothing of what they say.
package lines

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// List is a scrolling list of lines, in letters of the same width. Only the lines that are visible are drawn.
type List struct {
	Root fyne.CanvasObject

	list   *widget.List
	lines  []string
	height float32
}

// New returns a list of lines with the given size.
func New(lines []string, width, height float32) *List {
	l := &List{lines: lines, height: height}
	l.list = widget.NewList(func() int { return len(l.lines) }, func() fyne.CanvasObject {
		text := canvas.NewText("", theme.Color(theme.ColorNameForeground))
		text.TextSize, text.TextStyle = theme.Size(theme.SizeNameCaptionText), fyne.TextStyle{Monospace: true}
		return text
	}, func(i int, o fyne.CanvasObject) {
		text := o.(*canvas.Text)
		text.Text, text.Color = l.lines[i], theme.Color(theme.ColorNameForeground)
		text.Refresh()
	})
	l.list.HideSeparators = true
	l.Root = container.New(kit.MinSize(width, height), l.list)
	return l
}

// Set replaces the lines.
func (l *List) Set(lines []string) {
	l.lines = lines
	l.list.Refresh()
}

// Pass returns a handler that scrolls the list with the keys for that, and gives the other keys to next.
func (l *List) Pass(next kit.KeyHandler) kit.KeyHandler {
	return func(key *fyne.KeyEvent) {
		switch key.Name {
		case fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd:
			l.list.ScrollToOffset(scrolled(l.list.GetScrollOffset(), l.height, key.Name))
		default:
			next(key)
		}
	}
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

// Break breaks a line at blanks into lines of at most limit bytes, as far as its words allow.
func Break(line string, limit int) []string {
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
