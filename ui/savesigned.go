package ui

import (
	"context"
	"path/filepath"
	"strings"

	"countersign/core/explain"
	"countersign/core/export"
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
	scopes = append(scopes, saving.Scope{Name: w.lang.Say("saving.view", w.list.Listed().Name), Query: w.list.Query()})
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
		w.system.saving.AskAgain(s, s.Path, err)
	})
}

// showError shows an error as a notice.
func (w *Window) showError(err error) { w.notices.fail(kit.Sentence(explain.Error(w.lang, err))) }
