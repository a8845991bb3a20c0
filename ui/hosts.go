package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/explain"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/support"
	"countersign/ui/files"
	"countersign/ui/importing"
	"countersign/ui/kit"
	"countersign/ui/menus"
	"countersign/ui/pending"
	"countersign/ui/report"
	"countersign/ui/status"
)

// prefsHost implements [prefs.Host].
type prefsHost struct{ w *Window }

func (h prefsHost) BrowsePDFs(do func(paths []string)) { h.BrowseFiles(files.PDFs, do) }
func (h prefsHost) BrowseFiles(extensions []string, do func(paths []string)) {
	h.w.system.files.Open(files.Question{Several: true, Extensions: [][]string{extensions}}, do)
}

func (h prefsHost) BrowseFolder(do func(folder string)) { h.w.system.files.Folder(do) }
func (h prefsHost) Copy(text string)                    { h.w.app.Clipboard().SetContent(text) }
func (h prefsHost) SetTheme(name string)                { h.w.app.Settings().SetTheme(kit.Theme(LookOf(name))) }
func (h prefsHost) SetDense(dense bool)                 { h.w.showDense(dense) }
func (h prefsHost) NamesChanged()                       { h.w.readGateways() }
func (h prefsHost) PatienceChanged() {
	h.w.notices.settle(aboutSettings)
	h.w.counts.filtered.Refresh()
}

func (h prefsHost) ShowRequest(r request.Request) { h.w.showRequest(r.ID, r.Status) }
func (h prefsHost) End()                          { h.w.Close() }
func (h prefsHost) SaveForSupport(texts []support.Text, at time.Time) {
	h.w.saveForSupport(texts, at)
}
func (h prefsHost) Help() { h.w.showHelp() }

// LookOf returns the look for a theme name of the settings; any other name means the system's look.
func LookOf(theme string) kit.Look {
	switch theme {
	case settings.LightTheme:
		return kit.LightLook
	case settings.DarkTheme:
		return kit.DarkLook
	}
	return kit.SystemLook
}

// reportHost implements [report.Host].
type reportHost struct{ w *Window }

func (h reportHost) Names() settings.Names      { return h.w.arrangement.names }
func (h reportHost) Person() string             { return h.w.arrangement.names.Person(h.w.desk.Person().Account) }
func (h reportHost) Files() *files.Chooser      { return h.w.system.files }
func (h reportHost) Saved(message, path string) { h.w.reportSaved(message, path) }
func (h reportHost) OpenFile(path string) {
	h.w.openWith(func(context.Context) (string, error) { return path, nil })
}
func (h reportHost) ReviewOutcomes()               { h.w.listUnreviewed() }
func (h reportHost) List(t report.Tile)            { h.w.onTile(t) }
func (h reportHost) ShowRequest(r request.Request) { h.w.showRequest(r.ID, r.Status) }
func (h reportHost) KeepPeriod(name string) {
	h.w.arrangement.writer.write(func(s *settings.Settings) { s.Period = name })
}

// detailHost implements [detail.Host].
type detailHost struct{ w *Window }

func (h detailHost) Do(a status.Action)                        { h.w.do(a) }
func (h detailHost) Copy(address string)                       { h.w.onCopy(address) }
func (h detailHost) OpenDocument(id request.ID, digest string) { h.w.open(id, digest) }
func (h detailHost) ShowInFolder(id request.ID, digest string) { h.w.showFolder(id, digest) }
func (h detailHost) ActionsChanged()                           { h.w.showOffers() }
func (h detailHost) Diagnose()                                 { h.w.prefs.Diagnose() }
func (h detailHost) SaveCopy(id request.ID, document int, digest string) {
	h.w.saveCopy(id, document, digest)
}

// listDesk shows the list requests as they will be after the decisions that are not written yet.
type listDesk struct {
	Desk
	pending *pending.Decisions
}

func (d listDesk) Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error) {
	return d.pending.Query(ctx, d.Desk, q)
}

// listHost implements [list.Host].
type listHost struct{ w *Window }

