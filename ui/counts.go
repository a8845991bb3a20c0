package ui

import (
	"context"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/list"
)

const (
	// maxCount is the number of rows at which counting stops, for a view whose conditions go beyond the status.
	maxCount = 1000
	// countPause is the shortest time between two counts of such views.
	countPause = time.Second / 2
)

// readCounts reads the number of requests of each status, and updates the sidebar, the tray and the list's footer. It
// calls the function done at the end, also after an error, which is only logged.
func (w *Window) readCounts(done func()) {
	practice, here := w.list.Scope().Practice(), w.here()
	type answer struct {
		counts map[request.Status]int
		out    int
	}
	async.Call(w.bg, func(ctx context.Context) (a answer, err error) {
		if a.counts, err = w.desk.CountByStatus(ctx, ledger.Without, practice); err != nil || w.login() == "" {
			a.out = a.counts[request.Signing]
			return a, err
		}
		if here != "" {
			a.out, _, err = w.desk.Count(ctx, ledger.Query{Statuses: []request.Status{request.Signing}, Desk: here}, maxCount)
		}
		return a, err
	}, func(a answer, err error) {
		if err != nil {
			w.opts.Log.Warn("could not count", "error", err)
		} else {
			all, scope := list.View{}.Total(a.counts), w.list.Scope()
			w.counts.signing, w.counts.out = a.counts[request.Signing], a.out
			if !scope.Mine { // else they say how many of a person's own there are, which readFilteredCounts counts
				w.updateTray(func(i int) string { return w.lang.Number(w.arrangement.views[i].Total(a.counts)) })
				w.updateTitle(a.counts[request.Pending])
			}
			for i, v := range w.arrangement.views {
				if v.CountedByStatus() && !v.IsMine(scope) {
					w.chrome.sidebar.nav.count(i, w.lang.Number(v.Total(a.counts)))
				}
			}
			w.list.SetTotal(all)
			w.showViewCount()
			if w.chosen.id == "" {
				w.detail.ShowPlaceholder(all == 0)
			}
		}
		done()
	})
}

// updateTitle has the title of the window say how many requests are to be signed.
func (w *Window) updateTitle(pending int) {
	title := programName
	if pending > 0 {
		title = w.lang.Count("window.title", pending, programName)
	}
	if title != w.window.Title() {
		w.window.SetTitle(title)
	}
}

// readFilteredCounts counts the requests of the views whose conditions go beyond the status, or which have a person's own alone, and shows the
// numbers in the sidebar. It calls the function done countPause after that, unless the window closes.
func (w *Window) readFilteredCounts(done func()) {
	type counted struct {
		n    int
		more bool
	}
	type answer struct {
		counts   map[int]counted
		patience settings.Patience
	}
	w.chrome.reminders.Refresh()
	views, now, scope := w.arrangement.views, w.opts.Now(), w.list.Scope()
	async.Call(w.bg, func(ctx context.Context) (answer, error) {
		a := answer{map[int]counted{}, w.desk.Patience(ctx)} // it may have changed
		for i, v := range views {
			if v.CountedByStatus() && !v.IsMine(scope) {
				continue
			}
			scope.Patience = a.patience
			n, more, err := w.desk.Count(ctx, v.FullQuery(now, scope), maxCount)
			if err != nil {
				return a, err
			}
			a.counts[i] = counted{n, more}
		}
		return a, nil
	}, func(a answer, err error) {
		if !w.list.Patience().Equal(a.patience) {
			w.list.SetPatience(a.patience)
			w.chosen.refresher.Refresh()
		}
		if err != nil {
			w.opts.Log.Warn("could not count a view", "error", err)
		}
		// No view was added or removed meanwhile, and a person's own requests are listed as before.
		if now := w.list.Scope(); len(views) == len(w.arrangement.views) && scope.Mine == now.Mine {
			for i, c := range a.counts {
				w.chrome.sidebar.nav.count(i, w.countText(c.n, c.more))
			}
			if scope.Mine && err == nil {
				w.updateTray(func(i int) string { return w.countText(a.counts[i].n, a.counts[i].more) })
				w.updateTitle(a.counts[list.ToSign].n)
			}
			w.showViewCount()
		}
		w.bg.Go(func(ctx context.Context) {
			pause := time.NewTimer(countPause)
			defer pause.Stop()
			select {
			case <-pause.C:
				w.bg.Show(done)
			case <-ctx.Done():
			}
		})
	})
}

// showViewCount has the list say how many requests its view has.
func (w *Window) showViewCount() {
	w.list.SetViewCount(w.chrome.sidebar.nav.items[w.arrangement.view].count)
}

// countText returns a count as the sidebar shows it; more means that there are further rows that were not counted.
func (w *Window) countText(n int, more bool) string {
	switch {
	case more && n >= maxCount:
		return w.lang.Say("list.many", w.lang.Number(maxCount-1))
	case more:
		return w.lang.Say("list.many", w.lang.Number(n))
	}
	return w.lang.Number(n)
}

// onMinute redraws what depends on the current time: the ages of rows and, while a visit is open or after midnight, what
// may be late or has fallen out of a period by now.
func (w *Window) onMinute() {
	w.list.RefreshAges()
	w.remind()
	day := w.opts.Now().Format(time.DateOnly)
	if w.counts.signing > 0 || day != w.counts.day {
		w.counts.day = day
		w.counts.filtered.Refresh()
		w.report.Refresh()
		w.list.Requery()
		w.chosen.refresher.Refresh() // it may be late by now
	}
}

// remind counts what is to be looked at today, and sends the notification of the day when it is time.
func (w *Window) remind() {
	w.chrome.reminders.Refresh()
	w.chrome.reminders.Tick()
}
