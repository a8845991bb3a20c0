package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/core/words"
)

// action is something that can be done with a request.
type action int

// The actions.
const (
	noAction action = iota
	actSign
	actBrowseAgain
	actCheck
	actReopen
	actOpenSigned
	actOpenOriginal
	actCopyAddress
	actWithdraw
	actAttach
	actStop
)

// face is what an action's button shows.
type face struct {
	label string
	icon  icon
}

// face gives an action's face.
func (a action) face(lang words.Language) face {
	switch a {
	case actSign:
		return face{lang.Say("act.sign"), iconPen}
	case actBrowseAgain:
		return face{lang.Say("act.browse_again"), iconOut}
	case actCheck:
		return face{lang.Say("act.check"), iconAgain}
	case actReopen:
		return face{lang.Say("act.reopen"), iconAgain}
	case actOpenSigned:
		return face{lang.Say("act.open_signed"), iconProof}
	case actOpenOriginal:
		return face{lang.Say("act.open_original"), iconFile}
	case actCopyAddress:
		return face{lang.Say("act.copy_address"), iconCopy}
	case actWithdraw:
		return face{lang.Say("act.withdraw"), iconBack}
	case actAttach:
		return face{lang.Say("act.attach"), iconDrop}
	case actStop:
		return face{lang.Say("act.stop"), iconStop}
	}
	return face{}
}

// actionsFor says what can be done with a request: the one thing that comes next, and
// what else.
func actionsFor(r request.Request) (next action, others []action) {
	switch {
	case r.Status == request.Pending:
		next, others = actSign, []action{actWithdraw}
	case r.Status == request.Signing && r.Returned == nil:
		next, others = actBrowseAgain, []action{actCheck, actCopyAddress, actWithdraw}
	case r.Status == request.Signing:
		next, others = actCheck, []action{actBrowseAgain, actCopyAddress, actWithdraw}
	case r.Status == request.Signed:
		if signedFile(r) != "" {
			next = actOpenSigned
		}
		if r.Next != request.Nothing || desk.Doubtful(r) {
			others = append(others, actCheck)
		}
		if r.Reopenable() {
			others = append(others, actReopen)
		}
		if next == noAction && len(others) > 0 {
			next, others = others[0], others[1:]
		}
	case r.Status.Reopenable():
		next = actReopen
		if signedFile(r) != "" {
			others = append(others, actOpenSigned)
		}
		if r.Next != request.Nothing && r.Status != request.Withdrawn || desk.Doubtful(r) {
			others = append(others, actCheck)
		}
	}
	if desk.LacksProof(r) {
		if next == noAction {
			next = actAttach
		} else {
			others = append(others, actAttach)
		}
	}
	if len(r.Documents) > 0 {
		others = append(others, actOpenOriginal)
	}
	return next, others
}

// signedFile is the digest of the first signed file that is here.
func signedFile(r request.Request) string {
	for _, d := range r.Documents {
		if d.Signed != nil {
			return d.Signed.SHA256
		}
	}
	if n := len(r.Attached); n > 0 {
		return r.Attached[n-1].SHA256
	}
	return ""
}

// job is an action under way. It can be stopped.
type job struct {
	doing string
	stop  context.CancelFunc
}

