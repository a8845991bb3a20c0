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

	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/reminder"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/list"
	"countersign/ui/report"
	"countersign/ui/status"
)

// buildReview creates the report screen, and the bar above a list that was opened from it.
func (w *Window) buildReview() {
	w.report = report.New(w.lang, w.desk, w.bg, w.opts.Now, w.modals, w.onKey, reportHost{w})
	w.chrome.drillDown = newDrillDownBar(w)
}

// onReview opens the report screen.
func (w *Window) onReview() {
	w.chrome.panes.Hide()
	w.chrome.drillDown.root.Hide()
	w.report.Show()
	w.chrome.sidebar.nav.choose(len(w.arrangement.views))
	w.chrome.frame.Refresh()
	w.showOffers()
	if c := w.window.Canvas(); c.Focused() != fyne.Focusable(w.chrome.sidebar.nav) { // else the arrow keys keep moving in the sidebar
		w.report.Focus()
	}
}

// reviewing reports whether the report screen is open.
func (w *Window) reviewing() bool { return w.report.Visible() }

// showList closes the report screen and shows the list.
func (w *Window) showList() {
	w.report.Hide()
	w.chrome.panes.Show()
	if !w.list.ShowsDrillDown() {
		w.chrome.sidebar.nav.choose(w.arrangement.view)
	}
	w.chrome.drillDown.show(w.list.Listed())
	w.chrome.frame.Refresh()
	w.showOffers()
}

// drillInto lists a view that is not in the sidebar. The bar above it shows its name and the way back to the report.
func (w *Window) drillInto(v list.View) {
	w.drillFrom(len(w.arrangement.views), w.lang.Say("review.title"), w.onReview, v)
}

// drillFrom lists a view that is not in the sidebar, where the item with an index stays chosen. The bar above the list shows
// its name, and the way back: a button with the label back, which calls the function leave.
func (w *Window) drillFrom(item int, back string, leave func(), v list.View) {
	v.DrillDown, v.Practice = true, ledger.Without // as the numbers count
	w.chrome.drillDown.leadBack(back, leave)
	w.list.SetView(v, true)
	w.chrome.panes.Close()
	w.showList()
	w.chrome.sidebar.nav.choose(item)
	w.focusList()
}

// onTile lists the requests that a tile of the report counts.
func (w *Window) onTile(t report.Tile) {
	switch t {
	case report.WaitingTile:
		w.drillInto(list.View{Name: w.lang.Say("review.waiting"), Icon: kit.IconPen, Statuses: []request.Status{request.Pending, request.Signing}, Archived: ledger.Without, EmptyTitle: w.lang.Say("review.none_open")})
	case report.SignedTile:
		period, periodText := w.report.ShownPeriod()
		w.drillInto(list.View{
			Name: kit.Joined(w.lang.Say("view.signed"), periodText), Icon: kit.IconCheck, Statuses: []request.Status{request.Signed},
			Archived: ledger.Both, EndedFrom: period.From, EndedTo: period.To, EmptyTitle: w.lang.Say("review.nothing"),
		})
	case report.AttentionTile:
		w.drillInto(w.builtIn(list.ViewAttention))
	case report.DueTile:
		w.drillInto(w.builtIn(list.ViewDue))
	}
}

// builtIn returns the built-in view with a key.
func (w *Window) builtIn(key list.StoredName) list.View {
	return w.arrangement.views[slices.IndexFunc(w.arrangement.views, func(v list.View) bool { return v.Key == key })]
}

// listUnreviewed lists the outcomes that nobody has reviewed.
func (w *Window) listUnreviewed() {
	w.drillInto(list.View{
		Name: w.lang.Say("review.to_review"), Icon: kit.IconProof, Decision: request.Undecided, Archived: ledger.Without,
		EmptyTitle: w.lang.Say("review.empty"), EmptyText: w.lang.Say("review.empty_text"),
	})
}

// inReviewList reports whether the list of outcomes to review is shown.
func (w *Window) inReviewList() bool {
	return !w.reviewing() && w.list.ListsReviews()
}

// onReviewKey handles the single-letter keys of the list of outcomes to review.
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

// onNextRow moves to the next request of the list.
func (w *Window) onNextRow() {
	if !w.reviewing() {
		w.list.MoveBy(+1)
		w.focusList()
	}
}

// accept records the outcome of a request as accepted.
func (w *Window) accept(m detail.Model) { w.decide(m.ID, request.Accepted, "") }

// askSendBack asks for a note, and sends the outcome of a request back with it.
func (w *Window) askSendBack(m detail.Model) {
	w.askNote(w.lang.Say("review.return_title"), w.lang.Say("review.return_text", m.Title), func(note string) {
		w.decide(m.ID, request.SentBack, note)
	})
}

// askNote asks for a note and calls the function do with the note, unless the note is empty or the question is dismissed.
func (w *Window) askNote(title, question string, do func(note string)) {
	prompt := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(question)
	w.modals.AskLine(title, prompt, "", w.lang.Say("review.note"), w.lang.Say("review.return_yes"), widget.HighImportance, false, w.problemOf(input.Note), func(note string) {
		if note = strings.TrimSpace(note); note != "" {
			do(note)
		}
	})
}

