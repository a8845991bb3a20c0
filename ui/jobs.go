package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/pending"
	"countersign/ui/status"
)

// job is an action in progress on one request.
type job struct {
	detail.Job
	stop context.CancelFunc
}

// of returns the job of a request; nil if it has none. A decision about many requests is the job of each.
func (j jobs) of(id request.ID) *job {
	if b := j.bulk; b != nil && slices.Contains(b.ids, id) {
		return &job{detail.Job{Doing: b.doing, Undo: j.canUndo(b)}, b.stop}
	}
	return j.byRequest[id]
}

// canUndo reports whether a bulk job is a decision that can still be taken back.
func (j jobs) canUndo(b *bulkJob) bool { return b.decided != nil && b.decided == j.decided }

// paneJob returns the job of a request as the detail pane shows it; zero if it has none.
func (j jobs) paneJob(id request.ID) detail.Job {
	if job := j.of(id); job != nil {
		return job.Job
	}
	return detail.Job{}
}

// do applies an action to the chosen request. While the detail pane still shows another request, it waits: nobody
// acts on a request they do not see.
func (w *Window) do(a status.Action) {
	m := w.detail.Shown()
	if w.reviewing() { // no request is seen
		return
	}
	if m.ID != w.chosen.id {
		w.chosen.pending = func() { w.do(a) }
		return
	}
	if m.ID == "" || !m.Allows(a) || w.isBusy(m, a) {
		w.refuse(m, a)
		return
	}
	w.handler(a)(m)
}

// handler returns the function that performs an action; nil for an action of several requests.
func (w *Window) handler(a status.Action) func(detail.Model) {
	return map[status.Action]func(detail.Model){
		status.Sign:          func(m detail.Model) { w.sign(m.ID, w.lang.Say("doing.sign")) },
		status.BrowseAgain:   func(m detail.Model) { w.sign(m.ID, w.lang.Say("doing.browse")) },
		status.SignAnew:      w.askSignAnew,
		status.Check:         w.check,
		status.Reopen:        w.reopen,
		status.Withdraw:      w.askWithdraw,
		status.OpenSigned:    func(m detail.Model) { w.open(m.ID, m.Signed) },
		status.OpenOriginal:  func(m detail.Model) { w.open(m.ID, m.Original) },
		status.SaveCopy:      func(m detail.Model) { w.saveCopy(m.ID, m.SignedIndex, m.Signed) },
		status.ShowFolder:    func(m detail.Model) { w.showFolder(m.ID, cmp.Or(m.Signed, m.Original)) },
		status.CopyAddress:   w.copyAddress,
		status.CopySaid:      w.copySaid,
		status.Mail:          w.mail,
		status.Print:         w.print,
		status.CopyTitle:     func(m detail.Model) { w.copyText(m.Title) },
		status.CopyReference: func(m detail.Model) { w.copyText(m.Reference) },
		status.CopyID:        func(m detail.Model) { w.copyText(string(m.ID)) },
		status.Attach: func(m detail.Model) {
			w.system.files.AskPDF(w.lang.Say("attach.title"), w.lang.Say("attach.hint"), w.lang.Say("attach.yes"), func(path string) { w.attach(m, path) })
		},
		status.Vouch:        w.askVouch,
		status.Edit:         w.askEdit,
		status.SaveEvidence: w.saveEvidence,
		status.Accept:       w.accept,
		status.SendBack:     w.askSendBack,
		status.Archive:      w.archive,
		status.Unarchive:    w.unarchive,
		status.Replace:      func(m detail.Model) { w.composer.Replace(m.ID, m.Title) },
		status.Template:     func(m detail.Model) { w.composer.UseAsTemplate(m.ID, m.Title) },
		status.Stop: func(m detail.Model) {
			if j := w.jobs.of(m.ID); j != nil {
				j.stop()
			}
		},
	}[a]
}

// next performs the next step of the chosen request. Where the list alone is shown, it first shows the request: nothing is signed
// unseen.
func (w *Window) next() {
	if w.chosen.id != "" && !w.reviewing() && w.chrome.panes.CoversRight() {
		w.openChosen()
		return
	}
	if w.detail.Shown().ID != w.chosen.id {
		w.chosen.pending = w.next
		return
	}
	w.do(w.detail.Shown().NextStep)
}

// start runs the function work as the job of a request, and shows its error as a notice. See [Window.startOr].
func (w *Window) start(id request.ID, doing string, work func(context.Context) error) {
	w.startOr(id, doing, work, func(error) bool { return false })
}

// startOr runs the function work as the job of a request, on a background goroutine. It shows an error as a notice
// unless the function handled returns true for it. The caller makes sure that the request has no other job.
func (w *Window) startOr(id request.ID, doing string, work func(context.Context) error, handled func(error) bool) {
	ctx, stop := context.WithCancel(w.bg.Context())
	pane := detail.Job{Doing: doing, Undo: w.jobs.pending.Has(id)}
	w.jobs.byRequest[id] = &job{pane, stop}
	w.notices.clearInfo()
	w.notices.settle(aboutRequest(id))
	title := w.titleOf(id)
	w.detail.ShowJob(pane)
	async.DoContext(ctx, w.bg, work, func(err error) {
		stopped := ctx.Err() != nil
		stop()
		delete(w.jobs.byRequest, id)
		if w.jobs.pending.Remove(id) {
			w.list.Refresh()
		}
		if w.chosen.id == id {
			w.detail.ShowJob(w.jobs.paneJob(id))
			defer w.chosen.refresher.Refresh() // after the error is shown, which is removed if the request shows it, too
		}
		switch {
		case errors.Is(err, pending.ErrTakenBack):
			w.showTakenBack(id)
		case err != nil && stopped:
			w.notices.inform(w.lang.Say("window.stopped"))
		case errors.Is(err, desk.ErrBrowser):
			// The detail pane shows the address and the reason.
		case err != nil:
			w.opts.Log.Info("an action failed", "request", id, "error", err)
			if handled(err) {
				return
			}
			said := kit.Sentence(explain.Error(w.lang, err))
			if w.chosen.id != id && title != "" {
				said = w.lang.Say("window.of_request", title, said)
			}
			w.notices.failAbout(aboutRequest(id), said)
		}
	})
}

