package kit

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestBothLooksHaveTheSameColours(t *testing.T) {
	for name := range lightPalette {
		if darkPalette[name] == nil {
			t.Errorf("the dark look has no %s", name)
		}
	}
	if len(lightPalette) != len(darkPalette) {
		t.Error("the looks differ in their colours")
	}
	if Theme(SystemLook).Color(ColorMuted, theme.VariantDark) != darkPalette[ColorMuted] {
		t.Error("the system's wish for the dark look is not heard")
	}
}

func TestAnIconHasANameForEachColor(t *testing.T) {
	test.NewTempApp(t)
	light := tinted{IconPen, theme.ColorNameForeground}
	if other := (tinted{IconPen, theme.ColorNameError}); light.Name() == other.Name() {
		t.Error("two colours share a name, so one would be drawn for the other")
	}
}

func TestWordsBreakWhereTheyFit(t *testing.T) {
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
