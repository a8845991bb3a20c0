package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/report"
	"countersign/ui/status"
)

// buildReview makes the screen of numbers, and what stands above the list when a number or a
// review has led there.
func (w *Window) buildReview() {
	w.report = report.New(w.lang, w.desk, w.bg, w.opts.Now, w.modals, w.onKey, reportHost{w})
	w.stage.drillDown = newDrillDownBar(w)
}

// onReview opens the screen of numbers.
func (w *Window) onReview() {
	w.stage.panes.Hide()
	w.stage.drillDown.root.Hide()
	w.report.Show()
	w.stage.side.nav.choose(len(w.arrangement.views))
	w.stage.frame.Refresh()
	if c := w.window.Canvas(); c.Focused() != fyne.Focusable(w.stage.side.nav) { // the arrow keys go on there
		w.report.Focus()
	}
}

// reviewing tells that the screen of numbers is open.
func (w *Window) reviewing() bool { return w.report.Visible() }

// showList puts the screen of numbers away.
func (w *Window) showList() {
	w.report.Hide()
	w.stage.panes.Show()
	if !w.list.ShowsDrillDown() {
		w.stage.side.nav.choose(w.arrangement.view)
	}
	w.stage.drillDown.show(w.list.Listed())
	w.stage.frame.Refresh()
}

// drillInto lists what no view of the sidebar does. Its name and the way back stand above it.
func (w *Window) drillInto(v list.View) {
	v.DrillDown = true
	w.list.SetView(v, true)
	w.showList()
	w.stage.side.nav.choose(len(w.arrangement.views))
	w.list.Focus()
}

// onTile lists what a number counts.
func (w *Window) onTile(t report.Tile) {
	switch t {
	case report.WaitingTile:
		w.drillInto(list.View{Name: w.lang.Say("review.waiting"), Icon: kit.IconPen, Statuses: []request.Status{request.Pending, request.Signing}, EmptyTitle: w.lang.Say("review.none_open")})
	case report.SignedTile:
		of, words := w.report.ShownPeriod()
		w.drillInto(list.View{
			Name: kit.Joined(w.lang.Say("view.signed"), words), Icon: kit.IconCheck, Statuses: []request.Status{request.Signed},
			EndedFrom: of.From, EndedTo: of.To, EmptyTitle: w.lang.Say("review.nothing"),
		})
	case report.AttentionTile:
		w.showWhole(list.ViewAttention)
	case report.DueTile:
		w.showWhole(list.ViewDue)
	}
}

// showWhole shows a view of the sidebar without any search or filter.
func (w *Window) showWhole(key list.StoredName) {
	w.list.ClearFilters()
	w.setView(slices.IndexFunc(w.arrangement.views, func(v list.View) bool { return v.Key == key }), true)
	w.list.Focus()
}

// onToReview lists the outcomes that nobody has reviewed.
func (w *Window) onToReview() {
	w.drillInto(list.View{
		Name: w.lang.Say("review.to_review"), Icon: kit.IconProof, Decision: request.Undecided,
		EmptyTitle: w.lang.Say("review.empty"), EmptyText: w.lang.Say("review.empty_text"),
	})
}

// inReviewList tells that the outcomes to review are listed.
func (w *Window) inReviewList() bool {
	return !w.reviewing() && w.list.ListsReviews()
}

// onReviewKey hears the keys by which outcomes are reviewed one after the other.
func (w *Window) onReviewKey(key fyne.KeyName) {
	if !w.inReviewList() {
		return
	}
	switch key {
	case fyne.KeyA:
		w.doOrAll(status.Accept)
	case fyne.KeyR:
		w.doOrAll(status.SendBack)
	case fyne.KeyN:
		w.onNextRow()
	}
}

// onNextRow goes on to the next request of the list.
func (w *Window) onNextRow() {
	if !w.reviewing() {
		w.list.MoveBy(+1)
		w.list.Focus()
	}
}

// accept accepts the outcome of a request.
func (w *Window) accept(m detail.Model) { w.decide(m.Id, request.Accepted, "") }

// askSendBack asks what is to be done about an outcome.
func (w *Window) askSendBack(m detail.Model) {
	w.askNote(w.lang.Say("review.return_title"), w.lang.Say("review.return_text", m.Title), func(note string) {
		w.decide(m.Id, request.SentBack, note)
	})
}

