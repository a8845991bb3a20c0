package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// TestTheWordsOfEveryLanguageFit goes through the window in each language and looks for texts that are cut off,
// broken within a word, or beyond an edge.
func TestTheWordsOfEveryLanguageFit(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{seed: requestDay(), lang: lang, note: "Practice home"})
			f.fits("to sign")
			if width := f.window.chrome.sidebar.root.Size().Width; width > 250 {
				t.Errorf("the sidebar takes %.0f", width)
			}
			for i, key := range viewKeys {
				f.ctrl(key)
				f.settle()
				f.fits(f.window.chrome.sidebar.nav.items[i].view.Name)
			}
			for {
				before := f.window.chosen.id
				f.key(fyne.KeyDown)
				f.settle()
				if f.window.chosen.id == before {
					break
				}
				f.fits(f.window.detail.Shown().Title)
			}
			for _, a := range []status.Action{status.Sign, status.BrowseAgain, status.Check, status.Reopen, status.Withdraw, status.Attach} {
				f.window.detail.ShowJob(detail.Job{Doing: f.doing(a)})
				f.fits("doing " + a.Label(lang))
			}
			f.window.detail.ShowJob(detail.Job{})
			for name, open := range map[string]func(){
				"help": f.window.onHelp,
				"attach": func() {
					f.window.system.files.AskPDF(lang.Say("attach.title"), lang.Say("attach.hint"), lang.Say("attach.yes"), nil)
				},
				"withdraw many": func() { f.window.askReason(40, nil) },
				"save a view":   f.window.onSaveView,
				"withdraw":      func() { f.window.askWithdraw(f.window.detail.Shown()) },
				"edit":          func() { f.window.askEdit(f.window.detail.Shown()) },
				"edit, many": func() {
					f.window.askEditMany(f.window.list.Selected())
					f.settle()
				},
				"edit, no date": func() {
					f.window.askEdit(detail.Model{ID: "x", Title: "Lease", Due: "24 December"})
					f.key(fyne.KeyReturn)
				},
				"save a copy": func() { f.window.askCopy("", "/home/mara/Lease.pdf", nil) },
				"export": func() {
					f.window.askExport(exportJob{title: lang.Say("export.view", lang.Say("view.attention"))}, "/home/mara/all.csv", nil)
				},
				"evidence":      func() { f.window.askEvidence("x", "/home/mara/Lease.zip", nil) },
				"a new request": func() { f.window.offerToAdd("Lease", "Minutes.pdf") },
				"vouch":         func() { f.window.offerToVouch(f.window.detail.Shown(), lang.Say("reason.file_not_compared"), nil) },
			} {
				open()
				f.fits(name)
				f.window.modals.Close()
			}
			f.signed("Lease")
			f.fits("signed before and since")
			f.window.window.Resize(fyne.NewSize(1900, 800))
			f.fits("columns")
			f.window.window.Resize(fyne.NewSize(1100, 720))
			f.ctrl(fyne.Key7) // the last view is the archive, which is empty
			f.settle()
			f.window.list.SelectAll()
			f.wait("the selection", func() bool { return f.selecting() })
			f.fits("a selection")
			for _, a := range []status.Action{status.Sign, status.Check, status.Withdraw, status.Export} {
				f.window.jobs.bulk = &bulkJob{action: a, done: 4_999, total: 10_000}
				f.window.showBulk()
				f.fits("many: " + a.Label(lang))
			}
			f.window.jobs.bulk = &bulkJob{action: status.Export, done: 1_000_000, total: -1}
			f.window.showBulk()
			f.fits("many: an export without an end in sight")
			f.window.reportSaved(lang.Count("export.done", 4_999, "/home/mara/Documents/Needs attention 2026-11-22.xlsx"), "/home/mara/Documents/x.xlsx")
			f.fits("an export is done")
			f.window.notices.clear()
			f.window.jobs.bulk = nil
			f.window.list.ClearSelection()
			f.ctrlShift(fyne.KeyF)
			for i := range 6 {
				f.filter(2).SetSelectedIndex(i)
				f.fits("filters")
			}
			f.settle()
			f.filter(2).SetSelectedIndex(0)
			f.settle()
			f.ctrlShift(fyne.KeyF)
			f.search().SetText("zebra")
			f.settle()
			f.fits("nothing found")
			f.window.detail.ShowAddress("https://sign.example.org/visit/1")
			f.fits("an address")
			f.window.detail.SetModel(detail.Model{})
			f.fits("nothing chosen")
			f.window.detail.ShowPlaceholder(true)
			f.fits("first steps")
		})
	}
}

func (f *office) doing(a status.Action) string {
	lang := f.window.lang
	switch a {
	case status.Sign:
		return lang.Say("doing.sign")
	case status.BrowseAgain:
		return lang.Say("doing.browse")
	case status.Check:
		return lang.Say("doing.check")
	case status.Reopen:
		return lang.Say("doing.reopen")
	case status.Withdraw:
		return lang.Say("doing.withdraw")
	}
	return lang.Say("doing.attach")
}

