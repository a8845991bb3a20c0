package ui

import (
	"context"

	"countersign/core/explain"
	"countersign/core/request"
	"countersign/ui/bulk"
	"countersign/ui/detail"
	"countersign/ui/edit"
	"countersign/ui/kit"
	"countersign/ui/status"
)

func (w *Window) editor() *edit.Editor {
	return edit.New(w.lang, w.desk, w.bg, w.modals, w.onKey, w.opts.Now, func(err error) { w.notices.fail(kit.Sentence(explain.Error(w.lang, err))) })
}

// askEdit opens the sheet in which a request is changed.
func (w *Window) askEdit(m detail.Model) {
	w.editor().Open(edit.Values{ID: m.ID, Title: m.Title, Reference: m.Reference, Due: m.Due, Waits: m.Allows(status.Sign)})
}

// askEditMany asks how requests are to be signed, and changes those that are pending.
func (w *Window) askEditMany(ids []request.ID) {
	w.editor().OpenMany(len(ids), func(change edit.Change) {
		w.startBulk(status.Edit, ids, func(ctx context.Context, ids []request.ID, progress func(int)) bulk.Result {
			return bulk.Each(ctx, w.desk, ids, progress, status.Edit, func(id request.ID) error {
				_, err := w.desk.ChangeDetails(ctx, id, change)
				return err
			})
		})
	})
}
