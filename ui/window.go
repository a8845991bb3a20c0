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

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

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

// Window is the program's window: the shell around its screens.
type Window struct {
	app    fyne.App
	window fyne.Window
	desk   Desk
	opts   Options
	lang   i18n.Language
	bg     *async.Worker

	list     *list.Pane
	detail   *detail.Pane
	report   *report.Screen // stands in the place of the list and the request
	composer *compose.Composer
	prefs    *prefs.Prefs
	modals   *kit.Modals // questions over the window
	notices  *notices

	stage       stage
	arrangement arrangement
	chosen      chosen
	counts      counts
	jobs        jobs
	outside     outside
}

// stage is what the window puts around its screens.
type stage struct {
	side      *sidebar
	drillDown *drillDownBar
	panes     *panes // the list and the request
	frame     *fyne.Container
	queue     *queueBar
}

// arrangement is how the window is arranged, as the settings have it.
type arrangement struct {
	writer   *settingsWriter
	read     bool            // the settings were read
	views    []list.View     // those that there always are, and then the saved ones
	view     int             // of them, the one that is listed
	practice map[string]bool // gateways that are for practice
}

// chosen is the request that is chosen, while it is shown and before.
type chosen struct {
	id         request.ID
	reading    *async.Refresher
	addressFor request.ID // whose address a person asked for
	later      func()     // what was pressed before the request was shown; nil for nothing
}

// counts are the counters in the sidebar, and what they found.
type counts struct {
	statuses *async.Refresher
	filtered *async.Refresher // of the views with more conditions than statuses
	toReview *async.Refresher
	out      int    // how many signings are under way
	day      string // today
}

// jobs are the actions under way.
type jobs struct {
	byRequest map[request.ID]*job
	bulk      *bulkJob // with all that is selected; nil for none
}

// outside is what the window does outside itself.
type outside struct {
	tray        tray
	completions *notifier
	browser     *dialog.FileDialog // that is open; nil when none is
	saveFolder  string             // where the last file was saved
}

// Show opens the window and begins to follow the desk. It is called before the program runs.
func (w *Window) Show() {
	w.countTray(nil)
	w.window.Show()
	w.readArrangement(func() { // nothing is read in an order that is not the person's
		w.readGateways()
		w.bg.Go(w.follow)
	})
	w.bg.Go(w.outside.completions.run)
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
	w.outside.completions.front.Store(true)
	w.askNow()
}

// onBack is somebody leaving the window for another.
func (w *Window) onBack() { w.outside.completions.front.Store(false) }

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
			w.arrangement.practice[c.Name] = c.Practice
		}
		w.list.Refresh()
		w.chosen.reading.Refresh()
	})
}

func (w *Window) countTray(counts map[request.Status]int) {
	w.outside.tray.count(w.lang, counts, w.raise, w.onView, w.onQuit)
}

// readSelected reads the chosen request and its history.
func (w *Window) readSelected(done func()) {
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
		case id != w.chosen.id: // another was chosen meanwhile
		case err != nil:
			w.notices.fail(kit.Sentence(err.Error()))
		default:
			late := status.IsLate(status.LateAt(read.request, w.list.Patience()), w.opts.Now())
			w.showSelected(detail.NewModel(w.lang, read.request, read.events, w.arrangement.practice[read.request.Gateway], late))
		}
		done()
	})
}

func (w *Window) showSelected(m detail.Model) {
	w.detail.SetModel(m)
	if w.chosen.addressFor == m.Id && m.Visit.URL != "" {
		w.detail.ShowAddress(m.Visit.URL)
	}
	if do := w.chosen.later; do != nil {
		w.chosen.later = nil
		do()
	}
}

// onView shows one of the lists.
func (w *Window) onView(i int) {
	w.notices.outdate()
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
	w.showList()
	if !w.arrangement.views[i].CountedByStatus() {
		w.counts.filtered.Refresh() // what the time alone changed is in the list now, and in the count
	}
}

func (w *Window) viewHolds(s request.Status) bool {
	return w.list.ShowsAll(w.arrangement.views[w.arrangement.view], s)
}

// choose chooses a request from elsewhere than the list.
func (w *Window) choose(id request.ID) {
	w.showList()
	w.list.Choose(id)
	w.onChosen(id)
}

// onChosen shows the request that was chosen.
func (w *Window) onChosen(id request.ID) {
	w.chosen.id, w.chosen.addressFor, w.chosen.later = id, "", nil
	doing := ""
	if j := w.jobs.byRequest[id]; j != nil {
		doing = j.doing
	}
	w.detail.SetJob(doing)
	w.stage.drillDown.enable(id != "" || len(w.list.Selected()) > 0)
	if id == "" {
		w.detail.SetModel(detail.Model{})
	}
	w.chosen.reading.Refresh()
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
