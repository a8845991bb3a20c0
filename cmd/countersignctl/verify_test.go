package main

import (
	"testing"

	"countersign/core/proof"
)

func TestWhatIsPrintedOfSignatures(t *testing.T) {
	for _, c := range []struct {
		signature            proof.Signature
		assessment, sentence string
	}{
		{
			proof.Signature{Field: "A", Signer: "Ann", State: proof.Intact, Whole: true, Trusted: true, Stated: "2026-11-01 10:15:00 +01:00"},
			"its signature is intact", "A, signed by Ann at 2026-11-01 10:15:00 +01:00: intact, covers the whole file, trusted",
		},
		{
			proof.Signature{Field: "A", Fields: []string{"A", "B"}, Signer: "Ann", State: proof.Intact, Weak: "SHA-1", Whole: true, Stated: "2026-11-01 10:15:00", NoZone: true},
			"its signature is intact; no issuer that is trusted here confirms who signed; SHA-1 can be forged today, so a signature with it proves little",
			"A and B, signed by Ann at 2026-11-01 10:15:00 (without a time zone): intact but weak (SHA-1), covers the whole file, not trusted",
		},
		{
			proof.Signature{Field: "A", State: proof.Unchecked, Problem: "the signature does not include the certificate of its signer"},
			"its signature cannot be checked here",
			"A, signed by somebody whose name is not known: cannot be checked here: the signature does not include the certificate of its signer",
		},
		{
			proof.Signature{Field: "A", Signer: "Ann", State: proof.Broken, Problem: "the document was changed after it was signed"},
			"NOT INTACT: do not rely on this file", "A, signed by Ann: NOT INTACT: the document was changed after it was signed",
		},
	} {
		if got := assess(proof.Verified{Signatures: []proof.Signature{c.signature}}); got != c.assessment {
			t.Errorf("got %q, want %q", got, c.assessment)
		}
		if got := sentence(c.signature); got != c.sentence {
			t.Errorf("got %q, want %q", got, c.sentence)
		}
	}
}
