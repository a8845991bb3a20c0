package ui

import (
	"cmp"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// TestTheAccentColorIsTheNextStep holds that a screen has at most one button in the accent color, which neither removes
// something nor only closes the screen, and that the buttons that remove something are red.
func TestTheAccentColorIsTheNextStep(t *testing.T) {
	all := scenes(t)
	for name, wanted := range map[string]struct{ accent, red string }{
		"to-sign":               {accent: "act.sign"},
		"withdraw":              {red: "withdraw.yes"},
		"withdrawall":           {red: "withdraw.yes"},
		"settings-trust-remove": {red: "prefs.remove"},
		"settings-gateways":     {},
		"gateway-form":          {accent: "prefs.save_check"},
		"seal":                  {},
		"audit":                 {},
		"check-pdf-empty":       {},
		"filters":               {accent: "act.open_signed"}, // the button of the filters shows that some are set
		"keyboard":              {},
	} {
		t.Run(name, func(t *testing.T) {
			o := all[name].desk
			o.seed, o.size, o.lang = withRealFiles(t, all[name].seed), all[name].size, cmp.Or(o.lang, i18n.English)
			f := newOffice(t, o)
			f.settle()
			all[name].play(f)
			f.settle()
			for importance, key := range map[widget.Importance]string{widget.HighImportance: wanted.accent, widget.DangerImportance: wanted.red} {
				var want []string
				if key != "" {
					want = []string{f.window.lang.Say(key)}
				}
				if got := f.buttonsOf(importance); !slices.Equal(got, want) {
					t.Errorf("importance %v: %q, want %q", importance, got, want)
				}
			}
		})
	}
}

// buttonsOf returns the texts of the enabled buttons of an importance, in what lies on top.
func (f *office) buttonsOf(importance widget.Importance) []string {
	var top fyne.CanvasObject = f.window.window.Canvas().Overlays().Top()
	if top == nil {
		top = f.window.window.Canvas().Content()
	}
	var texts []string
	for _, b := range uitest.Find[*kit.Button](top) {
		if b.Importance == importance && !b.Disabled() {
			texts = append(texts, b.Text)
		}
	}
	return texts
}
