package ui

import (
	"context"
	"path/filepath"
	"strings"

	"countersign/core/explain"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// saveCopy asks where to save a copy of a signed document. It suggests a file name that does not exist yet.
func (w *Window) saveCopy(id request.ID, document int, digest string) {
	async.Call(w.bg, func(ctx context.Context) (string, error) {
		return w.desk.SuggestCopy(ctx, id, document, w.system.saveFolder)
	}, func(path string, err error) {
		if err != nil {
			w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
			return
		}
		w.askCopy(digest, path, "")
	})
}

// askCopy asks for the path of a copy. It shows problem with the question: why the last path could not be used; empty for
// the first question.
func (w *Window) askCopy(digest, path, problem string) {
	w.askPath(saveDialog{
		title: w.lang.Say("request.save_title"), about: w.lang.Say("request.save_hint"), yes: w.lang.Say("request.save_yes"), icon: kit.IconDrop,
		kinds: []fileKind{{extension: ".pdf"}},
		save:  func(path string) { w.putCopy(digest, path) },
	}, path, problem)
}

// putCopy saves a copy. If that fails, it asks for another path.
func (w *Window) putCopy(digest, path string) {
	async.Do(w.bg, func(ctx context.Context) error {
		return w.desk.SaveCopy(ctx, digest, path)
	}, func(err error) {
		if err != nil {
			w.askCopy(digest, path, kit.Sentence(explain.Error(w.lang, err)))
			return
		}
		w.reportSaved(w.lang.Say("request.saved", path), path)
	})
}

// hasExtension reports whether a path has an extension, in upper or lower case.
func hasExtension(path, ending string) bool { return strings.EqualFold(filepath.Ext(path), ending) }
