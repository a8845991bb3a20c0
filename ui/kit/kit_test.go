package kit

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
)

func TestBothPalettesHaveTheSameColors(t *testing.T) {
	for name := range lightPalette {
		if darkPalette[name] == nil {
			t.Errorf("the dark look has no %s", name)
		}
	}
	if len(lightPalette) != len(darkPalette) {
		t.Error("the palettes have different numbers of colors")
	}
	if Theme(SystemLook).Color(ColorMuted, theme.VariantDark) != darkPalette[ColorMuted] {
		t.Error("the system's dark variant is ignored")
	}
}

func TestAnIconHasANameForEachColor(t *testing.T) {
	test.NewTempApp(t)
	light := themedIcon{IconPen, theme.ColorNameForeground}
	if other := (themedIcon{IconPen, theme.ColorNameError}); light.Name() == other.Name() {
		t.Error("two colors have one name, so the toolkit would mix up their images")
	}
}

func TestTextBreaksBetweenWords(t *testing.T) {
	width := func(s string) float32 { return float32(len([]rune(s))) }
	for _, c := range []struct {
		words string
		most  int
		want  []string
	}{
		{"one two three", 0, []string{"one two", "three"}},
		{"a verylongword", 0, []string{"a", "verylong", "word"}},
		{"one\ntwo", 0, []string{"one", "two"}},
		{"one two three four", 2, []string{"one two", "three f…"}},
		{"", 0, []string{""}},
		{"dire\u00a0: non", 0, []string{"dire\u00a0:", "non"}},
		{"un long mot\u00a0?", 0, []string{"un long", "mot\u00a0?"}},
	} {
		if got := breakLines(c.words, 8, c.most, width); !slices.Equal(got, c.want) {
			t.Errorf("%q breaks into %q, not %q", c.words, got, c.want)
		}
	}
}

// A cell of a spreadsheet is copied with the line end behind it.
func TestALineIsPastedWithoutItsEnd(t *testing.T) {
	test.NewTempApp(t)
	clipboard := test.NewClipboard()
	for copied, want := range map[string]string{"s3cret": "s3cret", "s3cret\r\n": "s3cret", "one\ntwo\n\n": "one two", " s3cret ": " s3cret ", "\n": ""} {
		clipboard.SetContent(copied)
		field := NewField(nil)
		field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clipboard})
		if field.Text != want {
			t.Errorf("%q is pasted as %q", copied, field.Text)
		}
	}
	clipboard.SetContent("one\n")
	field := NewField(nil)
	field.MultiLine = true
	field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clipboard})
	if field.Text != "one\n" || clipboard.Content() != "one\n" {
		t.Errorf("a field of several lines has %q", field.Text)
	}
}

func TestATipWaitsAndStaysInTheWindow(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(Theme(LightLook))
	layer := newTips(func(f func()) { f() })
	held, stopped := func() {}, 0
	layer.wait = func(do func()) func() { held = do; return func() { stopped++ } }
	explain := layer.explain
	first := NewIconButton(i18n.English, "Clear selection", "Escape", IconClose, nil, explain, nil)
	second := NewIconButton(i18n.English, "Columns", "", IconColumns, nil, explain, nil)
	for i, b := range []*Button{first, second} {
		b.Resize(fyne.NewSize(30, 30))
		b.Move(fyne.NewPos(330+float32(i)*35, 170)) // at the lower right
	}
	w := test.NewTempWindow(t, container.NewStack(container.NewWithoutLayout(first, second), layer))
	w.Resize(fyne.NewSize(400, 200))
	tip := func() string {
		if layer.text.Visible() {
			return layer.text.Value()
		}
		return ""
	}
	first.MouseIn(&desktop.MouseEvent{})
	if tip() != "" {
		t.Error("the tip does not wait")
	}
	held()
	ground := test.WidgetRenderer(layer).(*tipsRenderer).background
	end := ground.Position().AddXY(ground.Size().Width, ground.Size().Height)
	if c := w.Canvas().Size(); tip() != "Clear selection (Escape)" || end.X > c.Width || end.Y > c.Height {
		t.Errorf("%q ends at %v", tip(), end)
	}
	// A tip that follows another comes at once.
	second.MouseIn(&desktop.MouseEvent{})
	if tip() != "Columns" {
		t.Errorf("the next tip is %q", tip())
	}
	second.MouseOut()
	if tip() != "" {
		t.Error("the tip stays")
	}
	before := stopped
	first.MouseIn(&desktop.MouseEvent{})
	first.MouseOut()
	if stopped == before {
		t.Error("a tip is shown although the mouse has moved on")
	}
}
