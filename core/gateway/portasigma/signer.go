package portasigma

import (
	"fmt"
	"strconv"
	"strings"

	"countersign/core/request"
)

// checkSigner tells whether a signer's identifier can be right. It has to match the
// signer's certificate, so a slip of the pen would only show when the signer is refused.
func checkSigner(s request.Signer) error {
	if !strings.EqualFold(s.Country, "ES") || !isDNI(s.Number) {
		return nil // the rules of other identifiers are not known here
	}
	number := strings.ToUpper(s.Number)
	if want := controlLetter(number[:8]); number[8] != want {
		return fmt.Errorf("the identifier %s of %s cannot be right: its letter does not fit its digits; check it against the signer's identity card", s.Number, s.Name)
	}
	return nil
}

// isDNI tells whether an identifier has the form of a Spanish DNI (12345678Z) or NIE
// (X1234567L).
func isDNI(number string) bool {
	if len(number) != 9 {
		return false
	}
	for i, c := range []byte(strings.ToUpper(number)) {
		digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
		switch {
		case i == 0 && (digit || c >= 'X' && c <= 'Z'):
		case i > 0 && i < 8 && digit:
		case i == 8 && letter:
		default:
			return false
		}
	}
	return true
}

// controlLetter is the letter that belongs to eight digits, of which the first may be
// written as X, Y or Z for 0, 1 or 2.
func controlLetter(digits string) byte {
	plain := strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(digits)
	n, err := strconv.Atoi(plain)
	if err != nil {
		return 0
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]
}