// fits checks all visible objects.
func (f *office) fits(scene string) {
	f.t.Helper()
	c := f.window.window.Canvas()
	f.inside(scene, c.Content(), fyne.Position{}, c.Size().Width)
	for _, o := range c.Overlays().List() {
		f.inside(scene, o, fyne.Position{}, c.Size().Width)
	}
}

// inside checks that an object and its children have their minimum size, and end before the right edge.
func (f *office) inside(scene string, o fyne.CanvasObject, at fyne.Position, edge float32) {
	f.t.Helper()
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	const hair = 0.6 // tolerance for rounding
	cramped := func(what string, needs float32) {
		f.t.Helper()
		if needs > o.Size().Width+hair || at.X+needs > edge+hair {
			f.t.Errorf("%s, %s: %q needs %.0f at %.0f, and has %.0f up to %.0f", f.window.lang, scene, what, needs, at.X, o.Size().Width, edge)
		}
	}
	switch o := o.(type) {
	case *kit.Button:
		cramped(o.Text, o.MinSize().Width)
	case *kit.Link:
		cramped(strings.Join(uitest.Drawn(o), " "), o.MinSize().Width)
	case *kit.BadgeWidget, *kit.Tag:
		cramped(scene, o.MinSize().Width)
	case *navItem:
		of := test.WidgetRenderer(o).(*navRenderer)
		cramped(o.view.Name, o.MinSize().Width)
		if end := of.name.Position().X + of.name.MinSize().Width; end > of.count.Position().X && of.name.Visible() {
			f.t.Errorf("%s, %s: %q runs into its count", f.window.lang, scene, o.view.Name)
		}
	case *kit.Select:
		cramped(o.Selected, fyne.MeasureText(o.Selected, theme.TextSize(), fyne.TextStyle{}).Width+44)
	case *kit.SearchEntry:
		cramped(o.PlaceHolder, fyne.MeasureText(o.PlaceHolder, theme.TextSize(), fyne.TextStyle{}).Width+50)
	case *kit.Text:
		f.textFits(scene, o)
	case *kit.RecordList:
		// The rows have their own tests.
	case *canvas.Text:
		if o.Text == "" {
			return
		}
		cramped(o.Text, fyne.MeasureText(o.Text, o.TextSize, o.TextStyle).Width)
	case *container.Scroll:
		f.inside(scene, o.Content, at, min(edge, at.X+o.Size().Width))
	case *fyne.Container:
		for _, child := range o.Objects {
			f.inside(scene, child, at, edge)
		}
	case *widget.Entry, *kit.ReadOnlyEntry, *kit.Field:
		// Its content scrolls.
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			f.inside(scene, child, at, edge)
		}
	}
}

// textFits checks that no line is too long, that no word of the catalogs is broken, and that no text of a single
// line is cut off.
func (f *office) textFits(scene string, o *kit.Text) {
	f.t.Helper()
	var lines []string
	for _, line := range uitest.Find[*canvas.Text](o) {
		if line.MinSize().Width > o.Size().Width+1 {
			f.t.Errorf("%s, %s: the line %q is wider than %.0f", f.window.lang, scene, line.Text, o.Size().Width)
		}
		lines = append(lines, line.Text)
	}
	if strings.Contains(o.Value(), "urn:") || o.MaxLines > 0 {
		return // texts of a gateway, and titles
	}
	shown := strings.Fields(strings.Join(lines, " "))
	if said := strings.Fields(o.Value()); !slices.Equal(shown, said) {
		f.t.Errorf("%s, %s: %q is shown as %q", f.window.lang, scene, said, shown)
	}
}

func TestTheWindowSpeaksTheSystemsLanguageUnlessOneIsChosen(t *testing.T) {
	t.Setenv("LC_ALL", "ca_ES.UTF-8")
	if got := (Options{}).withDefaults().Language; got != i18n.Catalan {
		t.Errorf("got %s", got)
	}
	if got := (Options{Language: i18n.French}).withDefaults().Language; got != i18n.French {
		t.Errorf("got %s", got)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"} {
		t.Setenv(name, "")
	}
	if got := languageOrSystem(""); !slices.Contains(i18n.Languages(), got) {
		t.Errorf("got %q", got)
	}
	a := test.NewTempApp(t)
	said := uitest.Texts(ShowFailure(a, kit.LightLook, i18n.French, errors.New("the ledger is held"), nil).Content(), nil)
	// Errors are shown untranslated.
	if !slices.Contains(said, "Impossible d’ouvrir Countersign") || !slices.Contains(said, "The ledger is held.") {
		t.Errorf("got %q", said)
	}
}
