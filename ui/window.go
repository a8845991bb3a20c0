// Package ui is the desktop window: the shell, and what holds its screens together. The screens are packages of
// their own: ui/list, ui/detail, ui/compose, ui/report and ui/prefs. They know neither each other nor the shell; each
// declares what it needs of the window as an interface named Host, which hosts.go implements. What a request is, and
// what may be done with it, is decided by the desk.
//
// All code runs on the drawing goroutine, except calls to the desk. These run on background goroutines, and their
// results come back through [Options.Dispatch]. The result of a call that a newer one has replaced is dropped. The
// window does not poll; it follows the ledger.
//
// All texts come from the catalogs of package i18n, in the window's language. Errors of the desk are shown as they
// are. Methods of widgets and renderers that only the toolkit calls have no comment.
package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/compose"
	"countersign/ui/detail"
	"countersign/ui/files"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/menus"
	"countersign/ui/notify"
	"countersign/ui/panes"
	"countersign/ui/pending"
	"countersign/ui/prefs"
	"countersign/ui/queuebar"
	"countersign/ui/remind"
	"countersign/ui/report"
	"countersign/ui/saving"
	"countersign/ui/status"
)

// Window is the program's main window: the shell around its screens. Its methods must be called on the drawing
// goroutine, except [Window.Fail], [Window.Receive] and [Window.Wait].
type Window struct {
	app    fyne.App
	window fyne.Window
	desk   Desk
	opts   Options
	lang   i18n.Language
	bg     *async.Worker

	list     *list.Pane
	detail   *detail.Pane
	report   *report.Screen // replaces the list and the detail pane while it is visible
	composer *compose.Composer
	prefs    *prefs.Prefs
	modals   *kit.Modals // open over the window, one at a time
	notices  *notices

	chrome      chrome
	arrangement arrangement
	chosen      chosen
	counts      counts
	jobs        jobs
	system      system
}

// chrome holds the widgets that the shell puts around its screens.
type chrome struct {
	menu      *menus.Bar
	sidebar   *sidebar
	drillDown *drillDownBar
	reminders *remind.Line
	panes     *panes.Panes // the list and the detail pane
	frame     *fyne.Container
	queue     *queuebar.Bar
}

// arrangement is how the window is arranged, as the settings store it.
type arrangement struct {
	writer   *settingsWriter
	read     bool           // the settings were applied
	followed bool           // the window follows the ledger, or has begun to
	views    []list.View    // the built-in views, then the saved ones
	view     int            // index of the current view
	practice *fyne.MenuItem // shows practice requests or hides them
	names    settings.Names // of gateways and people
	size     fyne.Size      // of the window, as it is stored
}

// chosen is the request that is chosen in the list. The detail pane may still show the previous one.
type chosen struct {
	id         request.ID
	refresher  *async.Refresher
	addressFor request.ID // the request whose address stays visible, because a person copied it
	pending    func()     // action to perform once the request is shown; nil for none
	checked    request.ID // the request whose files were checked last
	checking   async.Latest
}

// counts refreshes the counters in the sidebar.
type counts struct {
	statuses *async.Refresher
	filtered *async.Refresher // of views whose conditions go beyond the status
	toReview *async.Refresher
	signing  int    // number of requests with status Signing
	out      int    // those of them whose browser is at this desk
	day      string // the current day, as time.DateOnly
}

// jobs are the actions in progress.
type jobs struct {
	byRequest map[request.ID]*job
	bulk      *bulkJob          // with the selected requests; nil for none
	decided   *pending.Decision // what can be taken back; nil for nothing
	pending   *pending.Decisions
}

// system is what the window uses of the desktop: its file dialogs, the tray icon, and notifications.
type system struct {
	files    *files.Chooser
	saving   *saving.Question
	tray     tray
	notifier *notify.Notifier
	closed   bool // the window was closed
}

// Show opens the window and starts to follow the desk. In the background it opens the window as well, so that what keeps it from being drawn is known
// at once, and hides it. It must be called once, before the program runs.
func (w *Window) Show() {
	w.updateTray(func(int) string { return w.lang.Number(0) })
	w.readArrangement(w.readGateways) // before the window is drawn; the list is first read in its stored sort order, and then followed
	w.window.Show()
	if w.opts.Background && w.system.tray.set != nil {
		w.window.Hide()
	}
	w.bg.Go(w.system.notifier.Run)
	w.bg.Go(w.followQueue)
	w.followOffice()
	w.app.Lifecycle().SetOnEnteredForeground(w.onForeground)
	w.app.Lifecycle().SetOnExitedForeground(w.onBackground)
	w.list.Focus()
}

// Close closes the window without asking, and cancels its background work. It does not wait for it: see [Window.Wait].
func (w *Window) Close() {
	if !w.system.closed {
		w.window.Close()
	}
	w.end() // also if the system never opened the window
}

// Wait cancels the background work of a closed window, and waits until all of that work has returned. The window may have been
// closed by [Window.Close] or by the end of the toolkit's loop. Wait must not be called on the drawing goroutine.
func (w *Window) Wait() {
	w.bg.Close()
	w.bg.Wait()
}

// Fail shows an error of something that runs beside the window. It may be called from any goroutine.
func (w *Window) Fail(err error) {
	w.bg.Show(func() { w.notices.fail(kit.Sentence(explain.Error(w.lang, err))) })
}

// end cancels the background work. The toolkit calls it when the window was closed by any means.
func (w *Window) end() {
	w.system.closed = true
	w.bg.Close()
}

