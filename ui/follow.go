package ui

import (
	"context"
	"time"

	"countersign/core/explain"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// redrawInterval is the shortest time between two redraws after changes of the ledger.
const redrawInterval = time.Second / 60

// ageInterval is how often the texts that depend on the current time are updated.
const ageInterval = 30 * time.Second

// changes collects what changed in the ledger since the last redraw.
type changes struct {
	ids map[request.ID]bool
	all bool // changes may have been missed: everything shown must be read again
}

func (c *changes) add(notice ledger.Notice) {
	c.all = c.all || notice.Missed
	if c.ids == nil {
		c.ids = map[request.ID]bool{}
	}
	for _, e := range notice.Events {
		c.ids[e.ID] = true
	}
}

// startFollowing starts to watch the ledger and then has everything read, so that no change in between is missed. If
// watching fails, it shows the error, has everything read once, and no change is followed.
func (w *Window) startFollowing() {
	async.Call(w.bg, w.desk.Watch, func(notices <-chan ledger.Notice, err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("window.cannot_follow", kit.Sentence(explain.Error(w.lang, err))))
		}
		w.onChanges(changes{all: true})
		if err == nil {
			w.bg.Go(func(ctx context.Context) { w.follow(ctx, notices) })
		}
	})
}

// follow passes the changes of the ledger to the window, at most once per redrawInterval, until ctx ends.
func (w *Window) follow(ctx context.Context, notices <-chan ledger.Notice) {
	ages := time.NewTicker(ageInterval)
	defer ages.Stop()
	var waiting *changes
	var due <-chan time.Time // set while a redraw is held back
	last := time.Time{}
	flush := func() {
		changed := *waiting
		waiting, due, last = nil, nil, time.Now()
		w.bg.Show(func() { w.onChanges(changed) })
	}
	for {
		select {
		case notice, open := <-notices:
			if !open {
				return
			}
			if waiting == nil {
				waiting = &changes{}
			}
			waiting.add(notice)
			w.system.notifier.Add(notice)
			switch wait := redrawInterval - time.Since(last); {
			case wait <= 0:
				flush()
			case due == nil:
				due = time.After(wait)
			}
		case <-due:
			flush()
		case <-ctx.Done():
			return
		case <-ages.C:
			w.bg.Show(w.onMinute)
		}
	}
}

// onChanges reads again what is shown and may have changed.
func (w *Window) onChanges(c changes) {
	w.counts.statuses.Refresh()
	w.counts.filtered.Refresh()
	w.counts.toReview.Refresh()
	w.report.Refresh()
	w.list.Changed(c.ids, c.all)
	if c.all || c.ids[w.chosen.id] {
		w.chosen.refresher.Refresh()
	}
}
