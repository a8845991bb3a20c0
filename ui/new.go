package ui

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/assets"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/compose"
	"countersign/ui/detail"
	"countersign/ui/files"
	"countersign/ui/importing"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/notify"
	"countersign/ui/panes"
	"countersign/ui/pending"
	"countersign/ui/prefs"
	"countersign/ui/queuebar"
	"countersign/ui/remind"
)

// New creates the window of a desk and sets the program's theme. It must be called on the drawing goroutine. It
// does not call the desk before [Window.Show].
func New(a fyne.App, d Desk, o Options) *Window {
	o = o.withDefaults()
	a.Settings().SetTheme(kit.Theme(o.Look))
	w := &Window{
		app: a, desk: d, opts: o, lang: o.Language, bg: async.New(o.Dispatch), window: newWindow(a, o.Language),
		jobs: jobs{byRequest: map[request.ID]*job{}, pending: &pending.Decisions{}},
	}
	w.modals = kit.NewModals(w.lang, w.window.Canvas(), w.bg.Show, w.onKey, w.showHelp)
	w.system.files = files.New(w.lang, w.bg, w.modals, w.window, w.onKey, o.FileDialogs, w.showError, o.After)
	w.system.saving = w.newSaving()
	w.composer = compose.New(w.lang, d, w.bg, w.modals, composeHost{w, importing.New(w.lang, d, w.bg, w.modals, importHost{w}, o.Log)}, o.Preview, o.Now, o.Log)
	w.prefs = prefs.New(w.lang, d, w.bg, w.modals, prefsHost{w}, prefs.Office{Link: o.Office, Copy: o.Copy, Joiner: o.Joiner, DSN: o.JoinDSN}, o.AtLogin, o.Now)
	w.arrangement.views, w.counts.day = list.Views(w.lang), o.Now().Format(time.DateOnly)
	w.arrangement.writer = &settingsWriter{desk: d, bg: w.bg, done: w.onArrangementWritten}
	w.counts.statuses = async.NewRefresher(w.readCounts)
	w.counts.filtered = async.NewRefresher(w.readFilteredCounts)
	w.counts.toReview = async.NewRefresher(w.readToReview)
	w.chosen.refresher = async.NewRefresher(w.readChosen)
	w.system.tray = tray{set: o.Tray}
	w.system.notifier = notify.New(w.lang, w.login(), d.Get, o.notify(), func(err error) { o.Log.Warn("a completion is not notified", "error", err) })
	w.build()
	return w
}

// newWindow returns an empty window. While the toolkit connects to the display, another processor loads the fonts and the texts.
func newWindow(a fyne.App, lang i18n.Language) fyne.Window {
	var loading sync.WaitGroup
	defer loading.Wait()
	loading.Go(loadFonts)
	loading.Go(lang.Load)
	return a.NewWindow(programName)
}

// loadFonts loads the fonts of the program's texts, each of which the toolkit loads when a text in it is first measured. Until loadFonts has returned,
// nothing else may measure or draw a text.
func loadFonts() {
	for _, bold := range []bool{false, true} {
		fyne.MeasureText(" ", theme.TextSize(), fyne.TextStyle{Bold: bold})
	}
}

func (w *Window) build() {
	w.window.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	nav := newNav(list.View{Name: w.lang.Say("review.title"), Icon: kit.IconChart}, w.onKey, w.onView)
	nav.onMenu, nav.onEdit, nav.explain = w.onViewMenu, w.onEditView, w.modals.Explain
	nav.setViews(w.arrangement.views)
	w.chrome.sidebar = newSidebar(w.lang, w.opts.HomeNote, w.onKey, w.modals.Explain, nav, w.onAdd, w.prefs.Settings, w.prefs.OfficeSettings)
	w.list = list.New(w.lang, listDesk{w.desk, w.jobs.pending}, w.bg, w.opts.Now, w.modals, w.onKey, listHost{w})
	read := detail.DocumentReader{Signatures: w.desk.SignaturesOf, FirstPage: w.opts.firstPage(w.desk)}
	w.detail = detail.New(w.lang, w.bg, read, w.onKey, detailHost{w})
	w.notices = newNotices(w.lang, w.onKey, w.modals.Explain, w.expireNotice)
	w.buildReview()
	w.chrome.reminders = remind.New(w.lang, w.desk, w.bg, w.onKey, w.modals.Explain, remindHost{w})
	w.chrome.panes = panes.New(w.chrome.reminders.Above(w.list.Content()), w.detail, w.newBackBar(), w.onKey)
	w.chrome.panes.OnMoved = func(width float32) {
		w.arrangement.writer.write(func(s *settings.Settings) { s.Split = float64(width) })
	}
	w.chrome.frame = container.NewStack(container.New(kit.VStack(1), w.chrome.drillDown.root, w.chrome.panes), w.report.Content(), w.notices.layer)
	w.chrome.queue = queuebar.NewBar(w.lang, w.onKey, w.changeQueue, w.showVisiting, func() { w.window.Content().Refresh() })
	shell := shellLayout{w.chrome.sidebar, w.chrome.panes.RoomyWidth, w.keepSize}
	w.arrangement.size = restoredSize(w.opts.Size)
	w.window.SetPadded(false)           // first, because it lays out the content again
	w.window.Resize(w.arrangement.size) // before there is content, which is then laid out once, in this size
	w.window.SetContent(container.NewStack(container.New(queuebar.BottomBar{}, container.New(shell, w.chrome.sidebar.root, w.chrome.frame), w.chrome.queue.Root), w.modals.Layer()))
	w.chrome.menu = w.newMenu()
	w.window.SetMainMenu(w.chrome.menu.Menu())
	w.showOffers()
	w.addShortcuts()
	w.window.SetOnDropped(w.onDropped)
	w.window.SetMaster() // closing this window ends the program, though the tray has a window of its own
	w.window.SetCloseIntercept(w.onClose)
	w.window.SetOnClosed(w.end)
	w.window.Resize(w.arrangement.size) // again, as it may be less than the content needs
}