// onForeground handles the window getting the focus of the system.
func (w *Window) onForeground() {
	w.system.notifier.SetFront(true)
	w.askNow()
}

// onBackground handles the window losing the focus of the system.
func (w *Window) onBackground() { w.system.notifier.SetFront(false) }

// askNow has the desk ask the gateways about all open visits. Errors are only logged, since each request shows its
// own.
func (w *Window) askNow() {
	async.Do(w.bg, w.desk.AskNow, func(err error) {
		if err != nil {
			w.opts.Log.Info("not all gateways answered", "error", err)
		}
	})
}

// readGateways reads the names of gateways and people, and whether practice requests are shown.
func (w *Window) readGateways() {
	w.list.ReadPractice()
	async.Call(w.bg, func(ctx context.Context) (settings.Names, error) { return w.desk.Names(ctx), nil }, func(names settings.Names, _ error) {
		w.arrangement.names = names
		w.list.Refresh()
		w.report.Refresh()
		w.chosen.refresher.Refresh()
	})
}

// updateTray shows the numbers of the views, by their index, in the tray.
func (w *Window) updateTray(number func(view int) string) {
	w.system.tray.update(w.lang, number, w.raise, w.onView, w.onQuit)
}

// readChosen reads the chosen request with its events and shows it. It calls the function done at the end.
func (w *Window) readChosen(done func()) {
	id := w.chosen.id
	if id == "" {
		done()
		return
	}
	type reading struct {
		request request.Request
		events  []request.Event
	}
	async.Call(w.bg, func(ctx context.Context) (reading, error) {
		r, err := w.desk.Get(ctx, id)
		if err != nil {
			return reading{}, err
		}
		events, err := w.desk.Events(ctx, id)
		return reading{r, events}, err
	}, func(read reading, err error) {
		switch {
		case id != w.chosen.id: // another request was chosen meanwhile
		case err != nil:
			w.notices.failAbout(aboutChosen, kit.Sentence(explain.Error(w.lang, err)))
		default:
			w.notices.settle(aboutChosen)
			late := status.IsLate(status.LateAt(read.request, w.list.Patience()), w.opts.Now())
			m := detail.NewModel(w.lang, w.arrangement.names, w.jobs.pending.Apply(read.request), read.events, late, w.here())
			m.Pending = w.jobs.pending.Has(id)
			w.showChosen(m)
		}
		done()
	})
}

func (w *Window) showChosen(m detail.Model) {
	w.detail.SetModel(m)
	if !w.reviewing() && w.detail.Visible() {
		w.notices.settleIfSaid(m.ID, m.Trouble())
	}
	if w.chosen.addressFor == m.ID && m.Visit.URL != "" {
		w.detail.ShowAddress(m.Visit.URL)
	}
	if do := w.chosen.pending; do != nil {
		w.chosen.pending = nil
		do()
	}
}

// onView shows a view by its index in the sidebar; the last index is the report screen.
func (w *Window) onView(i int) {
	w.notices.clearInfo()
	w.chrome.panes.Close()
	switch {
	case i == len(w.arrangement.views):
		w.onReview()
	case i != w.arrangement.view || w.reviewing() || w.list.ShowsDrillDown():
		w.setView(i, true)
	}
}

func (w *Window) setView(i int, choose bool) {
	w.arrangement.view = i
	w.list.SetView(w.arrangement.views[i], choose)
	w.showViewCount()
	w.showList()
	if v := w.arrangement.views[i]; !v.CountedByStatus() || v.IsMine(w.list.Scope()) {
		w.counts.filtered.Refresh() // the list is read as of now, and so the count must be
	}
}

func (w *Window) viewHolds(s request.Status) bool {
	return w.list.ShowsAll(w.arrangement.views[w.arrangement.view], s)
}

// choose chooses a request in the list and shows it.
func (w *Window) choose(id request.ID) {
	w.showList()
	w.list.Choose(id)
	w.onChosen(id)
}

// onChosen shows the request that was chosen in the list; an empty id shows none.
func (w *Window) onChosen(id request.ID) {
	w.chosen.id, w.chosen.addressFor, w.chosen.pending = id, "", nil
	w.notices.leave(id)
	w.detail.SetJob(w.jobs.paneJob(id))
	w.chrome.drillDown.enable(id != "" || len(w.list.Selected()) > 0)
	if id == "" {
		w.detail.SetModel(detail.Model{})
		w.chrome.panes.Close()
	}
	w.showOffers()
	w.chosen.refresher.Refresh()
	w.checkChosen()
}

// checkChosen checks the stored files of the chosen request, unless that request was the last that it checked. A file that
// is found to be damaged or restored becomes an event of the request, and so is shown as every other change is.
func (w *Window) checkChosen() {
	id := w.chosen.id
	if id == w.chosen.checked {
		return
	}
	w.chosen.checked = id
	if id == "" {
		w.chosen.checking.Drop()
		return
	}
	async.CallLatest(w.bg, &w.chosen.checking, func(ctx context.Context) (request.Request, error) {
		return w.desk.CheckFiles(ctx, id)
	}, func(_ request.Request, err error) {
		if err != nil {
			w.opts.Log.Info("the stored files of a request cannot be checked", "request", id, "error", err)
		}
	})
}

func (w *Window) onCopy(address string) {
	w.app.Clipboard().SetContent(address)
	w.notices.inform(w.lang.Say("window.copied"))
}
