package proof

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Judgment is what a signed file is worth.
type Judgment struct {
	// Problem is why the file proves nothing; empty when it is a proof.
	Problem string
	Cause   request.Cause // of Problem
	// Changed are the changes made to the document between sending and signing that may show. The
	// signature covers them, so they are no problem, but a person has to look at them.
	Changed []string
}

// NotContinued is the [Judgment.Problem] of a file that is no continuation of what was sent.
const NotContinued = "the file does not begin with the bytes that were sent"

// Judge decides whether signed proves that the document sent was signed; where the file came from
// does not matter. It is a proof when it begins with the bytes of original, carries at least
// wanted intact signatures made after them, and shows nothing that was added after the last one.
// original is the content of sent, at its beginning. The offsets of both files are moved.
func Judge(original *os.File, sent request.Original, signed *os.File, wanted int) (Judgment, error) {
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return Judgment{}, err
	}
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return Judgment{}, err
	}
	if !continues {
		problem, err := whyNot(original, signed)
		return unproven(problem), err
	}
	return judgeSignatures(signed, sent.Size, wanted)
}

// whyNot distinguishes a file that is exactly what was sent from one that is something else.
func whyNot(original, signed *os.File) (problem request.Sentence, err error) {
	before, err := original.Stat()
	if err != nil {
		return request.Sentence{}, err
	}
	after, err := signed.Stat()
	if err != nil {
		return request.Sentence{}, err
	}
	if before.Size() == after.Size() {
		// Continues wants more than the original: one byte more makes it compare all of them.
		_, originalErr := original.Seek(0, io.SeekStart)
		_, signedErr := signed.Seek(0, io.SeekStart)
		same, err := pdf.Continues(original, io.MultiReader(signed, strings.NewReader("\n")))
		if err := errors.Join(originalErr, signedErr, err); err != nil {
			return request.Sentence{}, err
		}
		if same {
			return request.Sentencef("file_unsigned", "the file is exactly what was sent, without a signature"), nil
		}
	}
	return request.Sentencef("file_other", NotContinued), nil
}

// judgeSignatures judges a file that continues the length bytes that were sent. Nobody has signed
// what was added after the last signature. What was changed before it, like a stamp that a gateway
// puts on each page, is signed like the rest.
func judgeSignatures(signed *os.File, length int64, wanted int) (Judgment, error) {
	size, err := signed.Seek(0, io.SeekEnd)
	if err != nil {
		return Judgment{}, err
	}
	found, err := pdf.Examine(signed, size, pdf.Options{SinceOffset: length})
	if err != nil {
		return unproven(request.Sentencef("file_unreadable", "the file cannot be read as a PDF")), nil // that is the judgment
	}
	made := pdf.SignedAfter(found.Signatures, length)
	switch {
	case len(made) == 0:
		return unproven(noSignature(found.Signatures)), nil
	case made[len(made)-1].Appended.MayAlterContent():
		after := join(made[len(made)-1].Appended.Changes)
		return unproven(request.Sentencef("file_changed", "the file was changed after the last signature in it (%s): what it shows is not what was signed", after)), nil
	case len(made) < wanted:
		return unproven(request.Sentencef("file_too_few", "the file carries %d of %d signatures: the others are still to be made", len(made), wanted)), nil
	}
	var v Judgment
	for _, c := range found.AppendedSince.Changes {
		if c.MayAlterContent() {
			v.Changed = append(v.Changed, string(c))
		}
	}
	return v, nil
}

func unproven(problem request.Sentence) Judgment {
	return Judgment{Problem: problem.Text, Cause: problem.Cause}
}

// noSignature returns the problem of a file without an intact signature of its own. It names that of
// the newest signature that is not intact.
func noSignature(signatures []pdf.Signature) request.Sentence {
	for _, s := range slices.Backward(signatures) {
		if !s.Intact() {
			return request.Sentencef("file_bad_signature", "the file carries no intact signature made after it was sent: %s", request.Sentence{Text: s.Problem, Cause: CauseOf(s.Coded)})
		}
	}
	return request.Sentencef("file_no_signature", "the file carries no intact signature made after it was sent")
}

// CauseOf returns a problem of a signature, or the reason of its trust, as a cause; the zero value for nil.
func CauseOf(p *pdf.Problem) request.Cause {
	if p == nil {
		return request.Cause{}
	}
	c := request.Cause{Code: p.Code}
	for _, arg := range p.Args {
		if arg.Problem != nil {
			c.Args = append(c.Args, request.Arg{Cause: CauseOf(arg.Problem)})
		} else {
			c.Args = append(c.Args, request.Arg{Text: gateway.Sanitize(arg.Text)})
		}
	}
	return c
}

func join(changes []pdf.Change) string {
	var words []string
	for _, c := range changes {
		words = append(words, string(c))
	}
	return strings.Join(words, ", ")
}
