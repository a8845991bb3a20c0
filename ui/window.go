// Package ui is the desktop window: what to draw, and what was pressed. What a request is
// and what can be done with it, the desk decides.
//
// Everything here happens on the goroutine that draws, but for calls to the desk: these
// run on background goroutines, and their answers come back through one door,
// [Options.Dispatch]. Late answers to old questions are dropped. The window polls
// nothing; it follows the ledger.
//
// The screens are [sidebar], [Pane] and [Pane]. They tell the window what was
// pressed through functions they are given, and know nothing of each other. Every
// word they say is in the catalogues of the package i18n, in the window's language; what
// the desk says went wrong is shown as it is.
package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"countersign/assets"
	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/compose"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/prefs"
	"countersign/ui/report"
	"countersign/ui/status"
)

// programName is the same in every language.
const programName = "Countersign"

// Window is the program's window.
type Window struct {
	app    fyne.App
	window fyne.Window
	desk   Desk
	opts   Options
	lang   i18n.Language
	bg     *async.Worker

	side     *sidebar
	list     *list.Pane
	detail   *detail.Pane
	panes    *panes         // the list and the request
	review   *report.Screen // stands in their place
	aside    *asideBar
	notices  *notices
	modals   *kit.Modals        // questions over the window
	browser  *dialog.FileDialog // that is open, over all else
	composer *compose.Composer
	queue    *queueBar
	tray     tray
	endings  *notifier
	frame    *fyne.Container

	views    []list.View // those that there always are, and then the saved ones
	view     int
	selected request.ID
	practice map[string]bool // gateways that are for practice
	jobs     map[request.ID]*job
	counts   *async.Refresher
	filtered *async.Refresher // counts of the views with conditions
	toReview *async.Refresher // count of the outcomes to review
	out      int              // how many signings are under way
	day      string           // today
	keeper   *keeper
	arranged bool             // the settings were read
	bulk     *bulkJob         // is done with all that is selected
	reading  *async.Refresher // of the chosen request
	// addressFor is the request whose address a person asked for.
	addressFor request.ID
	saveFolder string // where the last file was saved
	// later is what was pressed for a chosen request that is not shown yet.
	later func()
	prefs *prefs.Prefs
}

// New makes the window of a desk and sets the program's theme. It is called on the
// goroutine that draws, and touches the desk only after [Window.Show].
func New(a fyne.App, d Desk, o Options) *Window {
	o = o.withDefaults()
	a.Settings().SetTheme(kit.Theme(o.Look))
	w := &Window{
		app: a, desk: d, opts: o, lang: o.Language, bg: async.New(o.Dispatch), window: a.NewWindow(programName),
		practice: map[string]bool{}, jobs: map[request.ID]*job{},
	}
	w.modals = kit.NewModals(w.lang, w.window.Canvas(), w.bg.Show, w.onKey, w.showHelp)
	w.composer = compose.New(w.lang, d, w.bg, w.modals, composeHost{w}, o.Now, o.Log)
	w.prefs = prefs.New(w.lang, d, w.bg, w.modals, prefsHost{w}, o.Now)
	w.views, w.day = list.Views(w.lang), o.Now().Format(time.DateOnly)
	w.keeper = &keeper{desk: d, bg: w.bg, done: w.onKept}
	w.counts = async.NewRefresher(w.readCounts)
	w.filtered = async.NewRefresher(w.readFilteredCounts)
	w.toReview = async.NewRefresher(w.readToReview)
	w.reading = async.NewRefresher(w.readSelected)
	w.tray = tray{set: o.Tray}
	w.endings = newNotifier(w.lang, d.Get, o.Notify, func(err error) { o.Log.Warn("an ending is not told", "error", err) })
	w.build()
	return w
}

func (w *Window) build() {
	w.window.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	nav := newNav(list.View{Name: w.lang.Say("review.title"), Icon: kit.IconChart}, w.onKey, w.onView)
	nav.onMenu, nav.onEdit = w.onViewMenu, w.onEditView
	nav.setViews(w.views)
	w.side = newSidebar(w.lang, w.opts.HomeNote, w.onKey, nav, w.composer.Open, w.prefs.Settings)
	w.list = list.New(w.lang, w.desk, w.bg, w.opts.Now, w.modals, w.onKey, listHost{w})
	read := detail.DocumentReader{Signatures: w.desk.SignaturesOf, FirstPage: w.opts.firstPage(w.desk)}
	w.detail = detail.New(w.lang, w.bg, read, w.onKey, detailHost{w})
	w.notices = newNotices(w.lang, w.onKey, w.modals.Explain, func() { w.frame.Refresh() })
	w.buildReview()
	w.panes = newPanes(w.list.Content(), w.detail, w.onKey)
	w.panes.onMoved = func(width float32) { w.keeper.keep(func(s *desk.Settings) { s.Split = float64(width) }) }
	w.frame = container.New(bars{}, w.notices.root, container.NewStack(container.New(kit.VStack(1), w.aside.root, w.panes), w.review.Content()))
	w.queue = newQueueBar(w.lang, w.onKey, w.changeQueue, w.showOut, func() { w.window.Content().Refresh() })
	w.window.SetContent(container.NewStack(container.New(footed{}, container.New(kit.Row{Stretch: true}, w.side.root, w.frame), w.queue.root), w.modals.Layer()))
	w.window.SetPadded(false)
	w.window.SetMainMenu(w.newMenu())
	w.addShortcuts()
	w.window.SetOnDropped(w.onDropped)
	w.window.SetMaster() // the tray has a window of its own, that would keep the program
	w.window.SetCloseIntercept(w.onClose)
	w.window.SetOnClosed(w.end)
	w.window.Resize(fyne.NewSize(1100, 720))
}

