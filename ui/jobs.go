package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// job is an action under way. It can be stopped.
type job struct {
	doing string
	stop  context.CancelFunc
}

// do does an action with the chosen request. When another one is still being shown, it
// waits until the chosen one is: nobody signs what is not seen.
func (w *Window) do(a status.Action) {
	m := w.detail.Shown()
	if w.reviewing() { // no request is seen
		return
	}
	if m.Id != w.chosen.id {
		w.chosen.later = func() { w.do(a) }
		return
	}
	if m.Id == "" || !m.Allows(a) || w.jobs.byRequest[m.Id] != nil && !status.RunsBeside(a) {
		return
	}
	w.handler(a)(m)
}

// handler is how an action is done.
func (w *Window) handler(a status.Action) func(detail.Model) {
	return map[status.Action]func(detail.Model){
		status.Sign:         func(m detail.Model) { w.sign(m.Id, w.lang.Say("doing.sign")) },
		status.BrowseAgain:  func(m detail.Model) { w.sign(m.Id, w.lang.Say("doing.browse")) },
		status.Check:        w.check,
		status.Reopen:       w.reopen,
		status.Withdraw:     w.askWithdraw,
		status.OpenSigned:   func(m detail.Model) { w.open(m.Signed) },
		status.OpenOriginal: func(m detail.Model) { w.open(m.Original) },
		status.SaveCopy:     func(m detail.Model) { w.saveCopy(m.Id, m.SignedAt, m.Signed) },
		status.ShowFolder:   func(m detail.Model) { w.showFolder(cmp.Or(m.Signed, m.Original)) },
		status.CopyAddress:  w.copyAddress,
		status.CopySaid:     w.copySaid,
		status.Attach: func(m detail.Model) {
			w.askFile(w.lang.Say("attach.title"), w.lang.Say("attach.hint"), w.lang.Say("attach.yes"), func(path string) { w.attach(m, path) })
		},
		status.Edit:         w.askEdit,
		status.SaveEvidence: w.saveEvidence,
		status.Accept:       w.accept,
		status.SendBack:     w.askSendBack,
		status.Stop: func(m detail.Model) {
			if j := w.jobs.byRequest[m.Id]; j != nil {
				j.stop()
			}
		},
	}[a]
}

// next does what comes next with the chosen request.
func (w *Window) next() {
	if w.detail.Shown().Id != w.chosen.id {
		w.chosen.later = w.next
		return
	}
	w.do(w.detail.Shown().NextStep)
}

// start runs work for a request and tells what went wrong.
func (w *Window) start(id request.ID, doing string, work func(context.Context) error) {
	w.startOr(id, doing, work, func(error) bool { return false })
}

// startOr runs work for a request, and tells what went wrong unless answer does something
// about it. One job per request is under way at a time.
func (w *Window) startOr(id request.ID, doing string, work func(context.Context) error, answer func(error) bool) {
	ctx, stop := context.WithCancel(w.bg.Context())
	w.jobs.byRequest[id] = &job{doing, stop}
	w.notices.outdate()
	w.detail.ShowJob(doing)
	async.DoContext(ctx, w.bg, work, func(err error) {
		stopped := ctx.Err() != nil
		stop()
		delete(w.jobs.byRequest, id)
		if w.chosen.id == id {
			w.detail.ShowJob("")
			w.chosen.reading.Refresh()
		}
		switch {
		case err != nil && stopped:
			w.notices.tell(w.lang.Say("window.stopped"))
		case errors.Is(err, desk.ErrBrowser):
			// The request itself shows the address and the reason.
		case err != nil:
			w.opts.Log.Info("an action failed", "request", id, "error", err)
			if answer(err) {
				return
			}
			w.notices.fail(kit.Sentence(err.Error()))
		}
	})
}

// sign prepares the visit, or finds the one under way, and sends the browser there.
func (w *Window) sign(id request.ID, doing string) {
	w.start(id, doing, func(ctx context.Context) error {
		visits, err := w.desk.Sign(ctx, id)
		for _, visit := range visits {
			err = errors.Join(err, w.desk.OpenBrowser(ctx, visit))
		}
		return err
	})
}

// check has the gateway asked now.
func (w *Window) check(m detail.Model) {
	w.start(m.Id, w.lang.Say("doing.check"), func(ctx context.Context) error { return w.desk.Refresh(ctx, m.Id) })
}

func (w *Window) reopen(m detail.Model) {
	w.start(m.Id, w.lang.Say("doing.reopen"), func(ctx context.Context) error {
		_, err := w.desk.Reopen(ctx, m.Id)
		return err
	})
}

// open shows a kept document in the system's viewer.
func (w *Window) open(digest string) {
	if digest == "" {
		return
	}
	async.Do(w.bg, func(context.Context) error {
		return w.opts.OpenFile(w.desk.DocumentPath(digest))
	}, func(err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("window.cannot_open", err.Error()))
		}
	})
}

// showFolder shows where a kept document is.
func (w *Window) showFolder(digest string) {
	async.Do(w.bg, w.showing(w.desk.DocumentPath(digest)), func(err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("request.no_folder", err.Error()))
		}
	})
}

// showing shows the folder of a file.
func (w *Window) showing(path string) func(context.Context) error {
	return func(context.Context) error { return w.opts.ShowInFolder(path) }
}

// copySaid puts what the gateway said on the clipboard, with what whoever can help needs to
// find the signing.
func (w *Window) copySaid(m detail.Model) {
	w.app.Clipboard().SetContent(strings.Join(slices.DeleteFunc([]string{
		m.Title, m.Under, m.Ids, m.Word, m.Message, m.Known,
	}, func(line string) bool { return line == "" }), "\n"))
	w.notices.tell(w.lang.Say("request.said_copied"))
}

// copyAddress puts the address of the visit on the clipboard and keeps that a person has it.
func (w *Window) copyAddress(m detail.Model) {
	if m.Visit.URL == "" {
		return
	}
	w.app.Clipboard().SetContent(m.Visit.URL)
	w.notices.tell(w.lang.Say("window.copied"))
	w.chosen.addressFor = m.Id
	w.detail.ShowAddress(m.Visit.URL)
	async.Do(w.bg, func(ctx context.Context) error {
		return w.desk.Shown(ctx, m.Visit)
	}, func(err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(err.Error()))
		}
	})
}
