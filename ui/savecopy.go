package ui

import (
	"context"

	"countersign/core/explain"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/files"
	"countersign/ui/kit"
)

// saveCopy asks where to save a copy of a signed document. It suggests a file name that does not exist yet.
func (w *Window) saveCopy(id request.ID, document int, digest string) {
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestCopy(ctx, id, document, w.system.files.SavedIn())
	}, func(path string, err error) {
		if err != nil {
			w.showError(err)
			return
		}
		w.askCopy(digest, path, nil)
	})
}

// askCopy asks for the path of a copy. With the question it shows the error failed: why the last path could not be used; nil
// for the first question.
func (w *Window) askCopy(digest, path string, failed error) {
	w.system.files.AskPath(files.Save{
		Title: w.lang.Say("request.save_title"), About: w.lang.Say("request.save_hint"), Yes: w.lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: ".pdf"}},
		Do:    func(path string) { w.putCopy(digest, path) },
	}, path, failed)
}

// putCopy saves a copy. If that fails, it asks for another path.
func (w *Window) putCopy(digest, path string) {
	async.Do(w.bg, func(ctx context.Context) error {
		return w.desk.SaveCopy(ctx, digest, path)
	}, func(err error) {
		if err != nil {
			w.askCopy(digest, path, err)
			return
		}
		w.reportSaved(w.lang.Say("request.saved", path), path)
	})
}

// reportSaved shows message, which says that a file was saved, and offers to show the file in its folder. It also
// remembers that folder for the next suggestion of a path.
func (w *Window) reportSaved(message, path string) {
	w.system.files.Saved(path)
	w.notices.inform(message)
	w.notices.offer(w.lang.Say("request.folder"), kit.IconFolder, func() {
		async.Do(w.bg, w.folderOpener(path), func(err error) {
			if err != nil {
				w.notices.fail(w.lang.Say("request.no_folder", explain.Error(w.lang, err)))
			}
		})
	})
}

// folderOpener returns a function that shows a file in its folder, for a background goroutine.
func (w *Window) folderOpener(path string) func(context.Context) error {
	return func(context.Context) error { return w.opts.ShowInFolder(path) }
}
