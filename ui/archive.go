package ui

import (
	"context"

	"countersign/core/request"
	"countersign/ui/archiving"
	"countersign/ui/detail"
	"countersign/ui/status"
)

// archive puts a request away, unless the person takes that back.
func (w *Window) archive(m detail.Model) {
	w.startUndoable(m.ID, w.lang.Say("doing.archive"), w.lang.Say("undo.archived", m.Title), request.Event{Kind: request.KindArchived}, func(ctx context.Context) error {
		_, err := w.desk.Archive(ctx, m.ID, "")
		return err
	})
}

// unarchive removes a request from the archive.
func (w *Window) unarchive(m detail.Model) {
	w.start(m.ID, w.lang.Say("doing.unarchive"), func(ctx context.Context) error {
		_, err := w.desk.Unarchive(ctx, m.ID)
		return err
	})
}

// startArchive puts those of the requests away that have ended, one after the other.
func (w *Window) startArchive(ids []request.ID, reason string) {
	w.startEach(status.Archive, ids, func(ctx context.Context, id request.ID) error {
		_, err := w.desk.Archive(ctx, id, reason)
		return err
	})
}

// askArchive asks up to which day requests ended that are to be put away, and puts them away.
func (w *Window) askArchive() {
	if w.canStartBulk() {
		archiving.Ask(w.lang, w.desk, w.bg, w.modals, w.opts.Now, w.onKey, w.list.Scope().Practice(), w.startArchive)
	}
}
