package ui

import (
	"context"
	"time"

	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/list"
)

const (
	// countedTo is how far the rows of a view with conditions are counted.
	countedTo = 1000
	// countPause is between two counts of such views: a busy ledger is not counted at each notice.
	countPause = time.Second / 2
)

// readCounts reads the counters of the statuses.
func (w *Window) readCounts(done func()) {
	async.Call(w.bg, w.desk.CountByStatus, func(counts map[request.Status]int, err error) {
		if err != nil {
			w.opts.Log.Warn("could not count", "error", err)
		} else {
			all := list.View{}.Total(counts)
			w.counts.out = counts[request.Signing]
			w.countTray(counts)
			for i, v := range w.arrangement.views {
				if v.CountedByStatus() {
					w.stage.side.nav.count(i, w.lang.Number(v.Total(counts)))
				}
			}
			w.list.SetTotal(all)
			if w.chosen.id == "" {
				w.detail.ShowNothing(all == 0)
			}
		}
		done()
	})
}

// readFilteredCounts counts the views that have more conditions than statuses, one after the other.
func (w *Window) readFilteredCounts(done func()) {
	type counted struct {
		n    int
		more bool
	}
	type answer struct {
		counts   map[int]counted
		patience settings.Patience
	}
	views, now := w.arrangement.views, w.opts.Now()
	async.Call(w.bg, func(ctx context.Context) (answer, error) {
		a := answer{map[int]counted{}, w.desk.Patience(ctx)} // which may have been changed meanwhile
		for i, v := range views {
			if v.CountedByStatus() {
				continue
			}
			n, more, err := w.desk.Count(ctx, v.FullQuery(now, a.patience), countedTo)
			if err != nil {
				return a, err
			}
			a.counts[i] = counted{n, more}
		}
		return a, nil
	}, func(a answer, err error) {
		if !w.list.Patience().Equal(a.patience) {
			w.list.SetPatience(a.patience)
			w.chosen.reading.Refresh()
		}
		if err != nil {
			w.opts.Log.Warn("could not count a view", "error", err)
		}
		if len(views) == len(w.arrangement.views) { // none came or went meanwhile
			for i, c := range a.counts {
				w.stage.side.nav.count(i, w.countWord(c.n, c.more))
			}
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

// countWord is a count as the sidebar has room for it.
func (w *Window) countWord(n int, more bool) string {
	switch {
	case more && n >= countedTo:
		return w.lang.Say("list.many", w.lang.Number(countedTo-1))
	case more:
		return w.lang.Say("list.many", w.lang.Number(n))
	}
	return w.lang.Number(n)
}

// onMinute is for what changes with the time alone.
func (w *Window) onMinute() {
	w.list.RefreshAges()
	day := w.opts.Now().Format(time.DateOnly)
	if w.counts.out > 0 || day != w.counts.day {
		w.counts.day = day
		w.counts.filtered.Refresh()
		w.report.Refresh()
		w.list.Requery()
		w.chosen.reading.Refresh() // it may be late by now
	}
}
