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

// Judgment is the result of judging a signed file: whether it proves that a document was signed, and if not, why.
type Judgment struct {
	// Problem is why the file proves nothing; empty when it is a proof.
	Problem string
	Cause   request.Cause // of Problem
	// Unchecked is set if Problem is only that this program cannot tell: nothing is known against the file.
	Unchecked bool
	// Changed lists the changes (see [pdf.Change]) that were made to the document between sending and
	// signing and that may show, or that could not be compared. The signature covers them, so they are no
	// problem, but a person has to look at them.
	Changed []string
}

// NotContinued is the [Judgment.Problem] of a file that does not begin with the bytes that were sent.
const NotContinued = "the file does not begin with the bytes that were sent"

// Judge decides whether a signed file, wherever it came from, is a proof that a document was signed. sent
// describes the document as it was sent, and original is the stored copy of it, which has to be at its
// beginning. The signed file is a proof if it begins with the bytes of original, carries at least the
// wanted number of intact signatures that were made after them, and shows nothing that was added after
// the last of these signatures. Judge moves the offsets of both files. A file that is no proof, or cannot
// be read as a PDF, is a Judgment with a Problem; the error is not nil only when reading fails.
func Judge(original *os.File, sent request.Original, signed *os.File, wanted int) (Judgment, error) {
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return Judgment{}, err
	}
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return Judgment{}, err
	}
	if continues {
		return judgeSignatures(signed, sent.Size, wanted)
	}
	problem, err := whyNot(original, signed)
	if err != nil || problem.Text != NotContinued {
		return unproven(problem), err
	}
	length, err := continuedWithin(original, sent.Size, signed)
	if err != nil || length == 0 {
		return unproven(problem), err
	}
	return judgeTrimmed(signed, length, wanted)
}

// continuedWithin returns the length of the PDF in an original that has other bytes before or behind that PDF, if the signed file
// continues the PDF alone. Otherwise, and for an original without other bytes, it returns 0. size is the length of the original.
func continuedWithin(original *os.File, size int64, signed *os.File) (length int64, err error) {
	start, end, err := pdf.Bounds(original, size)
	if err != nil || end <= start || start == 0 && end == size {
		return 0, err
	}
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	continues, err := pdf.Continues(io.NewSectionReader(original, start, end-start), signed)
	if err != nil || !continues {
		return 0, err
	}
	return end - start, nil
}

// judgeTrimmed judges a signed file that continues the PDF of an original without the bytes around it; see continuedWithin. length
// is the length of that PDF. Such a file is never a proof. If its signatures would make it one, the judgment is Unchecked, since
// the bytes that are missing show nothing.
func judgeTrimmed(signed *os.File, length int64, wanted int) (Judgment, error) {
	v, err := judgeSignatures(signed, length, wanted)
	if err != nil || v.Problem != "" {
		return v, err
	}
	return unchecked(request.Sentencef("file_trimmed", "the file begins with the document that was sent, but bytes before its beginning or after its end are missing")), nil
}

// whyNot returns why the signed file does not continue the original: it has exactly the same bytes, or it
// begins with others.
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

// judgeSignatures judges a signed file that begins with what was sent, which is length bytes long. What
// was added after the last signature was signed by nobody. What was changed before the last signature,
// like a stamp that a gateway puts on each page, is signed like the rest.
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
	if len(made) == 0 {
		return noSignature(found.Signatures, length), nil
	}
	last := made[len(made)-1]
	switch ChangedAfter(last) {
	case ShowsOther:
		return unproven(request.Sentencef("file_changed", "the file was changed after its last signature (%s): what it shows is not what was signed", join(last.Appended.Changes))), nil
	case NotCompared:
		return unchecked(request.Sentencef("file_not_compared", "what was added to the file after its last signature could not be compared with what was signed")), nil
	}
	if len(made) < wanted {
		problem := request.Sentencef("file_too_few", "signatures are still missing: the file carries %d of %d", len(made), wanted)
		return Judgment{Problem: problem.Text, Cause: problem.Cause, Unchecked: len(made)+countUnchecked(found.Signatures, length) >= wanted}, nil
	}
	var v Judgment
	for _, c := range found.AppendedSince.Changes {
		if c.MayAlterContent() || c == pdf.NotCompared {
			v.Changed = append(v.Changed, string(c))
		}
	}
	return v, nil
}

// Effect is what the bytes after a signature do to what a reader sees of the document.
type Effect int

// The effects.
const (
	ShowsSame   Effect = iota // there are no such bytes, or they change nothing that is shown
	NotCompared               // this program does not understand all of these bytes
	ShowsOther                // these bytes may change what is shown, or make changes that the signer did not allow, shown or not
)

// ChangedAfter returns the effect of what was appended to the file after s, which has to be intact.
func ChangedAfter(s pdf.Signature) Effect {
	switch {
	case s.Appended.MayAlterContent(), s.Violation != "":
		return ShowsOther
	case !s.Appended.Compared():
		return NotCompared
	}
	return ShowsSame
}

func unproven(problem request.Sentence) Judgment {
	return Judgment{Problem: problem.Text, Cause: problem.Cause}
}

func unchecked(problem request.Sentence) Judgment {
	return Judgment{Problem: problem.Text, Cause: problem.Cause, Unchecked: true}
}

// noSignature returns the judgment of a file in which no intact signature was made after it was sent. The problem is that of the
// last signature that was made since and is broken, weak or cannot be checked here, or else that there is none. Signatures among
// the first length bytes, which were sent, do not count.
func noSignature(signatures []pdf.Signature, length int64) Judgment {
	for _, s := range slices.Backward(signatures) {
		why := request.Sentence{Text: s.Problem, Cause: CauseOf(s.Coded)}
		switch {
		case s.DocTimestamp, wasSent(s, length):
		case s.State == pdf.Broken:
			return unproven(request.Sentencef("file_bad_signature", "the file carries no intact signature made after it was sent: %s", why))
		case s.State == pdf.Unchecked:
			return unchecked(request.Sentencef("file_unchecked", "the signature in the file cannot be checked here: %s", why))
		case s.Weak != "":
			return unchecked(request.Sentencef("file_weak", "the signature in the file is intact, but was made with %s, which can be forged today", s.Weak))
		}
	}
	return unproven(request.Sentencef("file_no_signature", "the file carries no intact signature made after it was sent"))
}

// wasSent reports whether a signature is among the first length bytes of the file, which were sent.
func wasSent(s pdf.Signature, length int64) bool {
	return s.ContentsOffset > 0 && s.ContentsOffset < length
}

// countUnchecked returns how many signatures behind the first length bytes, which were sent, are intact but weak, or cannot be
// checked here. Document time-stamps do not count.
func countUnchecked(signatures []pdf.Signature, length int64) (n int) {
	for _, s := range signatures {
		if !s.DocTimestamp && !wasSent(s, length) && (s.State == pdf.Unchecked || s.Intact() && s.Weak != "") {
			n++
		}
	}
	return n
}

// CauseOf converts a problem of a signature, or the reason why it is trusted or not, to a cause. For nil, it returns the zero value.
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
