package portasigma

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"countersign/core/gateway"
	"countersign/core/request"
)

var _ gateway.SignerChecker = (*PortaSigma)(nil)

// CheckSigner implements [gateway.SignerChecker].
func (g *PortaSigma) CheckSigner(s request.Signer) error { return checkSigner(s) }

// checkSigner tells whether a signer's identifier can be right. It has to match the
// signer's certificate, so a slip of the pen would only show when the signer is refused.
func checkSigner(s request.Signer) error {
	number := normalized(s).Number
	switch {
	case isSpanish(s) && almostSpanish.MatchString(s.Number) && !spanishForm.MatchString(number):
		return fmt.Errorf("the identifier %s of %s cannot be right: a DNI has eight digits and a letter, a NIE has X, Y or Z, seven digits and a letter; check it against the signer's identity card", s.Number, s.Name)
	case !isSpanish(s) || !spanishForm.MatchString(number):
		return nil // the rules of other identifiers are not known here
	}
	if number[8] != controlLetter(number[:8]) {
		return fmt.Errorf("the identifier %s of %s cannot be right: its letter does not fit its digits; check it against the signer's identity card", s.Number, s.Name)
	}
	return nil
}

// spanishForm is the form of a Spanish DNI (12345678Z) or NIE (X1234567L), as their
// certificates have it.
var spanishForm = regexp.MustCompile(`^[0-9XYZ][0-9]{7}[A-Z]$`)

// almostSpanish is what people write when a digit or the letter is missing, or one too many.
var almostSpanish = regexp.MustCompile(`^[0-9]([.\- ]?[0-9]){7}$|^[XYZxyz]-?[0-9]{7}$|^[0-9]{7}-?[A-Za-z]$|^[0-9]{9}-?[A-Za-z]$|^[XYZxyz]-?([0-9]{6}|[0-9]{8})-?[A-Za-z]$`)

func isSpanish(s request.Signer) bool { return strings.EqualFold(s.Country, "ES") }

// normalized writes a DNI or NIE as certificates do, however people group it
// (12.345.678-z). Identifiers of other forms are left as they are.
func normalized(s request.Signer) request.Signer {
	if !isSpanish(s) {
		return s
	}
	s.Country = "ES"
	if number := plain(s.Number); spanishForm.MatchString(number) {
		s.Number = number
	}
	return s
}

// plain is an identifier without what people group it by.
func plain(number string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' {
			return -1
		}
		return r
	}, number))
}

// controlLetter is the letter that belongs to eight digits, of which the first may be
// written as X, Y or Z for 0, 1 or 2.
func controlLetter(digits string) byte {
	n, err := strconv.Atoi(strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(digits))
	if err != nil {
		return 0
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]
}