// decide records a review. In the list of outcomes to review, it moves to the next one at once.
func (w *Window) decide(id request.ID, d request.Decision, note string) {
	said := w.lang.Say("undo.accepted", w.titleOf(id))
	if d == request.SentBack {
		said = w.lang.Say("undo.returned", w.titleOf(id))
	}
	e := request.Event{Kind: request.KindReviewed, Reviewed: &request.Reviewed{Decision: d, Note: note}}
	w.startUndoable(id, w.lang.Say("review.deciding"), said, e, func(ctx context.Context) error {
		_, err := w.desk.Review(ctx, id, d, note)
		return err
	})
	if w.inReviewList() {
		w.list.MoveOff(id)
		w.focusList()
	}
}

// startReview records the same decision for several outcomes, as the bulk job.
func (w *Window) startReview(a status.Action, ids []request.ID, d request.Decision, note string) {
	w.startEach(a, ids, func(ctx context.Context, id request.ID) error {
		_, err := w.desk.Review(ctx, id, d, note)
		return err
	})
}

// readToReview shows in the sidebar how many outcomes nobody has reviewed. The ledger keeps that number, so
// no rows are read.
func (w *Window) readToReview(done func()) {
	async.Call(w.bg, func(ctx context.Context) (int, error) {
		n, _, err := w.desk.Count(ctx, ledger.Query{Decision: request.Undecided, Archived: ledger.Without, Practice: ledger.Without}, 0)
		return n, err
	}, func(n int, err error) {
		if err != nil {
			w.opts.Log.Warn("could not count the outcomes to review", "error", err)
		} else {
			w.chrome.sidebar.nav.count(len(w.arrangement.views), w.lang.Number(n))
		}
		done()
	})
}

// drillDownBar stands above a list that was opened from the report: the way back, the name of the list and, for
// outcomes to review, the buttons for a decision.
type drillDownBar struct {
	name      *kit.Text
	actions   *fyne.Container
	back      *kit.Button
	leave     func() // what back does, and Escape
	root      *fyne.Container
	accept    *kit.Button
	decisions []*kit.Button // enabled while a request is chosen
}

func newDrillDownBar(w *Window) *drillDownBar {
	b := &drillDownBar{name: kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground)}
	b.name.MaxLines = 1
	b.back = kit.NewButton(w.lang.Say("review.title"), kit.IconBack, widget.LowImportance, w.onKey, func() { b.leave() })
	b.accept = kit.NewButton(w.lang.Say("review.accept"), kit.IconCheck, widget.HighImportance, w.onKey, func() { w.doOrAll(status.Accept) })
	sendBack := kit.NewButton(w.lang.Say("review.return"), kit.IconBack, widget.MediumImportance, w.onKey, func() { w.doOrAll(status.SendBack) })
	next := kit.NewButton(w.lang.Say("review.next"), kit.IconDown, widget.MediumImportance, w.onKey, w.onNextRow)
	b.decisions = []*kit.Button{b.accept, sendBack, next}
	b.enable(false)
	b.actions = container.New(layout.NewCustomPaddedHBoxLayout(8), b.accept, sendBack, next)
	b.root = container.NewStack(kit.NewBackground(kit.ColorSidebar), container.New(kit.Padding(12, 8), container.New(kit.Row{Gap: 12, Center: true}, b.back, b.name, b.actions)))
	b.root.Hide()
	return b
}

// leadBack sets the label of the button that leads back, and what it does.
func (b *drillDownBar) leadBack(label string, leave func()) {
	b.leave = leave
	b.back.SetLabel(label, kit.IconBack, b.back.Importance)
}

// show sets the bar up for a view, or hides it for a view of the sidebar.
func (b *drillDownBar) show(v list.View) {
	b.root.Hidden = !v.DrillDown
	b.actions.Hidden = v.Decision == ""
	b.name.Set(v.Name)
	b.root.Refresh()
}

// enable enables or disables the buttons for a decision.
func (b *drillDownBar) enable(on bool) {
	for _, button := range b.decisions {
		if on && button.Disabled() {
			button.Enable()
		} else if !on && !button.Disabled() {
			button.Disable()
		}
	}
}

// remindHost implements [remind.Host].
type remindHost struct{ w *Window }

func (h remindHost) ListDue(day string) {
	h.listQuery(h.w.lang.Say("remind.due_view"), reminder.Due(day, h.w.login()))
}

func (h remindHost) ListSilent(days int) {
	h.listQuery(h.w.lang.Count("remind.silent_view", days), reminder.Silent(h.w.opts.Now(), days, h.w.login()))
}

// listQuery lists the requests of a query. The way back leads to the view that was shown before.
func (h remindHost) listQuery(name string, q ledger.Query) {
	w := h.w
	item := w.arrangement.view
	if q.AddedOrLaunchedBy != "" {
		name = kit.Joined(name, w.lang.Say("filter.mine"))
	}
	w.drillFrom(item, w.lang.Say("window.back"), func() { w.onView(item) }, list.View{
		Name: name, Icon: kit.IconDay, Statuses: q.Statuses, EmptyTitle: w.lang.Say("remind.none"),
		Narrow: func(of ledger.Query) ledger.Query {
			of.AddedOrLaunchedBy, of.DueBy, of.To = q.AddedOrLaunchedBy, q.DueBy, q.To
			return of
		},
	})
}

func (h remindHost) Send(text string) {
	if h.w.opts.Remind != nil {
		h.w.opts.Remind(programName, text)
	}
}

func (h remindHost) Failed(err error) {
	h.w.opts.Log.Warn("the reminders cannot be read", "error", err)
}
