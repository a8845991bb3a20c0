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

// judgement is what a signed file is worth.
type judgement struct {
	problem string // what keeps it from being a proof, in words; empty when it is one
	// changed is what was changed in the document between sending and signing, where that may show. The
	// signature speaks for it, so it is no problem, and a person has to look at it.
	changed []string
}

// judge decides the evidence of a signed file, wherever it came from. It is a proof when it
// begins with the bytes that were sent, carries as many intact signatures made after them as
// are wanted, and shows nothing that was added after the last one. A request is at
// [request.ByDocument] when each of its files is a proof, and at the worth of the word that
// was given for it otherwise.
func (d *Desk) judge(sent request.Original, signed *os.File, wanted int) (judgement, error) {
	original, err := d.ledger.OpenDocument(sent.SHA256)
	if err != nil {
		return judgement{}, err
	}
	defer original.Close()
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return judgement{}, err
	}
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return judgement{}, err
	}
	if !continues {
		problem, err := whyNot(original, signed)
		return judgement{problem: problem}, err
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

// signedAfter decides by the signatures of a file that continues what was sent. What was added after the last one nobody
// signed. What was changed before it, like a mark that a gateway puts on each page, is signed like the rest.
func signedAfter(signed *os.File, length int64, wanted int) (judgement, error) {
	size, err := signed.Seek(0, io.SeekEnd)
	if err != nil {
		return judgement{}, err
	}
	found, err := pdf.Examine(signed, size, pdf.Options{Since: length})
	if err != nil {
		return judgement{problem: "the file cannot be read as a PDF"}, nil //nolint:nilerr // that is the verdict
	}
	made := pdf.SignedAfter(found.Signatures, length)
	switch {
	case len(made) == 0:
		return judgement{problem: "the file carries no intact signature made after it was sent" + whatIsWrong(found.Signatures)}, nil
	case made[len(made)-1].Added.Shows():
		after := listed(made[len(made)-1].Added.Changes)
		return judgement{problem: fmt.Sprintf("the file was changed after the last signature in it (%s): what it shows is not what was signed", after)}, nil
	case len(made) < wanted:
		return judgement{problem: fmt.Sprintf("the file carries %d of %d signatures: the others are still to be made", len(made), wanted)}, nil
	}
	var v judgement
	for _, c := range found.Since.Changes {
		if c.Shows() {
			v.changed = append(v.changed, string(c))
		}
	}
	return v, nil
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