// Show opens the window and begins to follow the desk. It is called before the program runs.
func (w *Window) Show() {
	w.countTray(nil)
	w.window.Show()
	w.readArrangement(func() { // nothing is read in an order that is not the person's
		w.readGateways()
		w.bg.Go(w.follow)
	})
	w.bg.Go(w.endings.run)
	w.bg.Go(w.followQueue)
	w.app.Lifecycle().SetOnEnteredForeground(w.onFront)
	w.app.Lifecycle().SetOnExitedForeground(w.onBack)
	w.list.Focus()
}

// Close closes the window, without a question, and ends everything it does in the background.
func (w *Window) Close() {
	if !w.bg.Closed() {
		w.window.Close()
	}
	w.end() // also where the system never opened a window
}

// Fail shows an error of what runs beside the window. It may be called from any goroutine.
func (w *Window) Fail(err error) {
	w.bg.Show(func() { w.notices.fail(kit.Sentence(err.Error())) })
}

// end is called by the toolkit when the window is closed, by whatever means.
func (w *Window) end() { w.bg.Close() }

// onFront is somebody coming to the window.
func (w *Window) onFront() {
	w.endings.front.Store(true)
	w.askNow()
}

// onBack is somebody leaving the window for another.
func (w *Window) onBack() { w.endings.front.Store(false) }

// askNow has the gateways asked for what is out, when somebody comes back to the window.
// What keeps them from answering is told with each request.
func (w *Window) askNow() {
	async.Do(w.bg, w.desk.AskNow, func(err error) {
		if err != nil {
			w.opts.Log.Info("not all gateways answered", "error", err)
		}
	})
}

// readGateways learns which gateways are for practice.
func (w *Window) readGateways() {
	async.Call(w.bg, w.desk.Choices, func(choices []desk.Choice, err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(err.Error()))
			return
		}
		for _, c := range choices {
			w.practice[c.Name] = c.Practice
		}
		w.list.Refresh()
		w.reading.Refresh()
	})
}

func (w *Window) countTray(counts map[request.Status]int) {
	w.tray.count(w.lang, counts, w.raise, w.onView, w.onQuit)
}

// readSelected reads the chosen request and its history.
func (w *Window) readSelected(done func()) {
	id := w.selected
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
		case id != w.selected: // another was chosen meanwhile
		case err != nil:
			w.notices.fail(kit.Sentence(err.Error()))
		default:
			late := status.IsLate(status.LateAt(read.request, w.list.Patience()), w.opts.Now())
			w.showSelected(detail.NewModel(w.lang, read.request, read.events, w.practice[read.request.Gateway], late))
		}
		done()
	})
}

func (w *Window) showSelected(m detail.Model) {
	w.detail.SetModel(m)
	if w.addressFor == m.Id && m.Visit.URL != "" {
		w.detail.ShowAddress(m.Visit.URL)
	}
	if do := w.later; do != nil {
		w.later = nil
		do()
	}
}

// onView shows one of the lists.
func (w *Window) onView(i int) {
	w.notices.outdate()
	switch {
	case i == len(w.views):
		w.onReview()
	case i != w.view || w.reviewing() || w.list.OnDetour():
		w.setView(i, true)
	}
}

func (w *Window) setView(i int, choose bool) {
	w.view = i
	w.list.SetView(w.views[i], choose)
	w.showList()
	if !w.views[i].Plain() {
		w.filtered.Refresh() // what the time alone changed is in the list now, and in the count
	}
}

func (w *Window) viewHolds(s request.Status) bool {
	return w.list.ShowsAll(w.views[w.view], s)
}

// choose chooses a request from elsewhere than the list.
func (w *Window) choose(id request.ID) {
	w.showList()
	w.list.Choose(id)
	w.onChosen(id)
}

// onChosen shows the request that was chosen.
func (w *Window) onChosen(id request.ID) {
	w.selected, w.addressFor, w.later = id, "", nil
	doing := ""
	if j := w.jobs[id]; j != nil {
		doing = j.doing
	}
	w.detail.SetJob(doing)
	w.aside.enable(id != "" || len(w.list.Selected()) > 0)
	if id == "" {
		w.detail.SetModel(detail.Model{})
	}
	w.reading.Refresh()
}

func (w *Window) onCopy(address string) {
	w.app.Clipboard().SetContent(address)
	w.notices.tell(w.lang.Say("window.copied"))
}

// bars puts the notice above the rest, when there is one.
type bars struct{}

func (bars) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top := float32(0)
	if bar := objects[0]; bar.Visible() {
		bar.Resize(fyne.NewSize(size.Width, bar.MinSize().Height))
		top = bar.MinSize().Height
		bar.Resize(fyne.NewSize(size.Width, top))
	}
	objects[1].Move(fyne.NewPos(0, top))
	objects[1].Resize(fyne.NewSize(size.Width, size.Height-top))
}

func (bars) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[1].MinSize() }