// titleOf returns the title of a request if the request is shown; otherwise it returns an empty text.
func (w *Window) titleOf(id request.ID) string {
	if m := w.detail.Shown(); m.ID == id {
		return m.Title
	}
	return ""
}

// sign prepares a visit, or finds the current one, and opens the browser for it.
func (w *Window) sign(id request.ID, doing string) {
	w.signWith(w.desk.Sign, id, doing)
}

// signWith calls the function begin for a request, and opens the browser for each of the visits that it returns. Both
// are the job of the request.
func (w *Window) signWith(begin func(context.Context, ...request.ID) ([]request.Visit, error), id request.ID, doing string) {
	w.start(id, doing, func(ctx context.Context) error {
		visits, err := begin(ctx, id)
		for _, visit := range visits {
			err = errors.Join(err, w.desk.OpenBrowser(ctx, visit))
		}
		return err
	})
}

// check asks the gateway for the outcome.
func (w *Window) check(m detail.Model) {
	w.start(m.ID, w.lang.Say("doing.check"), func(ctx context.Context) error { return w.desk.Refresh(ctx, m.ID) })
}

func (w *Window) reopen(m detail.Model) {
	w.start(m.ID, w.lang.Say("doing.reopen"), func(ctx context.Context) error {
		_, err := w.desk.Reopen(ctx, m.ID)
		return err
	})
}

// open opens a read-only copy of a stored document in the system's viewer. An empty digest does nothing.
func (w *Window) open(id request.ID, digest string) {
	if digest == "" {
		return
	}
	w.openWith(func(ctx context.Context) (string, error) { return w.desk.OpenCopy(ctx, id, digest) })
}

// openWith opens the file whose path the function find returns, which is called on a background goroutine, in the system's viewer.
func (w *Window) openWith(find func(context.Context) (path string, err error)) {
	async.Do(w.bg, func(ctx context.Context) error {
		path, err := find(ctx)
		if err != nil {
			return err
		}
		return w.opts.OpenFile(path)
	}, func(err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("window.cannot_open", explain.Error(w.lang, err)))
		}
	})
}

// showFolder shows a read-only copy of a stored document in its folder.
func (w *Window) showFolder(id request.ID, digest string) {
	async.Do(w.bg, func(ctx context.Context) error {
		path, err := w.desk.OpenCopy(ctx, id, digest)
		if err != nil {
			return err
		}
		return w.opts.ShowInFolder(path)
	}, func(err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("request.no_folder", explain.Error(w.lang, err)))
		}
	})
}

// copySaid copies the gateway's answer to the clipboard, with what support needs to find the signing.
func (w *Window) copySaid(m detail.Model) {
	w.app.Clipboard().SetContent(strings.Join(slices.DeleteFunc([]string{
		m.Title, m.Subtitle, m.RemoteIDs, m.Code, m.Message, m.EvidenceText,
	}, func(line string) bool { return line == "" }), "\n"))
	w.notices.inform(w.lang.Say("request.said_copied"))
}

// copyAddress copies the address of the current visit to the clipboard, and records that a person has it. If this home
// would not hear the browser's return, it shows why instead.
func (w *Window) copyAddress(m detail.Model) {
	if m.Visit.URL == "" {
		return
	}
	async.Do(w.bg, func(ctx context.Context) error {
		if err := w.desk.CheckVisit(ctx, m.Visit); err != nil {
			return err
		}
		return w.desk.Shown(ctx, m.Visit)
	}, func(err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
			return
		}
		w.app.Clipboard().SetContent(m.Visit.URL)
		w.notices.inform(w.lang.Say("window.copied"))
		if w.detail.Shown().ID == m.ID {
			w.chosen.addressFor = m.ID
			w.detail.ShowAddress(m.Visit.URL)
		}
	})
}

// copyText copies a text about a request to the clipboard.
func (w *Window) copyText(text string) {
	w.app.Clipboard().SetContent(text)
	w.notices.inform(w.lang.Say("request.text_copied", text))
}

// mail opens a message with a read-only copy of the signed file attached. Where no mail program can be given a file, it shows the
// copy in its folder and says so.
func (w *Window) mail(m detail.Model) {
	async.Call(w.bg, func(ctx context.Context) (attached bool, err error) {
		path, err := w.desk.OpenCopy(ctx, m.ID, m.Signed)
		if err != nil {
			return false, err
		}
		if err := w.opts.Mail(path); err == nil {
			return true, nil
		}
		return false, w.opts.ShowInFolder(path)
	}, func(attached bool, err error) {
		switch {
		case err != nil:
			w.showError(err)
		case !attached:
			w.notices.inform(w.lang.Say("request.mail_by_hand"))
		}
	})
}

// print prints a read-only copy of the signed file, or opens it in the viewer and says that it is printed from there.
func (w *Window) print(m detail.Model) {
	async.Call(w.bg, func(ctx context.Context) (inViewer bool, err error) {
		path, err := w.desk.OpenCopy(ctx, m.ID, m.Signed)
		if err != nil {
			return false, err
		}
		return w.opts.Print(path)
	}, func(inViewer bool, err error) {
		switch {
		case err != nil:
			w.showError(err)
		case inViewer:
			w.notices.inform(w.lang.Say("request.print_by_hand"))
		}
	})
}
