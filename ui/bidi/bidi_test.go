package bidi_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	unicode "golang.org/x/text/unicode/bidi"

	"countersign/ui/bidi"
	"countersign/ui/kit"
)

// bidiTitles are titles with what is seen of them from left to right. In what is seen, א to ה stand for letters from right to left.
var bidiTitles = map[string]string{
	"Lease":                     "Lease",
	"":                          "",
	"א":                         "א",
	"אב גד":                     "דג בא",
	"אב 12":                     "12 בא",
	"12 אב":                     "בא 12",
	"אב 12 גד":                  "דג 12 בא",
	"אב ABC":                    "ABC בא",
	"אב ABC גד":                 "דג ABC בא",
	"ABC אב":                    "ABC בא",
	"ABC אב גד":                 "ABC דג בא",
	"ABC אב DEF":                "ABC בא DEF",
	"ABC אב 12":                 "ABC 12 בא",
	"ABC אב 12 גד":              "ABC דג 12 בא",
	"ABC אב 12 DEF":             "ABC 12 בא DEF",
	"ABC 12 אב":                 "ABC 12 בא",
	"אב 12.5":                   "12.5 בא",
	"אב 12,500 גד":              "דג 12,500 בא",
	"אב 50%":                    "50% בא",
	"אב 12/34":                  "12/34 בא",
	"ABC אב 12/34":              "ABC 12/34 בא",
	"אב (גד)":                   "(דג) בא",
	"אב (ABC)":                  "(ABC) בא",
	"אב (12)":                   "(12) בא",
	"אב (12) גד":                "דג (12) בא",
	"ABC (אב)":                  "ABC (בא)",
	"ABC (אב) DEF":              "ABC (בא) DEF",
	"אב, גד":                    "דג ,בא",
	"אב: ABC 12":                "ABC 12 :בא",
	"אב - ABC":                  "ABC - בא",
	"אב.":                       ".בא",
	"ABC אב.":                   "ABC בא.",
	"אב 12 ABC 34":              "ABC 34 12 בא",
	"אב ABC 12 גד DEF":          "DEF דג ABC 12 בא",
	"אב 2026-11-28":             "2026-11-28 בא",
	"אב L-2026/14":              "L-2026/14 בא",
	"ב 1 ג 2 ד":                 "ד 2 ג 1 ב",
	"ABC אב 1 גד 2 DEF":         "ABC 2 דג 1 בא DEF",
	"«אב» ABC":                  "ABC «בא»",
	"אב \u0661\u0662":           "\u0661\u0662 בא",
	"אב \u0661\u0662 גד":        "דג \u0661\u0662 בא",
	"אב A1 ב":                   "ב A1 בא",
	"Annex 3 – אב גד (ABC) 7":   "Annex 3 – דג בא (ABC) 7",
	"אב ABC (12) גד":            "דג ABC (12) בא",
	"ABC אב (12) DEF":           "ABC (12) בא DEF",
	"ABC אב (12)":               "ABC (12) בא",
	"ABC אב (גד 12) DEF":        "ABC (12 דג) בא DEF",
	"ABC (אב 12) DEF":           "ABC (12 בא) DEF",
	"אב (ABC 12) גד":            "דג (ABC 12) בא",
	"אב ABC [12 (34)] גד":       "דג ABC [12 (34)] בא",
	"אב (גד ABC) הא":            "אה (ABC דג) בא",
	"אב (ABC":                   "ABC) בא",
	"() אב":                     "בא ()",
	"עקד ‹אב›":                  "‹בא› דקע",
	"ABC, אב, DEF":              "ABC, בא, DEF",
	"Ünïcode אב 12 Œuvre":       "Ünïcode 12 בא Œuvre",
	"אב ABC DEF 12 GHI":         "ABC DEF 12 GHI בא",
	"ABC אב גד הא DEF 12 אב 34": "ABC אה דג בא DEF 12 34 בא",
}

func TestTitlesAreDrawnInTheOrderOfUnicode(t *testing.T) {
	test.NewTempApp(t)
	if len(bidiTitles) < 40 {
		t.Fatalf("only %d titles", len(bidiTitles))
	}
	for title, want := range bidiTitles {
		text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(title)
		text.Resize(fyne.NewSize(2000, 20))
		drawn := ""
		for _, o := range test.WidgetRenderer(text).Objects() {
			drawn += o.(*canvas.Text).Text
		}
		if got := seen(t, drawn); got != want {
			t.Errorf("%q is seen as %q, want %q", title, got, want)
		}
	}
}

// seen returns what a person sees of a text that the toolkit draws: its runs from left to right as they are stored, those from right to
// left with their letters turned around.
func seen(t *testing.T, drawn string) string {
	t.Helper()
	var b strings.Builder
	if drawn == "" {
		return ""
	}
	var p unicode.Paragraph
	if _, err := p.SetString(drawn, unicode.DefaultDirection(unicode.LeftToRight)); err != nil {
		t.Fatal(err)
	}
	order, err := p.Order()
	if err != nil {
		t.Fatal(err)
	}
	for i := range order.NumRuns() {
		r := order.Run(i)
		if r.Direction() == unicode.LeftToRight {
			b.WriteString(r.String())
			continue
		}
		b.WriteString(bidi.Mirrored(r.String()))
	}
	return strings.ReplaceAll(b.String(), bidi.LeftToRightMark, "")
}

func TestTheMarksBetweenRunsTakeNoRoom(t *testing.T) {
	test.NewTempApp(t)
	for _, style := range []fyne.TextStyle{{}, {Bold: true}} {
		with, without := fyne.MeasureText("Lease"+bidi.LeftToRightMark+" 12", 14, style), fyne.MeasureText("Lease 12", 14, style)
		if with.Width != without.Width {
			t.Errorf("%v: %.2f with a mark, %.2f without", style, with.Width, without.Width)
		}
	}
}

func TestAnyTextKeepsItsLetters(t *testing.T) {
	sorted := func(s string) string {
		letters := []rune(strings.ReplaceAll(s, bidi.LeftToRightMark, ""))
		for i, r := range letters {
			if at := slices.Index([]rune(bidi.MirrorPairs), r); at >= 0 {
				letters[i] = []rune(bidi.MirrorPairs)[at&^1]
			}
		}
		slices.Sort(letters)
		return string(letters)
	}
	parts := []string{"א", "ع", "A", "1", "٢", " ", "(", ")", ".", "%", "é", "\u0301", "\u200f", "漢", "\U0001f600"}
	for i := range 5000 {
		text := ""
		for n := i; n > 0; n /= len(parts) {
			text += parts[n%len(parts)]
		}
		text += "א"
		if got := bidi.VisualOrder(text); sorted(got) != sorted(text) {
			t.Fatalf("%q becomes %q", text, got)
		}
	}
}
