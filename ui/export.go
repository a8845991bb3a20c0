package ui

import (
	"context"
	"time"

	"countersign/core/export"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/support"
	"countersign/ui/async"
	"countersign/ui/detail"
	"countersign/ui/files"
	"countersign/ui/kit"
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
	name := w.list.Listed().Name
	x := exportJob{query: w.list.Query(), title: w.lang.Say("export.view", name)}
	if ids := w.list.Selected(); len(ids) > 0 {
		x.ids, x.title = ids, w.lang.Count("export.selected", len(ids))
	}
	name += " " + w.opts.Now().Format(time.DateOnly)
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestExport(ctx, name, w.exportKinds()[0].Extension, w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.showError(err)
			return
		}
		w.askExport(x, path, nil)
	})
}

func (w *Window) exportKinds() []files.Kind {
	return []files.Kind{
		{Extension: ".xlsx", Name: w.lang.Say("export.kind_xlsx")},
		{Extension: ".csv", Name: w.lang.Say("export.kind_csv")},
		{Extension: ".json", Name: w.lang.Say("export.kind_json")},
	}
}

// askExport asks for the path of an export. With the question it shows the error failed: why the last path could not be used;
// nil for the first question.
func (w *Window) askExport(x exportJob, path string, failed error) {
	w.system.files.AskPath(files.Save{
		Title: x.title, About: w.lang.Say("request.save_hint"), Yes: w.lang.Say("export.confirm"), Icon: kit.IconExport, Kinds: w.exportKinds(),
		Do: func(path string) { w.export(x, path) },
	}, path, failed)
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
		w.askExport(x, path, err)
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
		w.focusListUnlessTyping()
	})
}

// saveEvidence asks where to save the evidence pack of a request.
func (w *Window) saveEvidence(m detail.Model) {
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestEvidence(ctx, m.ID, w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.showError(err)
			return
		}
		w.askEvidence(m.ID, path, nil)
	})
}

// askEvidence asks for the path of an evidence pack. With the question it shows the error failed: why the last path could not
// be used; nil for the first question.
func (w *Window) askEvidence(id request.ID, path string, failed error) {
	w.system.files.AskPath(files.Save{
		Title: w.lang.Say("pack.save_title"), About: w.lang.Say("pack.save_about"), Yes: w.lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: ".zip"}},
		Do:    func(path string) { w.putEvidence(id, path) },
	}, path, failed)
}

// putEvidence writes an evidence pack. If that fails, it asks for another path.
func (w *Window) putEvidence(id request.ID, path string) {
	if j := w.jobs.of(id); j != nil {
		w.notices.fail(w.lang.Say("why.busy", j.Doing))
		return
	}
	w.startOr(id, w.lang.Say("pack.running"), func(ctx context.Context) error {
		err := w.desk.SaveEvidence(ctx, id, path, false, w.lang)
		if err == nil {
			w.bg.Show(func() { w.reportSaved(w.lang.Say("pack.done", path), path) })
		}
		return err
	}, func(err error) bool {
		w.askEvidence(id, path, err)
		return true
	})
}

// saveForSupport asks where to save what was collected for support.
func (w *Window) saveForSupport(texts []support.Text, at time.Time) {
	name := w.lang.Say("support.file_name", at.Format(time.DateOnly))
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestExport(ctx, name, ".zip", w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.showError(err)
			return
		}
		w.askForSupport(texts, at, path, nil)
	})
}

// askForSupport asks for the path of what was collected for support. With the question it shows the error failed: why the last path could not be
// used; nil for the first question.
func (w *Window) askForSupport(texts []support.Text, at time.Time, path string, failed error) {
	w.system.files.AskPath(files.Save{
		Title: w.lang.Say("support.save_title"), About: w.lang.Say("request.save_hint"), Yes: w.lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: ".zip"}},
		Do: func(path string) {
			async.Do(w.bg, func(context.Context) error { return support.Save(path, texts, at) }, func(err error) {
				if err != nil {
					w.askForSupport(texts, at, path, err)
					return
				}
				w.reportSaved(w.lang.Say("support.saved", path), path)
			})
		},
	}, path, failed)
}
