package portasigma

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"countersign/core/gateway"
	"countersign/core/request"
)

var _ gateway.SignerChecker = (*PortaSigma)(nil)

// CheckSigner implements [gateway.SignerChecker].
func (g *PortaSigma) CheckSigner(s request.Signer) error { return checkSigner(s) }

// checkSigner returns an error if a signer's identifier is impossible. The identifier must match
// the signer's certificate, so otherwise a typing error would only show when the gateway
// refuses the signer.
func checkSigner(s request.Signer) error {
	number := normalized(s).Number
	switch {
	case isSpanish(s) && almostSpanish().MatchString(s.Number) && !spanishForm().MatchString(number):
		return request.Errorf("signer_number_form", "the identifier %s of %s cannot be right: a DNI has eight digits and a letter, a NIE has X, Y or Z, seven digits and a letter; check it against the signer's identity card", s.Number, s.Name)
	case !isSpanish(s) || !spanishForm().MatchString(number):
		return nil // the rules of other identifiers are unknown here
	}
	if number[8] != controlLetter(number[:8]) {
		return request.Errorf("signer_number_letter", "the identifier %s of %s cannot be right: its letter does not fit its digits; check it against the signer's identity card", s.Number, s.Name)
	}
	return nil
}

// spanishForm matches a Spanish DNI (12345678Z) or NIE (X1234567L) as certificates have it.
var spanishForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9XYZ][0-9]{7}[A-Z]$`) })

// almostSpanish matches a DNI or NIE with one character missing or one too many.
var almostSpanish = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9]([.\- ]?[0-9]){7}$|^[XYZxyz]-?[0-9]{7}$|^[0-9]{7}-?[A-Za-z]$|^[0-9]{9}-?[A-Za-z]$|^[XYZxyz]-?([0-9]{6}|[0-9]{8})-?[A-Za-z]$`)
})

func isSpanish(s request.Signer) bool { return strings.EqualFold(s.Country, "ES") }

// normalized returns s with a DNI or NIE as certificates have it, however it is grouped
// (12.345.678-z). Other identifiers stay as they are.
func normalized(s request.Signer) request.Signer {
	if !isSpanish(s) {
		return s
	}
	s.Country = "ES"
	if number := ungrouped(s.Number); spanishForm().MatchString(number) {
		s.Number = number
	}
	return s
}

// ungrouped returns an identifier in upper case, without spaces, dots and hyphens.
func ungrouped(number string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' {
			return -1
		}
		return r
	}, number))
}

// controlLetter returns the letter that belongs to eight digits. The first digit may be X, Y or
// Z, which stand for 0, 1 and 2.
func controlLetter(digits string) byte {
	n, err := strconv.Atoi(strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(digits))
	if err != nil {
		return 0
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]
}
