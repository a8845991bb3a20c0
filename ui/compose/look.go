package compose

import (
	"context"
	"errors"
	"sync"

	"fyne.io/fyne/v2"

	"countersign/core/desk"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// take puts files, folders, lists and signing links on the sheet.
func (s *form) take(paths, links []string) {
	var files []string
	for _, path := range paths {
		if isList(path) {
			s.entries.add(s.lang, newListEntry(s.lang, path))
		} else {
			files = append(files, path)
		}
	}
	s.problem = ""
	if len(files) > 0 {
		s.lookAt(files)
	}
	for _, link := range links {
		s.lookLink(link)
	}
	s.draw()
	if focused := s.modals.Focused(); focused == nil || focused == fyne.Focusable(s.path) {
		s.focus()
	}
}

// arrivals are files that were looked at and are not on the sheet yet.
type arrivals struct {
	mu    sync.Mutex
	files []desk.Candidate
}

// put takes a file and tells whether it is the first since the last take.
func (a *arrivals) put(c desk.Candidate) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = append(a.files, c)
	return len(a.files) == 1
}

func (a *arrivals) take() []desk.Candidate {
	a.mu.Lock()
	defer a.mu.Unlock()
	files := a.files
	a.files = nil
	return files
}

// lookAt reads files. They come on the sheet as they are known.
func (s *form) lookAt(paths []string) {
	s.reading++
	found := &arrivals{}
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
			s.notes = append(s.notes, kit.Sentence(note))
		}
		s.onRead(err)
	})
}

// lookLink reads what a signing link is for.
func (s *form) lookLink(link string) {
	s.reading++
	async.CallContext(s.readCtx, s.bg, func(ctx context.Context) (desk.Linked, error) { return s.desk.LookLink(ctx, link) }, func(found desk.Linked, err error) {
		for _, n := range found.Requests {
			s.entries.add(s.lang, newIDEntry(s.lang, found.Gateway, n))
		}
		s.onRead(err)
	})
}

func (s *form) onRead(err error) {
	s.reading--
	if err != nil && !errors.Is(err, context.Canceled) {
		s.problem = kit.Sentence(err.Error())
		s.pending = nil
	}
	if s.reading == 0 && !s.moved {
		s.at = s.notable()
	}
	s.draw()
	s.ready()
}
