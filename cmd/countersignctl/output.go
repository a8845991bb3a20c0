package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/core/words"
)

// value prints one JSON value on a line of its own.
func (t *terminal) value(v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// oneLine makes one sentence of an error that joins several.
func oneLine(err error) string { return clean(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// clean is a text that does nothing to a terminal: signs that move it, color it or turn its
// lines around are left out, and it stays on its line and in its column.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// printf is how everything is printed that people read: much of it comes from gateways,
// files and other people, and only what is written here is laid out.
func printf(w io.Writer, format string, args ...any) error {
	for i, arg := range args {
		switch v := arg.(type) {
		case error:
			args[i] = oneLine(v)
		default:
			if text := reflect.ValueOf(arg); text.Kind() == reflect.String {
				args[i] = clean(text.String())
			}
		}
	}
	_, err := fmt.Fprintf(w, format, args...)
	return err
}

// requestJSON is a request as scripts read it. Members that are absent are left out.
type requestJSON struct {
	ID        request.ID     `json:"id"`
	Title     string         `json:"title"`
	Reference string         `json:"reference,omitempty"`
	Gateway   string         `json:"gateway"`
	Status    request.Status `json:"status"`
	Outcome   *outcomeJSON   `json:"outcome,omitempty"`
	Attempt   int            `json:"attempt"`
	RemoteID  string         `json:"remote_id,omitempty"`
	Due       string         `json:"due,omitempty"`
	Documents []documentJSON `json:"documents,omitempty"`
	Attached  []signedJSON   `json:"attached,omitempty"` // signed files of a request whose documents were never here
	Review    *reviewJSON    `json:"review,omitempty"`
	Trouble   string         `json:"trouble,omitempty"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

type outcomeJSON struct {
	Word      string           `json:"word,omitempty"`
	Message   string           `json:"message"`
	Confirmed bool             `json:"confirmed"`
	Evidence  request.Evidence `json:"evidence"`
	At        time.Time        `json:"at"`
}

type reviewJSON struct {
	Decision request.Decision `json:"decision"`
	Note     string           `json:"note"`
	By       string           `json:"by"`
	At       time.Time        `json:"at"`
}

type documentJSON struct {
	Name    string      `json:"name"`
	SHA256  string      `json:"sha256"`
	Size    int64       `json:"size"`
	Result  string      `json:"result,omitempty"`
	Message string      `json:"message,omitempty"`
	Signed  *signedJSON `json:"signed,omitempty"`
}

type signedJSON struct {
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
	Problem string `json:"problem,omitempty"`
}

func jsonOf(d *desk.Desk, r request.Request) requestJSON {
	j := requestJSON{
		ID: r.ID, Title: r.Title, Reference: r.Reference, Gateway: r.Gateway, Status: r.Status,
		Attempt: r.Attempt, RemoteID: r.RemoteID, Due: r.Due, Trouble: r.Trouble,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if o := r.Outcome; o != nil {
		j.Outcome = &outcomeJSON{Word: o.Word, Message: o.Message, Confirmed: o.Confirmed(), Evidence: o.Evidence, At: o.At}
	}
	if v := r.Review; v != nil {
		j.Review = &reviewJSON{Decision: v.Decision, Note: v.Note, By: v.By, At: v.At}
	}
	for _, s := range r.Attached {
		j.Attached = append(j.Attached, *signedOf(d, s))
	}
	for _, doc := range r.Documents {
		dj := documentJSON{Name: doc.Name, SHA256: doc.SHA256, Size: doc.Size, Result: doc.Result, Message: doc.Message}
		if s := doc.Signed; s != nil {
			dj.Signed = signedOf(d, *s)
		}
		j.Documents = append(j.Documents, dj)
	}
	return j
}

func signedOf(d *desk.Desk, s request.SignedFile) *signedJSON {
	return &signedJSON{Path: d.DocumentPath(s.SHA256), SHA256: s.SHA256, Size: s.Size, Problem: s.Problem}
}

// requests prints requests: a JSON value each, or a table.
func (t *terminal) requests(d *desk.Desk, requests ...request.Request) error {
	if t.json {
		for _, r := range requests {
			if err := t.value(jsonOf(d, r)); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, r := range requests {
		printf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Status, evidence(r), r.Gateway, r.Title)
	}
	return table.Flush()
}

func evidence(r request.Request) string {
	if r.Outcome == nil {
		return "-"
	}
	return string(r.Outcome.Evidence)
}

// review is what was decided about an outcome, in short.
func review(r request.Request) string {
	v := r.Review
	if v == nil {
		return string(r.Decision())
	}
	text := fmt.Sprintf("%s by %s, %s", v.Decision, orDash(v.By), v.At.Local().Format(time.DateTime))
	if v.Note != "" {
		text += ": " + v.Note
	}
	return text
}

// details prints all there is to know about one request.
func (t *terminal) details(d *desk.Desk, r request.Request) error {
	if t.json {
		return t.requests(d, r)
	}
	where := desk.Explain(r, words.English)
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			printf(table, "%s\t%s\n", name, value)
		}
	}
	line("id", string(r.ID))
	line("title", r.Title)
	line("reference", r.Reference)
	line("gateway", r.Gateway)
	line("due", r.Due)
	line("status", fmt.Sprintf("%s: %s", r.Status, where.State))
	line("next", where.Advice)
	if o := r.Outcome; o != nil {
		line("gateway's word", o.Word)
		line("its message", o.Message)
		line("evidence", string(o.Evidence))
	}
	line("review", review(r))
	line("trouble", r.Trouble)
	line("attempt", fmt.Sprint(r.Attempt))
	line("remote id", r.RemoteID)
	if r.Status == request.Signing {
		line("address", r.Visit.URL)
	}
	for _, doc := range r.Documents {
		line("document", fmt.Sprintf("%s, %d bytes, sha256 %s", doc.Name, doc.Size, doc.SHA256))
		if s := doc.Signed; s != nil {
			line("signed file", d.DocumentPath(s.SHA256))
			line("problem", s.Problem)
		}
	}
	for _, s := range r.Attached {
		line("attached file", d.DocumentPath(s.SHA256))
	}
	for _, p := range r.Signers {
		line("signer", fmt.Sprintf("%s, %s, %s %s", p.Name, p.Email, p.Country, p.Number))
	}
	for _, p := range r.Copies {
		line("copy to", fmt.Sprintf("%s, %s", p.Name, p.Email))
	}
	line("changed", r.UpdatedAt.Local().Format(time.DateTime))
	return table.Flush()
}
