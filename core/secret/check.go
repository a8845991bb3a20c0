package secret

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/core/request"
)

// MaxSecret is the greatest length of a secret, in bytes.
const MaxSecret = 64 << 10

// Check returns an error for a text that cannot be the secret of a gateway: an empty or a very long one, and one with characters
// that cannot be seen, which come along when it is copied or piped. The error repeats nothing of the secret but such a character.
func Check(secret string) error {
	switch {
	case secret == "":
		return request.Errorf("secret_empty", "the secret is empty: enter it again")
	case len(secret) > MaxSecret:
		return request.Errorf("secret_long", "the secret has more than %d KB, so it is something else: enter it again", MaxSecret>>10)
	case !utf8.ValidString(secret) || strings.ContainsRune(secret, utf8.RuneError):
		return request.Errorf("secret_not_text", "the secret has characters that were lost on the way here: enter it again, or pipe it in as UTF-8")
	case strings.ContainsAny(secret, "\r\n\u2028\u2029"):
		return request.Errorf("secret_lines", "the secret has more than one line: enter only the secret")
	}
	for _, r := range secret {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return request.Errorf("secret_hidden", "the secret contains an invisible character (%s): enter it again", fmt.Sprintf("%U", r))
		}
	}
	return nil
}

// HasOuterBlanks reports whether a secret begins or ends with a blank, which may not be part of it: "echo secret |" in a Windows
// command prompt adds one.
func HasOuterBlanks(secret string) bool { return strings.TrimSpace(secret) != secret }
