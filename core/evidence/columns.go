package evidence

import (
	"fmt"
	"strings"
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
)

// column is one column of a table. An empty language stands for the names and values that scripts read. The function value does
// not change the request.
type column struct {
	name    string // the heading for scripts
	heading func(i18n.Language) string
	width   int // characters, in a workbook
	value   func(*request.Request, i18n.Language) cell
}

// cell is a value of a [column]. It is small, because a million rows have thirty million of them.
type cell struct {
	kind   cellKind
	text   string // of cellText and cellDate
	number int64  // of cellNumber; of cellBool, where 1 is true; of cellTime, where it is the seconds since 1970
}

type cellKind int

const (
	cellEmpty cellKind = iota
	cellText
	cellDate // a calendar day in the form 2026-12-24; it may be empty
	cellNumber
	cellBool
	cellTime
)

func textCell(text string) cell  { return cell{kind: cellText, text: text} }
func dateCell(day string) cell   { return cell{kind: cellDate, text: day} }
func numberCell(n int) cell      { return cell{kind: cellNumber, number: int64(n)} }
func timeCell(at time.Time) cell { return cell{kind: cellTime, number: at.Unix()} }

func boolCell(yes bool) cell {
	if yes {
		return cell{kind: cellBool, number: 1}
	}
	return cell{kind: cellBool}
}

func (c cell) yes() bool { return c.number == 1 }

func (c cell) at() time.Time { return time.Unix(c.number, 0).UTC() }

// columns are the columns of every table, from left to right.
var columns = []column{
	{"id", func(l i18n.Language) string { return l.Say("export.id") }, 38, func(r *request.Request, _ i18n.Language) cell { return textCell(string(r.ID)) }},
	{"title", func(l i18n.Language) string { return l.Say("export.title") }, 36, func(r *request.Request, _ i18n.Language) cell { return textCell(r.Title) }},
	{"reference", func(l i18n.Language) string { return l.Say("export.reference") }, 18, func(r *request.Request, _ i18n.Language) cell { return textCell(r.Reference) }},
	{"gateway", func(l i18n.Language) string { return l.Say("export.gateway") }, 16, func(r *request.Request, _ i18n.Language) cell { return textCell(r.Gateway) }},
	{"status", func(l i18n.Language) string { return l.Say("export.status") }, 14, statusWithDamage},
	{"word", func(l i18n.Language) string { return l.Say("export.code") }, 16, fromOutcome(func(o *request.Outcome, _ i18n.Language) cell { return textCell(o.Code) })},
	{"message", func(l i18n.Language) string { return l.Say("export.message") }, 36, fromOutcome(func(o *request.Outcome, _ i18n.Language) cell { return textCell(o.Message) })},
	{"evidence", func(l i18n.Language) string { return l.Say("export.evidence") }, 12, fromOutcome(evidenceText)},
	{"confirmed", func(l i18n.Language) string { return l.Say("export.confirmed") }, 12, fromOutcome(func(o *request.Outcome, _ i18n.Language) cell { return boolCell(o.Confirmed()) })},
	{"attempt", func(l i18n.Language) string { return l.Say("export.attempt") }, 9, func(r *request.Request, _ i18n.Language) cell { return numberCell(r.Attempt) }},
	{"remote_id", func(l i18n.Language) string { return l.Say("export.remote_id") }, 24, func(r *request.Request, _ i18n.Language) cell { return textCell(r.RemoteID) }},
	{"signers", func(l i18n.Language) string { return l.Say("export.signers") }, 30, signersText},
	{"due", func(l i18n.Language) string { return l.Say("export.due") }, 12, func(r *request.Request, _ i18n.Language) cell { return dateCell(r.Due) }},
	{"created_at", func(l i18n.Language) string { return l.Say("export.created") }, 20, func(r *request.Request, _ i18n.Language) cell { return timeCell(r.CreatedAt) }},
	{"launched_at", func(l i18n.Language) string { return l.Say("export.launched") }, 20, func(r *request.Request, _ i18n.Language) cell { return timeOrEmpty(r.LaunchedAt) }},
	{"outcome_at", func(l i18n.Language) string { return l.Say("export.outcome") }, 20, fromOutcome(func(o *request.Outcome, _ i18n.Language) cell { return timeCell(o.At) })},
	{"updated_at", func(l i18n.Language) string { return l.Say("export.changed") }, 20, func(r *request.Request, _ i18n.Language) cell { return timeCell(r.UpdatedAt) }},
	{"documents", func(l i18n.Language) string { return l.Say("export.documents") }, 11, func(r *request.Request, _ i18n.Language) cell { return numberCell(len(r.Documents)) }},
	{"document_names", func(l i18n.Language) string { return l.Say("export.names") }, 36, fromDocuments(func(d *request.Document) string { return d.Name })},
	{"document_sha256", func(l i18n.Language) string { return l.Say("export.sha256") }, 24, fromDocuments(func(d *request.Document) string { return d.SHA256 })},
	{"signed_sha256", func(l i18n.Language) string { return l.Say("export.signed_sha256") }, 24, signedDigests},
	{"review", func(l i18n.Language) string { return l.Say("export.review") }, 12, reviewText},
	{"review_by", func(l i18n.Language) string { return l.Say("export.review_by") }, 16, fromReview(func(v *request.Review) cell { return textCell(v.By) })},
	{"review_at", func(l i18n.Language) string { return l.Say("export.review_at") }, 20, fromReview(func(v *request.Review) cell { return timeCell(v.At) })},
	{"review_note", func(l i18n.Language) string { return l.Say("export.review_note") }, 36, fromReview(func(v *request.Review) cell { return textCell(v.Note) })},
	{"added_by", func(l i18n.Language) string { return l.Say("export.added_by") }, 16, func(r *request.Request, _ i18n.Language) cell { return textCell(r.AddedBy) }},
	{"practice", func(l i18n.Language) string { return l.Say("export.practice") }, 10, func(r *request.Request, _ i18n.Language) cell { return boolCell(r.Practice) }},
	{"archived", func(l i18n.Language) string { return l.Say("export.archived") }, 10, func(r *request.Request, _ i18n.Language) cell { return boolCell(r.Archived != nil) }},
}

