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

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/workspace"
)

// value prints v as JSON on a line of its own.
func (t *terminal) value(v any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// oneLine returns the text of an error, cleaned and on one line. Joined errors are separated by semicolons.
func oneLine(err error) string { return clean(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// clean returns a text that is safe to print on a terminal. It replaces line breaks and tabs by spaces, and
// characters that cannot be seen by their numbers.
func clean(text string) string {
	return request.ShowHidden(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// many returns a number of things: "1 request", "2 requests".
func many[N int | int64 | uint64](n N, thing string) string {
	return counted(n, "1 "+thing, "%d "+thing+"s")
}

// counted returns the text one for one thing, and for any other number the text several with n for its %d.
func counted[N int | int64 | uint64](n N, one, several string) string {
	if n == 1 {
		return one
	}
	return strings.Replace(several, "%d", fmt.Sprint(n), 1)
}

// printf prints text for people, as [fmt.Fprintf] does. It cleans all errors and strings among args (see
// [clean]): they may come from gateways, files and other people. Only the format may contain line breaks
// and tabs.
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

// table returns a writer that aligns columns. Each cell but the last of a row ends with a tab. It
// prints on Flush.
func (t *terminal) table() *tabwriter.Writer {
	return tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
}

// progressEvery is the time between two lines of progress.
const progressEvery = 2 * time.Second

// seldom returns a function that passes its argument on to the function tell, at most every progressEvery,
// the first time after progressEvery. The calls in between do nothing.
func seldom[P any](tell func(P)) func(P) {
	told := time.Now()
	return func(p P) {
		if time.Since(told) >= progressEvery {
			told = time.Now()
			tell(p)
		}
	}
}

// requestJSON is a request as it is printed. Unlike what is handed on to others, it has the people of the request.
type requestJSON struct {
	evidence.Record
	Signers   []request.Signer          `json:"signers,omitempty"`
	Copies    []request.CopyRecipient   `json:"copies,omitempty"`
	Signature *request.SignatureOptions `json:"signature,omitempty"`
	// Positions are those of single documents, in place of the one in Signature.
	Positions []request.SignaturePosition `json:"positions,omitempty"`
}

// requests prints requests: each as a JSON value, or all as a table.
func (t *terminal) requests(w *workspace.Workspace, requests ...request.Request) error {
	if t.json {
		for _, r := range requests {
			if err := t.value(requestJSON{evidence.RecordOf(r, w.Ledger.DocumentPath), r.Signers, r.CopyRecipients, r.Signature, r.Positions}); err != nil {
				return err
			}
		}
		return nil
	}
	table := t.table()
	for _, r := range requests {
		printf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, statusOf(r), knownBy(r), r.Gateway, r.Title)
	}
	return table.Flush()
}

// statusOf returns the status of a request. When the port of the request's visit is lost, so that the return of
// the browser would not be heard, the text also names that port.
func statusOf(r request.Request) string {
	if r.LostPort != 0 {
		return fmt.Sprintf("%s (port %d lost)", r.Status, r.LostPort)
	}
	return string(r.Status)
}

func knownBy(r request.Request) string {
	if r.Outcome == nil {
		return "-"
	}
	return string(r.Outcome.Evidence)
}

// review returns the decision about a request's outcome as a short text, with who decided and the note.
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

// archived returns who put a request away, when and why, as a short text. It is empty for nil.
func archived(a *request.Archived) string {
	if a == nil {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf("by %s, %s: %s", orDash(a.By), a.At.Local().Format(time.DateTime), a.Reason), ": ")
}

// voucher returns who vouches for a file, when and with which note, as a short text. It is empty for nil.
func voucher(v *request.Voucher) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("by %s, %s: %s", orDash(v.By), v.At.Local().Format(time.DateTime), v.Note)
}

// damage returns a text about a stored file that is damaged. It is empty for one that is not.
func damage(file string, d request.Damage) string {
	if d == "" {
		return ""
	}
	return fmt.Sprintf("the %s is %s: put it back from a backup", file, d)
}

// details prints everything about one request.
func (t *terminal) details(w *workspace.Workspace, r request.Request) error {
	if t.json {
		return t.requests(w, r)
	}
	where := explain.Request(r, i18n.English)
	table := t.table()
	line := func(name, value string) {
		if value != "" {
			printf(table, "%s\t%s\n", name, value)
		}
	}
	line("id", string(r.ID))
	line("title", r.Title)
	line("reference", r.Reference)
	for _, hidden := range r.Hidden() {
		line("warning", hidden.Text)
	}
	line("gateway", r.Gateway)
	if r.Practice {
		line("practice", "signed at a practice gateway: it has no legal value")
	}
	line("due", r.Due)
	line("status", fmt.Sprintf("%s: %s", r.Status, where.State))
	line("next", where.Advice)
	if o := r.Outcome; o != nil {
		line("gateway's code", o.Code)
		line("its message", o.Message)
		line("evidence", string(o.Evidence))
	}
	line("review", review(r))
	line("archived", archived(r.Archived))
	line("replaces", string(r.Replaces))
	line("replaced by", string(r.ReplacedBy))
	line("trouble", r.Trouble)
	line("attempt", fmt.Sprint(r.Attempt))
	line("desk", r.Desk)
	line("launched by", r.LaunchedBy)
	line("remote id", r.RemoteID)
	if r.HearsReturn() {
		line("address", r.Visit.URL)
	}
	for i, doc := range r.Documents {
		line("document", fmt.Sprintf("%s, %s, sha256 %s", doc.Name, many(doc.Size, "byte"), doc.SHA256))
		line("damage", damage("original", doc.Damage))
		if i < len(r.Positions) {
			line("position", signatureText(&request.SignatureOptions{Page: r.Positions[i].Page, Rectangle: r.Positions[i].Rectangle}))
		}
		if s := doc.Signed; s != nil {
			line("signed file", w.Ledger.DocumentPath(s.SHA256))
			line("damage", damage("signed file", s.Damage))
			line("problem", s.Problem)
			line("vouched for", voucher(s.Voucher))
			if len(s.Changes) > 0 {
				line("warning", changedWords(s.Changes))
			}
		}
	}
	for _, s := range r.Attached {
		line("attached file", w.Ledger.DocumentPath(s.SHA256))
		line("damage", damage("attached file", s.Damage))
		line("vouched for", voucher(s.Voucher))
	}
	for _, p := range r.Signers {
		line("signer", fmt.Sprintf("%s, %s, %s %s", p.Name, p.Email, p.Country, p.Number))
	}
	for _, p := range r.CopyRecipients {
		line("copy to", fmt.Sprintf("%s, %s", p.Name, p.Email))
	}
	line("signature", signatureText(r.Signature))
	line("changed", r.UpdatedAt.Local().Format(time.DateTime))
	return table.Flush()
}
