package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"countersign/core/request"
)

// Trier is implemented by a [Gateway] that can be tried further than [Gateway.Check] does: with a document
// that is created there and deleted again.
type Trier interface {
	// CanTry returns an error if the gateway cannot be tried as it is configured, for example because
	// documents cannot be deleted there. It makes no calls.
	CanTry() error

	// Try creates at the gateway what it creates for a visit with the one document of spec, and deletes it
	// again. Once it has begun it goes on to its end, even if ctx ends meanwhile: what a canceled call has
	// created would have no known id. Nobody is asked to sign it. The results are those of both steps.
	// The detail or the advice of a step that failed names what may be left at the gateway.
	Try(ctx context.Context, spec VisitSpec) []CheckResult
}

// PartTrial is the part of a gateway that [Trier.Try] tests: whether it accepts and deletes a document.
const PartTrial Part = "trial"

// ErrCannotTry is returned for a gateway that is no [Trier].
var ErrCannotTry = request.Errorf("cannot_try", "this kind of gateway cannot be tried with a document")

// TrierOf returns g as a Trier. The error says why g cannot be tried. It makes no calls.
func TrierOf(g Gateway) (Trier, error) {
	t, ok := g.(Trier)
	if !ok {
		return nil, ErrCannotTry
	}
	if err := t.CanTry(); err != nil {
		return nil, err
	}
	return t, nil
}

// trialName is the file name of the document that a gateway is tried with, by which a person finds it there.
const trialName = "countersign-trial.pdf"

// TrialVisit returns the visit that a gateway is tried with: one document of one page, which says what it is.
func TrialVisit(returnURL string) VisitSpec {
	data := trialPDF()
	return VisitSpec{
		ReturnURL: returnURL,
		Requests: []request.Request{{ID: "trial", Title: "Countersign trial", Documents: []request.Document{
			{Original: request.Original{Name: trialName, Size: int64(len(data))}},
		}}},
		OpenDocument: func(request.Document) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

// trialPDF returns a PDF with one page of text (ISO 32000-1, 7.5).
func trialPDF() []byte {
	text := "BT /F1 14 Tf 72 720 Td (Countersign made this page to try a signature gateway.) Tj 0 -24 Td (Nobody has to sign it. It can be deleted.) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var table bytes.Buffer
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n\r\n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f\r\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, &table, len(objects)+1, start)
	return b.Bytes()
}

// TrialRefused returns the result of a trial in which nothing could be created because of err. If the
// gateway may have created something nevertheless, the result's advice is to look for it.
func TrialRefused(err error) CheckResult {
	var advice request.Sentence
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Fault {
		case TimedOut, ServerError, BadAnswer:
			advice = request.Sentencef("trial_maybe_left", "make sure that no document %s is left at the gateway", trialName)
		}
	}
	return NewCheckResult(PartTrial, false, request.SentenceOf(err), advice)
}

// TrialCreated returns the result of the first step of a trial: id was created, and its address is address. The
// result has the address without its query, which may be all that is needed to sign.
func TrialCreated(id, address string) CheckResult {
	shown := ""
	if u, err := url.Parse(address); err == nil {
		u.RawQuery, u.Fragment, u.User = "", "", nil
		shown = Sanitize(u.String())
	}
	return NewCheckResult(PartTrial, true, request.Sentencef("trial_created", "created as %s, with the address %s", Sanitize(id), shown), request.Sentence{})
}

// TrialDeleted returns the result of the second step of a trial: id was to be deleted. failure is the error of
// the deletion, or nil. check asks the gateway for id and returns the HTTP status; it is called if failure
// is nil, since some gateways accept a deletion that they do not carry out.
func TrialDeleted(id string, failure error, check func() (status int, err error)) CheckResult {
	todo := request.Sentencef("trial_left", "delete %s at the gateway, or ask its operator to do so", Sanitize(id))
	if failure != nil {
		return NewCheckResult(PartTrial, false, request.SentenceOf(failure), todo)
	}
	if status, err := check(); err == nil && status/100 == 2 {
		return NewCheckResult(PartTrial, false, request.Sentencef("trial_still_there", "still at the gateway, although its deletion was accepted: %s", Sanitize(id)), todo)
	} else if err != nil || status != http.StatusNotFound && status != http.StatusGone {
		return NewCheckResult(PartTrial, true, request.Sentencef("trial_deletion_accepted", "the gateway accepted the deletion of %s", Sanitize(id)), request.Sentence{})
	}
	return NewCheckResult(PartTrial, true, request.Sentencef("trial_deleted", "deleted again: %s", Sanitize(id)), request.Sentence{})
}