// headings returns the headings of all columns in a language, or their names for scripts when lang is empty.
func headings(lang i18n.Language) []string {
	var all []string
	for _, c := range columns {
		if lang == "" {
			all = append(all, c.name)
		} else {
			all = append(all, c.heading(lang))
		}
	}
	return all
}

// separator is written between several values in one cell.
const separator = "; "

// fewTexts is how many values of one cell are put together without an allocation.
const fewTexts = 4

// statusWithDamage returns the status of a request as a string. If lang is empty, it is the status as scripts read it.
// Otherwise it is a text for people, which also says if one of the stored files is damaged.
func statusWithDamage(r *request.Request, lang i18n.Language) cell {
	if lang == "" || len(r.DamagedFiles()) == 0 {
		return textCell(statusText(r, lang))
	}
	return textCell(fmt.Sprintf("%s (%s)", statusText(r, lang), lang.Say("status.damaged")))
}

func statusText(r *request.Request, lang i18n.Language) string {
	if lang == "" {
		return string(r.Status)
	}
	switch r.Status {
	case request.Pending:
		return lang.Say("status.to_sign")
	case request.Signing:
		if r.ReturnedAt != nil && r.CannotAsk {
			return lang.Say("status.no_outcome")
		}
		if r.ReturnedAt != nil {
			return lang.Say("status.confirming")
		}
		return lang.Say("status.in_browser")
	case request.Signed:
		return lang.Say("status.signed")
	case request.Partial:
		return lang.Say("status.partial")
	case request.Rejected:
		return lang.Say("status.rejected")
	case request.Canceled:
		return lang.Say("status.canceled")
	case request.Failed:
		return lang.Say("status.failed")
	case request.Gone:
		return lang.Say("status.gone")
	case request.Withdrawn:
		return lang.Say("status.withdrawn")
	}
	return string(r.Status)
}

func evidenceText(o *request.Outcome, lang i18n.Language) cell {
	if lang == "" {
		return textCell(string(o.Evidence))
	}
	return textCell(explain.Evidence(lang, o.Evidence))
}

// fromOutcome returns a function for [column] that calls the function value with the outcome of a request, and returns an
// empty cell for a request without an outcome.
func fromOutcome(value func(*request.Outcome, i18n.Language) cell) func(*request.Request, i18n.Language) cell {
	return func(r *request.Request, lang i18n.Language) cell {
		if r.Outcome == nil {
			return cell{}
		}
		return value(r.Outcome, lang)
	}
}

// fromReview returns a function for [column] that calls the function value with the review of a request, and returns an
// empty cell for a request without a review.
func fromReview(value func(*request.Review) cell) func(*request.Request, i18n.Language) cell {
	return func(r *request.Request, _ i18n.Language) cell {
		if r.Review == nil {
			return cell{}
		}
		return value(r.Review)
	}
}

func reviewText(r *request.Request, lang i18n.Language) cell {
	if r.Review == nil {
		return cell{}
	}
	return textCell(decisionText(r.Review.Decision, lang))
}

func decisionText(d request.Decision, lang i18n.Language) string {
	switch {
	case lang == "":
		return string(d)
	case d == request.Accepted:
		return lang.Say("export.accepted")
	}
	return lang.Say("export.returned")
}

func fromDocuments(value func(*request.Document) string) func(*request.Request, i18n.Language) cell {
	return func(r *request.Request, _ i18n.Language) cell {
		all := make([]string, 0, fewTexts)
		for i := range r.Documents {
			all = append(all, value(&r.Documents[i]))
		}
		return textCell(strings.Join(all, separator))
	}
}

func signersText(r *request.Request, _ i18n.Language) cell {
	if len(r.Signers) == 1 && r.Signers[0].Email == "" {
		return textCell(r.Signers[0].Name)
	}
	text := make([]byte, 0, fewTexts*64)
	for i, s := range r.Signers {
		if i > 0 {
			text = append(text, separator...)
		}
		text = append(text, s.Name...)
		if s.Email != "" {
			text = append(append(append(text, " <"...), s.Email...), '>')
		}
	}
	return textCell(string(text))
}

// signedDigests returns the digests of the signed files in the order of the documents, with "none" for a document without
// one, and of the attached files after them. The cell is empty when there is no signed file.
func signedDigests(r *request.Request, _ i18n.Language) cell {
	all := make([]string, 0, fewTexts)
	found := false
	for i := range r.Documents {
		if r.Documents[i].Signed == nil {
			all = append(all, "none")
			continue
		}
		all, found = append(all, r.Documents[i].Signed.SHA256), true
	}
	for i := range r.Attached {
		all, found = append(all, r.Attached[i].SHA256), true
	}
	if !found {
		return cell{}
	}
	return textCell(strings.Join(all, separator))
}

func timeOrEmpty(at *time.Time) cell {
	if at == nil {
		return cell{}
	}
	return timeCell(*at)
}
