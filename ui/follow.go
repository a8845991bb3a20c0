package ui

import (
	"context"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/kit"
)

// frame is the shortest time between two redraws for what changed in the ledger.
const frame = time.Second / 60

// ageTick is how often the ages of the rows are put into words anew.
const ageTick = 30 * time.Second

// news is what changed since the last redraw.
type news struct {
	ids map[request.ID]bool
	all bool // more than ids tells: everything shown is to be read anew
}

func (n *news) add(notice ledger.Notice) {
	n.all = n.all || notice.Missed
	if n.ids == nil {
		n.ids = map[request.ID]bool{}
	}
	for _, e := range notice.Events {
		n.ids[e.ID] = true
	}
}

// follow tells the window what is written to the ledger, at most once a frame. The first
// news is that everything is to be read; it comes when nothing can be missed any more.
func (w *Window) follow(ctx context.Context) {
	notices, err := w.desk.Watch(ctx)
	w.bg.Show(func() {
		if err != nil {
			w.notices.fail(w.lang.Say("window.cannot_follow", kit.Sentence(err.Error())))
		}
		w.onNews(news{all: true})
	})
	if err != nil {
		return
	}
	ages := time.NewTicker(ageTick)
	defer ages.Stop()
	var waiting *news
	var due <-chan time.Time // set while a redraw is held back
	last := time.Time{}
	flush := func() {
		changed := *waiting
		waiting, due, last = nil, nil, time.Now()
		w.bg.Show(func() { w.onNews(changed) })
	}
	for {
		select {
		case notice, open := <-notices:
			if !open {
				return
			}
			if waiting == nil {
				waiting = &news{}
			}
			waiting.add(notice)
			w.outside.completions.add(notice)
			switch wait := frame - time.Since(last); {
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

// onNews reads anew what is shown and may have changed.
func (w *Window) onNews(n news) {
	w.counts.statuses.Refresh()
	w.counts.filtered.Refresh()
	w.counts.toReview.Refresh()
	w.report.Refresh()
	w.list.Refresh()
	if n.all || n.ids[w.chosen.id] {
		w.chosen.reading.Refresh()
	}
}