func (h listHost) Names() settings.Names { return h.w.arrangement.names }
func (h listHost) Login() string         { return h.w.login() }
func (h listHost) MineChosen(mine bool) {
	h.w.arrangement.writer.write(func(s *settings.Settings) { s.Mine = mine })
	h.w.counts.statuses.Refresh()
	h.w.counts.filtered.Refresh()
}
func (h listHost) Chosen(id request.ID) { h.w.onChosen(id) }
func (h listHost) Tapped()              { h.w.openChosen() }

// DoSelected carries out an action of the selection bar or of the menu of several rows.
func (h listHost) DoSelected(a status.Action) {
	switch a {
	case status.Export:
		h.w.onExport()
	case status.SaveSigned:
		h.w.onSaveSigned()
	default:
		h.w.forSelected(a)
	}
}

// Menu opens the menu of the selection or, if that has fewer than two requests, of the chosen request.
func (h listHost) Menu(p status.Possible, at fyne.Position) {
	m := menus.ForOne(h.w.lang, p, h.w.jobs.of(h.w.chosen.id) != nil, h.w.do)
	if n := len(h.w.list.Selected()); n > 1 {
		m = menus.ForMany(h.w.lang, n, !h.w.canStartBulk(), h.w.list.CountFor, h.DoSelected)
	}
	menus.Show(m, h.w.window.Canvas(), at)
}

// DoubleTapped opens the signed file or, without one, the document.
func (h listHost) DoubleTapped(p status.Possible) {
	if p.Allows(status.OpenSigned) {
		h.w.do(status.OpenSigned)
		return
	}
	h.w.do(status.OpenOriginal)
}

func (h listHost) SelectionChanged() { h.w.showOffers() }
func (h listHost) Export()           { h.w.onExport() }
func (h listHost) SaveView()         { h.w.onSaveView() }

func (h listHost) Entered() {
	h.w.openChosen()
	h.w.detail.FocusNext()
}

func (h listHost) Failed(err error) {
	if err == nil {
		h.w.notices.settle(aboutList)
		return
	}
	h.w.notices.failAbout(aboutList, kit.Sentence(explain.Error(h.w.lang, err)))
}

func (h listHost) PracticeRead(changed bool, err error) {
	w, hidden := h.w, h.w.list.Scope().HidePractice
	if err != nil {
		w.notices.failAbout(aboutSettings, kit.Sentence(explain.Error(w.lang, err)))
	} else {
		w.notices.settle(aboutSettings)
	}
	if w.arrangement.practice.Checked == hidden {
		w.arrangement.practice.Checked = !hidden
		w.window.MainMenu().Refresh()
	}
	if !w.arrangement.followed {
		w.arrangement.followed = true
		w.startFollowing()
	}
	if changed {
		w.counts.statuses.Refresh()
		w.counts.filtered.Refresh()
		said := w.lang.Say("practice.shown")
		if hidden {
			said = w.lang.Say("practice.hidden")
		}
		w.notices.inform(said)
	}
}

func (h listHost) StopJob() {
	if h.w.jobs.bulk != nil {
		h.w.jobs.bulk.stop()
	}
}

func (h listHost) Sorted(s settings.Sort) {
	h.w.arrangement.writer.write(func(settings *settings.Settings) { settings.Sort = s })
}

func (h listHost) ColumnsChanged(columns map[string]settings.Column) {
	h.w.arrangement.writer.write(func(s *settings.Settings) { s.Columns = columns })
}

// composeHost implements [compose.Host].
type composeHost struct {
	w        *Window
	importer *importing.Importer
}

func (h composeHost) Browse(do func(paths []string))      { h.w.system.files.Open(documents(h.w.lang), do) }
func (h composeHost) BrowseFolder(do func(folder string)) { h.w.system.files.Folder(do) }
func (h composeHost) ShowNotice(words string)             { h.w.notices.inform(words) }
func (h composeHost) Closed()                             { h.w.focusList() }
func (h composeHost) ShowRequest(id request.ID, s request.Status) {
	h.w.showRequest(id, s)
}

func (h composeHost) Added(ids []request.ID, sign, more bool) { h.w.onAdded(ids, sign, more) }
func (h composeHost) Import(paths []string)                   { h.importer.Import(paths) }

// importHost implements [importing.Host].
type importHost struct{ w *Window }

func (h importHost) Closed() { h.w.focusList() }
func (h importHost) ShowRequest(id request.ID, s request.Status) {
	h.w.showRequest(id, s)
}
