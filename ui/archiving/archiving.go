// Package archiving asks which requests are to be archived: all that ended before a day.
package archiving

import (
	"context"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// maxArchived is how many requests are archived at once. Those that ended first are archived first.
const maxArchived = 10_000

// Desk is what the question needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
}

// question is the open question.
type question struct {
	lang     i18n.Language
	desk     Desk
	bg       *async.Worker
	modals   *kit.Modals
	clock    kit.Clock
	practice ledger.Among
	archive  func(ids []request.ID, reason string)

	day    *days.Field
	reason *kit.Field
	found  *kit.Text
	wrong  kit.Problem
	yes    *kit.Button
	latest async.Latest
	ids    []request.ID // those that ended before the day in the field
}

// Ask asks for a day and a reason. It shows how many requests ended before that day and are not archived yet, and calls the
// function archive with them once a person confirms. The parameter practice says which requests, as regards practice. The
// function pass is called with the keys that the question does not handle.
func Ask(lang i18n.Language, d Desk, bg *async.Worker, modals *kit.Modals, clock kit.Clock, pass kit.KeyHandler, practice ledger.Among, archive func(ids []request.ID, reason string)) {
	q := &question{lang: lang, desk: d, bg: bg, modals: modals, clock: clock, practice: practice, archive: archive}
	about := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(lang.Say("archive.about"))
	q.found = kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	q.wrong = modals.NewProblem()
	q.reason = modals.NewLine("", "")
	q.yes = kit.NewButton(lang.Say("act.archive"), "", widget.HighImportance, pass, q.confirm)
	q.yes.Disable()
	q.day = days.NewUntil(lang, pass, modals.Explain, clock, q.count)
	q.day.Entry.OnEnter, q.reason.OnEnter = q.confirm, q.confirm
	no := kit.NewButton(lang.Say("add.cancel"), "", widget.MediumImportance, pass, modals.Dismiss)
	q.day.Set(time.Date(clock().Year(), time.January, 1, 0, 0, 0, 0, clock().Location()).Format(time.DateOnly))
	modals.Open(lang.Say("archive.title"), container.New(kit.Column(10),
		about, kit.NewLabeled(lang.Say("archive.before"), q.day.Root), q.found, kit.NewLabeled(lang.Say("archive.reason"), q.reason), q.wrong.Text,
	), q.day.Entry, no, q.yes)
}

// count reads which requests ended before the day in the field, and shows how many they are.
func (q *question) count() {
	q.ids = nil
	q.yes.Disable()
	day, ok := q.day.Day()
	before := days.StartOf(day, q.clock().Location())
	if !ok || before.IsZero() {
		q.latest.Drop()
		q.found.Set("")
		q.modals.Arrange()
		return
	}
	query := ledger.Query{EndedTo: before, Archived: ledger.Without, Practice: q.practice, Order: ledger.ByEnded, Reverse: true}
	async.CallLatest(q.bg, &q.latest, func(ctx context.Context) ([]request.ID, error) {
		return q.desk.IDs(ctx, query, maxArchived)
	}, func(ids []request.ID, err error) {
		switch q.ids = ids; {
		case err != nil:
			q.found.Set(kit.Sentence(explain.Error(q.lang, err)))
		case len(ids) == maxArchived:
			q.found.Set(q.lang.Say("archive.first", q.lang.Number(len(ids))))
		default:
			q.found.Set(q.lang.Count("archive.found", len(ids)))
		}
		if len(q.ids) > 0 {
			q.yes.Enable()
		}
		q.modals.Arrange()
	})
}

// confirm archives what was counted, unless there is nothing, the day is none, or the reason is too long.
func (q *question) confirm() {
	if _, ok := q.day.Day(); !ok {
		q.day.Fail()
		return
	}
	problem := ""
	if _, err := input.Reason.Clean(q.reason.Text); err != nil {
		problem = kit.Sentence(explain.Error(q.lang, err))
	}
	if q.wrong.Shows(problem) || len(q.ids) == 0 {
		return
	}
	q.modals.Close()
	q.archive(q.ids, q.reason.Text)
}
