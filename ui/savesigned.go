package ui

import (
	"context"
	"path/filepath"
	"strings"

	"countersign/core/explain"
	"countersign/core/export"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/kit"
	"countersign/ui/saving"
	"countersign/ui/status"
)

// onSaveSigned asks which signed files to save: those of the selected requests, of the list as it is filtered and sorted, or of a
// month.
func (w *Window) onSaveSigned() {
	if !w.canStartBulk() {
		return
	}
	var scopes []saving.Scope
	if ids := w.list.Selected(); len(ids) > 0 && !w.reviewing() {
		scopes = append(scopes, saving.Scope{Name: w.lang.Count("saving.selected", len(ids)), IDs: ids})
	}
	scopes = append(scopes, saving.Scope{Name: w.lang.Say("saving.view", w.arrangement.views[w.arrangement.view].Name), Query: w.list.Query()})
	w.system.saving.Ask(append(scopes, saving.Months(w.lang, w.opts.Now())...))
}

// newSaving returns the question which signed files to save.
func (w *Window) newSaving() *saving.Question {
	return &saving.Question{
		Lang: w.lang, Desk: w.desk, BG: w.bg, Modals: w.modals, Files: w.system.files, Pass: w.onKey,
		Fail: w.showError, Do: func(s export.SignedFiles) { w.afterBulk(func() { w.saveSignedNow(s) }) },
	}
}

// saveSignedNow saves signed files as the bulk job.
func (w *Window) saveSignedNow(s export.SignedFiles) {
	runExport(w, status.SaveSigned, func(ctx context.Context, progress func(done, total int)) (export.SavedFiles, error) {
		return w.desk.SaveSigned(ctx, s, progress)
	}, func(saved export.SavedFiles) {
		said, failed := saving.Report(w.lang, saved, s.Path)
		if failed {
			w.notices.fail(said)
			return
		}
		if saved.Path == "" {
			w.notices.inform(said)
			return
		}
		w.reportSaved(said, saved.Path)
	}, func(err error) {
		if !strings.EqualFold(filepath.Ext(s.Path), ".zip") {
			w.showError(err)
			return
		}
		w.system.saving.AskAgain(s, s.Path, kit.Sentence(explain.Error(w.lang, err)))
	})
}

// showError shows an error as a notice.
func (w *Window) showError(err error) { w.notices.fail(kit.Sentence(explain.Error(w.lang, err))) }

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
