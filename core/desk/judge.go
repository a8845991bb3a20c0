package desk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/pdf"
	"countersign/core/request"
)

// signatures is how many a signed file of a request has to carry: one of each person who is
// to sign it.
func signatures(r request.Request, can gateway.Abilities) int {
	if can.SeveralSign {
		return max(1, len(r.Signers))
	}
	return 1
}

// judge decides the evidence of a signed file, wherever it came from: what keeps it from
// being a proof, in words; empty when it begins with the bytes that were sent, carries as
// many intact signatures made after them as are wanted, and shows nothing else. A request
// is at [request.ByDocument] when each of its files is judged so, and at the worth of the
// word that was given for it otherwise.
func (d *Desk) judge(sent request.Original, signed *os.File, wanted int) (problem string, err error) {
	original, err := d.ledger.OpenDocument(sent.SHA256)
	if err != nil {
		return "", err
	}
	defer original.Close()
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return "", err
	}
	if !continues {
		return whyNot(original, signed)
	}
	return signedAfter(signed, sent.Size, wanted)
}

const notContinued = "the file does not begin with the bytes that were sent"

// whyNot tells a file that is just what was sent from one that is something else.
func whyNot(original, signed *os.File) (problem string, err error) {
	before, err := original.Stat()
	if err != nil {
		return "", err
	}
	after, err := signed.Stat()
	if err != nil {
		return "", err
	}
	if before.Size() == after.Size() {
		// The same size: the same bytes continue themselves by one more.
		_, originalErr := original.Seek(0, io.SeekStart)
		_, signedErr := signed.Seek(0, io.SeekStart)
		same, err := pdf.Continues(original, io.MultiReader(signed, strings.NewReader("\n")))
		if err := errors.Join(originalErr, signedErr, err); err != nil {
			return "", err
		}
		if same {
			return "the file is just what was sent, without a signature", nil
		}
	}
	return notContinued, nil
}

// signedAfter decides by the signatures of a file that continues what was sent. Where more than signatures was added,
// what the file shows may be something that nobody signed, or something else than was sent to be signed.
func signedAfter(signed *os.File, length int64, wanted int) (problem string, err error) {
	size, err := signed.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	found, err := pdf.Examine(signed, size, pdf.Options{Since: length})
	if err != nil {
		return "the file cannot be read as a PDF", nil //nolint:nilerr // that is the verdict
	}
	made := pdf.SignedAfter(found.Signatures, length)
	switch {
	case len(made) == 0:
		return "the file carries no intact signature made after it was sent" + whatIsWrong(found.Signatures), nil
	case made[len(made)-1].Added.Shows():
		return fmt.Sprintf("the file was changed after the last signature in it (%s): what it shows is not what was signed", listed(made[len(made)-1].Added.Changes)), nil
	case slices.Contains(found.Since.Changes, pdf.SomethingElse):
		return "what the file shows was changed after it was sent, and before it was signed: compare it with the document that was sent", nil
	case len(made) < wanted:
		return fmt.Sprintf("the file carries %d of %d signatures: the others are still to be made", len(made), wanted), nil
	}
	return "", nil
}

// whatIsWrong is why the newest signature that is not intact is not.
func whatIsWrong(signatures []pdf.Signature) string {
	for _, s := range slices.Backward(signatures) {
		if !s.Intact {
			return ": " + s.Problem
		}
	}
	return ""
}

func listed(changes []pdf.Change) string {
	var words []string
	for _, c := range changes {
		words = append(words, string(c))
	}
	return strings.Join(words, ", ")
}