// do does an action with the chosen request. When another one is still being shown, it
// waits until the chosen one is: nobody signs what is not seen.
func (w *Window) do(a action) {
	m := w.detail.model
	if m.id != w.selected {
		w.later = func() { w.do(a) }
		return
	}
	if m.id == "" || !m.allows(a) || w.jobs[m.id] != nil && a != actStop {
		return
	}
	switch a {
	case actSign:
		w.sign(m.id, w.lang.Say("doing.sign"))
	case actBrowseAgain:
		w.sign(m.id, w.lang.Say("doing.browse"))
	case actCheck:
		w.start(m.id, w.lang.Say("doing.check"), func(ctx context.Context) error { return w.desk.Refresh(ctx, m.id) })
	case actReopen:
		w.start(m.id, w.lang.Say("doing.reopen"), func(ctx context.Context) error {
			_, err := w.desk.Reopen(ctx, m.id)
			return err
		})
	case actWithdraw:
		w.confirm(w.lang.Say("withdraw.title"), w.lang.Say("withdraw.text", m.title), w.lang.Say("withdraw.yes"), func() {
			w.start(m.id, w.lang.Say("doing.withdraw"), func(ctx context.Context) error {
				_, err := w.desk.Withdraw(ctx, m.id, "")
				return err
			})
		})
	case actOpenSigned:
		w.open(m.signed)
	case actOpenOriginal:
		w.open(m.original)
	case actCopyAddress:
		w.copyAddress(m)
	case actAttach:
		w.askFile(w.lang.Say("attach.title"), w.lang.Say("attach.hint"), w.lang.Say("attach.yes"), func(path string) { w.attach(m.id, path) })
	case actStop:
		if j := w.jobs[m.id]; j != nil {
			j.stop()
		}
	}
}

// next does what comes next with the chosen request.
func (w *Window) next() {
	if w.detail.model.id != w.selected {
		w.later = w.next
		return
	}
	w.do(w.detail.model.next)
}

// start runs work for a request and tells what went wrong. One job per request is
// under way at a time.
func (w *Window) start(id request.ID, doing string, work func(context.Context) error) {
	ctx, stop := context.WithCancel(w.bg.ctx)
	w.jobs[id] = &job{doing, stop}
	w.detail.showJob(doing)
	ask(w.bg, ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, work(ctx) }, func(_ struct{}, err error) {
		stopped := ctx.Err() != nil
		stop()
		delete(w.jobs, id)
		if w.selected == id {
			w.detail.showJob("")
			w.reading.refresh()
		}
		switch {
		case err != nil && stopped:
			w.notices.tell(w.lang.Say("window.stopped"))
		case errors.Is(err, desk.ErrBrowser):
			// The request itself shows the address and the reason.
		case err != nil:
			w.opts.Log.Info("an action failed", "request", id, "error", err)
			w.notices.fail(sentence(err.Error()))
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

// attach hands in the signed file of a request.
func (w *Window) attach(id request.ID, path string) {
	w.start(id, w.lang.Say("doing.attach"), func(ctx context.Context) error {
		_, err := w.desk.Attach(ctx, id, desk.PathFile(path))
		return err
	})
}

// open shows a kept document in the system's viewer.
func (w *Window) open(digest string) {
	if digest == "" {
		return
	}
	ask(w.bg, w.bg.ctx, func(context.Context) (struct{}, error) {
		return struct{}{}, w.opts.OpenFile(w.desk.DocumentPath(digest))
	}, func(_ struct{}, err error) {
		if err != nil {
			w.notices.fail(w.lang.Say("window.cannot_open", err.Error()))
		}
	})
}

// copyAddress puts the address of the visit on the clipboard and keeps that a person has it.
func (w *Window) copyAddress(m detailModel) {
	if m.visit.URL == "" {
		return
	}
	w.app.Clipboard().SetContent(m.visit.URL)
	w.notices.tell(w.lang.Say("window.copied"))
	w.addressFor = m.id
	w.detail.showAddress(m.visit.URL)
	ask(w.bg, w.bg.ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, w.desk.Shown(ctx, m.visit)
	}, func(_ struct{}, err error) {
		if err != nil {
			w.notices.fail(sentence(err.Error()))
		}
	})
}

// buttonInk is the colour of an icon on a button.
func buttonInk(i widget.Importance) fyne.ThemeColorName {
	switch i {
	case widget.HighImportance:
		return theme.ColorNameForegroundOnPrimary
	case widget.DangerImportance:
		return theme.ColorNameForegroundOnError
	}
	return theme.ColorNameForeground
}
