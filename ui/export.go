package ui

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"countersign/core/explain"
	"countersign/core/export"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/files"
	"countersign/ui/kit"
	"countersign/ui/saving"
	"countersign/ui/status"
)

// exportJob is a table to export: the requests in ids or, if that is empty, all that match query.
type exportJob struct {
	ids   []request.ID
	query ledger.Query
	title string
}

// onExport asks where to export the selected requests, or the whole list as it is filtered and sorted.
func (w *Window) onExport() {
	if !w.canStartBulk() {
		return
	}
	x := exportJob{query: w.list.Query(), title: w.lang.Say("export.view", w.arrangement.views[w.arrangement.view].Name)}
	if ids := w.list.Selected(); len(ids) > 0 {
		x.ids, x.title = ids, w.lang.Count("export.selected", len(ids))
	}
	name := w.arrangement.views[w.arrangement.view].Name + " " + w.opts.Now().Format(time.DateOnly)
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestExport(ctx, name, w.exportKinds()[0].Extension, w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
			return
		}
		w.askExport(x, path, "")
	})
}

func (w *Window) exportKinds() []files.Kind {
	return []files.Kind{
		{Extension: ".xlsx", Name: w.lang.Say("export.kind_xlsx")},
		{Extension: ".csv", Name: w.lang.Say("export.kind_csv")},
		{Extension: ".json", Name: w.lang.Say("export.kind_json")},
	}
}

// askExport asks for the path of an export. It shows problem with the question: why the last path could not be used;
// empty for the first question.
func (w *Window) askExport(x exportJob, path, problem string) {
	w.system.files.AskPath(files.Save{
		Title: x.title, About: w.lang.Say("request.save_hint"), Yes: w.lang.Say("export.confirm"), Icon: kit.IconExport, Kinds: w.exportKinds(),
		Do: func(path string) { w.export(x, path) },
	}, path, problem)
}

// export writes the table as the bulk job. If that fails, it asks for another path.
func (w *Window) export(x exportJob, path string) {
	w.afterBulk(func() { w.exportNow(x, path) })
}

func (w *Window) exportNow(x exportJob, path string) {
	runExport(w, status.Export, func(ctx context.Context, progress func(done, total int)) (int, error) {
		return w.desk.Export(ctx, export.Table{Path: path, Query: x.query, IDs: x.ids, Language: w.lang}, progress)
	}, func(n int) {
		w.reportSaved(w.lang.Count("export.done", n, path), path)
	}, func(err error) {
		w.askExport(x, path, kit.Sentence(explain.Error(w.lang, err)))
	})
}

// runExport calls the function work on a background goroutine, as the bulk job, and then the function done with its answer, or
// the function failed with its error. If a person stops it, it says so.
func runExport[T any](w *Window, a status.Action, work func(ctx context.Context, progress func(done, total int)) (T, error), done func(T), failed func(error)) {
	ctx, stop := context.WithCancel(w.bg.Context())
	job := &bulkJob{action: a, total: -1, stop: stop}
	w.jobs.bulk = job
	w.showBulk()
	progress := func(done, total int) {
		w.bg.Show(func() {
			job.done, job.total = done, total
			w.showBulk()
		})
	}
	async.CallContext(ctx, w.bg, func(ctx context.Context) (T, error) { return work(ctx, progress) }, func(answer T, err error) {
		stopped := ctx.Err() != nil
		stop()
		w.endBulk()
		switch {
		case err == nil:
			done(answer)
		case stopped:
			w.notices.inform(w.lang.Say("window.stopped"))
		default:
			failed(err)
			return
		}
		w.focusList()
	})
}

// saveEvidence asks where to save the evidence pack of a request.
func (w *Window) saveEvidence(m detail.Model) {
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestEvidence(ctx, m.ID, w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
			return
		}
		w.askEvidence(m.ID, path, "")
	})
}

// askEvidence asks for the path of an evidence pack. It shows problem with the question: why the last path could not be
// used; empty for the first question.
func (w *Window) askEvidence(id request.ID, path, problem string) {
	w.system.files.AskPath(files.Save{
		Title: w.lang.Say("pack.save_title"), About: w.lang.Say("pack.save_about"), Yes: w.lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: ".zip"}},
		Do:    func(path string) { w.putEvidence(id, path) },
	}, path, problem)
}

// putEvidence writes an evidence pack. If that fails, it asks for another path.
func (w *Window) putEvidence(id request.ID, path string) {
	if w.jobs.of(id) != nil {
		return
	}
	w.startOr(id, w.lang.Say("pack.running"), func(ctx context.Context) error {
		err := w.desk.SaveEvidence(ctx, id, path, false, w.lang)
		if err == nil {
			w.bg.Show(func() { w.reportSaved(w.lang.Say("pack.done", path), path) })
		}
		return err
	}, func(err error) bool {
		w.askEvidence(id, path, kit.Sentence(explain.Error(w.lang, err)))
		return true
	})
}

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
