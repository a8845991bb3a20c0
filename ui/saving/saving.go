// Package saving is the question which signed files to save, under which names and where. It saves nothing itself.
package saving

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/export"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/files"
	"countersign/ui/kit"
)

// Desk is what the question needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	SignedNames(ctx context.Context, s export.SignedFiles, atMost int) ([]string, error)
	SuggestSigned(ctx context.Context, name, folder string) (path string, err error)
}

// Scope is a choice of requests whose signed files can be saved.
type Scope struct {
	Name  string       // as people choose it
	IDs   []request.ID // unless nil, these requests
	Query ledger.Query // otherwise those that it finds
}

// Months returns the scopes for the requests that ended in the month of now and in each month before, twelve in all. Requests of
// practice gateways are not among them.
func Months(lang i18n.Language, now time.Time) []Scope {
	var all []Scope
	for i := range 12 {
		first := time.Date(now.Year(), now.Month()-time.Month(i), 1, 0, 0, 0, 0, now.Location())
		all = append(all, Scope{
			Name:  lang.Say("saving.month", lang.Month(first)),
			Query: ledger.Query{EndedFrom: first, EndedTo: first.AddDate(0, 1, 0), Practice: ledger.Without, Order: ledger.ByCreated, Reverse: true},
		})
	}
	return all
}

// Question asks which signed files to save. All of its fields are needed.
type Question struct {
	Lang   i18n.Language
	Desk   Desk
	BG     *async.Worker
	Modals *kit.Modals
	Files  *files.Chooser
	Pass   kit.KeyHandler // gets the keys that no field handles
	Fail   func(error)
	Do     func(export.SignedFiles) // saves them

	pattern string // of the last answer
}

// previewed is how many names are shown below the pattern.
const previewed = 3

// sheet is the question while it is open.
type sheet struct {
	*Question
	scopes  []Scope
	scope   *kit.Select
	where   *kit.Select
	pattern *kit.Field
	preview *kit.Text
	wrong   kit.Problem
	naming  async.Latest
}

// Ask opens the question with the first of the scopes chosen. It does nothing while a modal, a menu or a file dialog is open.
func (q *Question) Ask(scopes []Scope) {
	if !q.Modals.NoOverlay() {
		return
	}
	if q.pattern == "" {
		q.pattern = export.DefaultPattern
	}
	s := &sheet{Question: q, scopes: scopes, wrong: q.Modals.NewProblem()}
	s.scope = kit.NewSelect(q.Pass, func(int) { s.showNames() })
	for _, c := range scopes {
		s.scope.Options = append(s.scope.Options, c.Name)
	}
	s.scope.Selected = s.scope.Options[0]
	s.where = kit.NewSelect(q.Pass, func(int) {})
	s.where.Options = []string{q.Lang.Say("saving.zip"), q.Lang.Say("saving.folder")}
	s.where.Selected = s.where.Options[0]
	s.pattern = q.Modals.NewLine("", q.pattern)
	s.pattern.OnChanged = func(string) { s.showNames() }
	s.pattern.OnEnter = s.choose
	s.preview = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(" ")
	parts := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(q.Lang.Say("saving.parts", strings.Join(export.PatternParts, "  ")))
	content := container.New(kit.Column(12),
		container.New(kit.Weighted(12, 3, 2), kit.NewLabeled(q.Lang.Say("saving.which"), s.scope), kit.NewLabeled(q.Lang.Say("saving.where"), s.where)),
		kit.NewLabeled(q.Lang.Say("saving.pattern"), s.pattern), parts, s.preview, s.wrong.Text,
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(q.Lang.Say("saving.hint")),
	)
	cancel := kit.NewButton(q.Lang.Say("add.cancel"), "", widget.MediumImportance, q.Pass, q.Modals.Dismiss)
	yes := kit.NewButton(q.Lang.Say("saving.choose"), kit.IconDrop, widget.HighImportance, q.Pass, s.choose)
	q.Modals.OpenWide(560, q.Lang.Say("saving.title"), content, yes, cancel, yes)
	s.showNames()
}

// chosen returns what is to be saved, without the path.
func (s *sheet) chosen() export.SignedFiles {
	scope := s.scopes[max(s.scope.SelectedIndex(), 0)]
	return export.SignedFiles{Pattern: strings.TrimSpace(s.pattern.Text), IDs: scope.IDs, Query: scope.Query}
}

// showNames shows the first names that the pattern makes, or what is wrong with it.
func (s *sheet) showNames() {
	wanted := s.chosen()
	async.CallLatest(s.BG, &s.naming, func(ctx context.Context) ([]string, error) {
		return s.Desk.SignedNames(ctx, wanted, previewed+1)
	}, func(names []string, err error) {
		problem := ""
		switch {
		case err != nil:
			problem = kit.Sentence(explain.Error(s.Lang, err))
			names = nil
		case len(names) == 0:
			names = []string{s.Lang.Say("saving.none")}
		case len(names) > previewed:
			names = append(slices.Clip(names[:previewed]), "…")
		}
		if names != nil {
			s.preview.Set(strings.Join(names, "\n"))
		}
		s.wrong.Shows(problem)
	})
}

// choose asks where to save, and hands over what is to be saved. A pattern that cannot be used gets the focus instead.
func (s *sheet) choose() {
	wanted := s.chosen()
	if err := export.CheckPattern(wanted.Pattern); err != nil {
		s.wrong.Shows(kit.Sentence(explain.Error(s.Lang, err)))
		kit.Focus(s.pattern)
		return
	}
	s.Question.pattern = wanted.Pattern
	zip, name := s.where.SelectedIndex() <= 0, s.scope.Selected
	s.naming.Drop()
	s.Modals.Close()
	if !zip {
		s.Files.Folder(func(folder string) {
			wanted.Path = folder
			s.Do(wanted)
		})
		return
	}
	async.Call(s.BG, func(ctx context.Context) (string, error) { return s.Desk.SuggestSigned(ctx, name, s.Files.SavedIn()) }, func(path string, err error) {
		if err != nil {
			s.Fail(err)
			return
		}
		s.AskAgain(wanted, path, nil)
	})
}

// AskAgain asks for the path of the ZIP file alone. The error failed is why the last one could not be used; nil for the first
// question.
func (q *Question) AskAgain(wanted export.SignedFiles, path string, failed error) {
	q.Files.AskPath(files.Save{
		Title: q.Lang.Say("saving.title"), About: q.Lang.Say("request.save_hint"), Yes: q.Lang.Say("request.save_yes"), Icon: kit.IconDrop,
		Kinds: []files.Kind{{Extension: ".zip"}},
		Do: func(path string) {
			wanted.Path = path
			q.Do(wanted)
		},
	}, path, failed)
}

// Report returns sentences about what was saved, and whether something has to be looked at.
func Report(lang i18n.Language, saved export.SavedFiles, path string) (text string, failed bool) {
	said := []string{lang.Count("saving.done", saved.Saved, path)}
	if saved.Present > 0 {
		said = append(said, lang.Count("saving.present", saved.Present))
	}
	if saved.Unsigned > 0 {
		said = append(said, lang.Count("saving.unsigned", saved.Unsigned))
	}
	if saved.Damaged > 0 {
		said = append(said, lang.Count("saving.damaged", saved.Damaged))
	}
	text = strings.Join(said, " ")
	for _, problem := range saved.Problems {
		text += "\n" + kit.Sentence(explain.Error(lang, problem))
	}
	return text, saved.Damaged > 0
}
