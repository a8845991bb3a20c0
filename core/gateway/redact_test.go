package gateway_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"countersign/core/gateway"
)

// encodings are the forms in which a gateway may repeat a text.
var encodings = []func(string) string{
	func(text string) string { return text },
	func(text string) string { b, _ := json.Marshal(text); return string(b[1 : len(b)-1]) },
	func(text string) string { // every character as \uXXXX
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&b, `\u%04X`, unit)
		}
		return b.String()
	},
	func(text string) string { return everyByte(text, `\x%02x`) },
	func(text string) string { return strings.ReplaceAll(text, "/", `\/`) },
	url.QueryEscape,
	url.PathEscape,
	func(text string) string { return everyByte(text, "%%%02x") },
	func(text string) string { return everyByte(text, "%%%02X") },
	html.EscapeString,
	func(text string) string { return everyRune(text, "&#%d;") },
	func(text string) string { return everyRune(text, "&#x%x;") },
	func(text string) string { return everyRune(text, "&#%07d") }, // without the semicolon
	func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
	func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) },
	func(text string) string { return base64.StdEncoding.EncodeToString([]byte("a" + text)) },
	func(text string) string { return base64.URLEncoding.EncodeToString([]byte("ab" + text + "c")) },
	func(text string) string { // in lines, as in mails
		return lines(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("before ", 9)+text+strings.Repeat(" after", 9))), 76)
	},
	func(text string) string { return hex.EncodeToString([]byte(text)) },
	func(text string) string { return strings.ToUpper(hex.EncodeToString([]byte("é" + text))) },
}

func everyByte(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

func everyRune(text, format string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func lines(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\r\n")
		text = text[width:]
	}
	return b.String() + text
}

// expectFound checks that a secret is found and removed from a text with one encoding in another.
func expectFound(t *testing.T, secret, before, after string, inner, outer int) {
	t.Helper()
	encoded := encodings[outer](encodings[inner](secret))
	text := before + encoded + after
	if !gateway.ContainsSecret(&http.Response{}, text, secret) {
		t.Fatalf("encodings %d in %d: %q is not found in %q", inner, outer, secret, text)
	}
	left := gateway.RedactSecrets(text, secret)
	if gateway.ContainsSecret(&http.Response{}, left, secret) || strings.Contains(left, encoded) {
		t.Fatalf("encodings %d in %d: %q is left of %q", inner, outer, left, text)
	}
}

func TestASecretIsFoundInAnyEncoding(t *testing.T) {
	for i, secret := range []string{
		"p&ss word/+%", "50% \\u0041 &amp; \"é\" <b>", "correct-horse", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "%41%42%43%44%45", "üñíçødé-日本語", "😀😀😀",
	} {
		for inner := range encodings {
			for outer := range encodings {
				if i < 2 && (i+inner+outer)%2 == 1 || i >= 2 && inner > 0 && outer > 0 {
					continue // all pairs are tried with the first two secrets together
				}
				around := [][2]string{{"", ""}, {"the token ", " was refused"}, {`{"message":"`, `","more":"& 5% \\"}`}, {"https://x.test/?t=", "&u=1"}}[(inner+outer)%4]
				expectFound(t, secret, around[0], around[1], inner, outer)
			}
		}
	}
}

func TestTextsWithoutASecretStayAsTheyAre(t *testing.T) {
	const secret = "correct-horse"
	for _, text := range []string{
		"", "correct", "the document 50%41 \\u0041 was refused &amp; deleted", strings.Repeat("QUJD", 100), `{"id":"a%2Fb","n":"\u00e9"}`,
		"%", `\`, "&", "&#;", `\u00`, "%u12", "&#xZZ;", "%+1%-2", `\u+041`, "=", strings.Repeat("&", 1000),
	} {
		if got := gateway.RedactSecrets(text, secret, "", "%41"); got != text && !strings.Contains(text, "%41") {
			t.Errorf("got %q of %q", got, text)
		}
	}
	// A short secret is removed as it is, and not looked for where it would be by chance.
	if got := gateway.RedactSecrets("a cat", "a"); got != "… c…t" {
		t.Errorf("got %q", got)
	}
}

// A text that would take too long to look at counts as one with a secret.
func TestATextThatTakesTooLongToLookAtIsNotShown(t *testing.T) {
	text := strings.Repeat("correct ", 10_000)
	for range 3 {
		text = base64.StdEncoding.EncodeToString([]byte(`\u0026amp;%2541` + text))[:20_000]
	}
	for _, text := range []string{text, strings.Repeat(`%252541\u0025\u0034\u0031&amp;amp;`, 10_000)[:20_000]} {
		if got := gateway.RedactSecrets(text, "correct-horse-battery"); got != "…" {
			t.Errorf("%d bytes are left", len(got))
		}
	}
	long := strings.Repeat("correct, ", 10_000)
	if gateway.RedactSecrets(long, "correct-horse-battery") != long {
		t.Error("a text that is only long was changed")
	}
}

func FuzzSecretsInAnyEncoding(f *testing.F) {
	f.Add("correct-horse", "before ", " after", byte(2), byte(7))
	f.Add("p&ss word/+%", `{"message":"`, `"}`, byte(13), byte(5))
	f.Add("%41%42 &lt;\\n", "%", "1", byte(16), byte(19))
	f.Fuzz(func(t *testing.T, secret, before, after string, inner, outer byte) {
		if len(secret) < 8 || len(secret) > 100 || len(before)+len(after) > 1000 || strings.ToValidUTF8(secret, "") != secret || strings.ContainsFunc(secret, unicode.IsControl) {
			t.Skip("it needs a valid text of a usual length; HTML has no control characters")
		}
		expectFound(t, secret, before+" ", " "+after, int(inner)%len(encodings), int(outer)%len(encodings))
	})
}