func (w *Window) askNote(title, question string, do func(note string)) {
	asks := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(question)
	w.modals.AskLine(title, asks, "", w.lang.Say("review.note"), w.lang.Say("review.return_yes"), false, func(note string) {
		if note = strings.TrimSpace(note); note != "" {
			do(note)
		}
	})
}

// decide keeps what was decided. In the list of outcomes to review, the next one is chosen at once.
func (w *Window) decide(id request.ID, d request.Decision, note string) {
	w.start(id, w.lang.Say("review.deciding"), func(ctx context.Context) error {
		_, err := w.desk.Review(ctx, id, d, note)
		return err
	})
	if w.inReviewList() {
		w.list.MoveOff(id)
		w.list.Focus()
	}
}

func (w *Window) startReview(a status.Action, ids []request.ID, d request.Decision, note string) {
	w.startBulk(a, ids, func(ctx context.Context, ids []request.ID, told func(int)) bulkResult {
		return w.reviewAll(ctx, ids, d, note, told)
	})
}

// reviewAll decides the same about many outcomes.
func (w *Window) reviewAll(ctx context.Context, ids []request.ID, d request.Decision, note string, told func(int)) bulkResult {
	return w.oneByOne(ctx, ids, told, request.Status.Ended, func(id request.ID) error {
		_, err := w.desk.Review(ctx, id, d, note)
		return err
	})
}

// readToReview shows in the sidebar how many outcomes nobody has reviewed. A counter knows it.
func (w *Window) readToReview(done func()) {
	async.Call(w.bg, func(ctx context.Context) (int, error) {
		n, _, err := w.desk.Count(ctx, ledger.Query{Decision: request.Undecided}, 0)
		return n, err
	}, func(n int, err error) {
		if err != nil {
			w.opts.Log.Warn("could not count the outcomes to review", "error", err)
		} else {
			w.stage.side.nav.count(len(w.arrangement.views), w.lang.Number(n))
		}
		done()
	})
}

// drillDownBar stands above a list that the screen of numbers led to: the way back, what is listed, and
// for a review what can be decided.
type drillDownBar struct {
	name    *kit.Text
	actions *fyne.Container
	back    *kit.Button
	root    *fyne.Container
	accept  *kit.Button
	decide  []*kit.Button // what can be done when a request is chosen
}

func newDrillDownBar(w *Window) *drillDownBar {
	a := &drillDownBar{name: kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)}
	a.name.MaxLines = 1
	a.back = kit.NewButton(w.lang.Say("review.title"), kit.IconBack, widget.LowImportance, w.onKey, w.onReview)
	a.accept = kit.NewButton(w.lang.Say("review.accept"), kit.IconCheck, widget.HighImportance, w.onKey, func() { w.doOrAll(status.Accept) })
	sendBack := kit.NewButton(w.lang.Say("review.return"), kit.IconBack, widget.MediumImportance, w.onKey, func() { w.doOrAll(status.SendBack) })
	next := kit.NewButton(w.lang.Say("review.next"), kit.IconDown, widget.MediumImportance, w.onKey, w.onNextRow)
	a.decide = []*kit.Button{a.accept, sendBack, next}
	a.enable(false)
	a.actions = container.New(layout.NewCustomPaddedHBoxLayout(8), a.accept, sendBack, next)
	a.root = container.NewStack(kit.NewBackground(kit.ColorSidebar), container.New(kit.Padding(12, 8), container.New(kit.Row{Gap: 12, Center: true}, a.back, a.name, a.actions)))
	a.root.Hide()
	return a
}

// show says what is listed, if it is not a view of the sidebar.
func (a *drillDownBar) show(v list.View) {
	a.root.Hidden = !v.DrillDown
	a.actions.Hidden = v.Decision == ""
	a.name.Set(v.Name)
	a.root.Refresh()
}

// enable lets outcomes be decided, or nothing while none is chosen.
func (a *drillDownBar) enable(on bool) {
	for _, b := range a.decide {
		if on && b.Disabled() {
			b.Enable()
		} else if !on && !b.Disabled() {
			b.Disable()
		}
	}
}
