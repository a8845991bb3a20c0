package compose

import (
	"context"
	"errors"
	"sync"

	"fyne.io/fyne/v2"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// addSources adds files, folders, lists and signing links to the form.
func (s *form) addSources(paths, links []string) {
	var files []string
	for _, path := range paths {
		if isList(path) {
			s.entries.add(s.lang, newListEntry(s.lang, path))
		} else {
			files = append(files, path)
		}
	}
	s.problem = ""
	if lists := s.entries.toAdd(listEntry); len(lists) > 0 && len(lists) == len(s.entries) && len(files)+len(links)+s.reading == 0 {
		s.importLists()
		return
	}
	if len(files) > 0 {
		s.readFiles(files)
	}
	for _, link := range links {
		s.readLink(link)
	}
	s.draw()
	if focused := s.modals.Focused(); focused == nil || focused == fyne.Focusable(s.path) {
		s.focus()
	}
}

// inbox collects the files that were read on background goroutines until they are drawn.
type inbox struct {
	mu    sync.Mutex
	files []desk.Candidate
}

// put appends a file. It reports whether the inbox was empty before.
func (a *inbox) put(c desk.Candidate) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = append(a.files, c)
	return len(a.files) == 1
}

// take removes all files from the inbox and returns them.
func (a *inbox) take() []desk.Candidate {
	a.mu.Lock()
	defer a.mu.Unlock()
	files := a.files
	a.files = nil
	return files
}

// readFiles reads files in the background. Each becomes an entry as soon as it is read.
func (s *form) readFiles(paths []string) {
	s.reading++
	found := &inbox{}
	arrive := func() {
		for _, c := range found.take() {
			s.entries.add(s.lang, newFileEntry(s.lang, c))
		}
	}
	async.CallContext(s.readCtx, s.bg, func(ctx context.Context) (desk.Intake, error) {
		return s.desk.Look(ctx, paths, func(c desk.Candidate) {
			if found.put(c) {
				s.bg.Show(func() {
					arrive()
					s.draw()
				})
			}
		})
	}, func(intake desk.Intake, err error) {
		arrive()
		for _, note := range intake.Notes {
			s.notes = append(s.notes, kit.Sentence(explain.Reason(s.lang, note.Text, note.Cause)))
		}
		s.onRead(err)
	})
}

// readLink asks which requests a signing link is for, and adds them as entries.
func (s *form) readLink(link string) {
	s.reading++
	async.CallContext(s.readCtx, s.bg, func(ctx context.Context) (desk.Linked, error) { return s.desk.LookLink(ctx, link) }, func(found desk.Linked, err error) {
		for _, n := range found.Requests {
			s.entries.add(s.lang, newIDEntry(s.lang, found.Gateway, s.shownName(found.Gateway), n))
		}
		s.onRead(err)
	})
}

// onRead counts one read as done and draws the form. An error other than a cancellation is shown, and drops the
// action that waits for the reads; otherwise that action is performed once everything is read.
func (s *form) onRead(err error) {
	s.reading--
	if err != nil && !errors.Is(err, context.Canceled) {
		s.problem = kit.Sentence(explain.Error(s.lang, err))
		s.pending = nil
	}
	if s.reading == 0 && !s.cursorMoved {
		s.cursor = s.firstExplained()
	}
	s.draw()
	if s.reading == 0 {
		s.log.Debug("the composer has read everything", "entries", len(s.entries)) // the walk waits for this
	}
	s.runPending()
}
