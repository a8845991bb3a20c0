package main

import (
	"bytes"
	"strings"
	"testing"

	"countersign/core/secret"
)

// PowerShell pipes a text with a byte order mark, or in UTF-16, and with CR LF; a command prompt adds a blank to what echo writes.
func TestASecretIsReadFromAnyPipe(t *testing.T) {
	for piped, want := range map[string]string{
		"s3\n":                                "s3",
		"s3":                                  "s3",
		"s3\r\n\r\n":                          "s3",
		"\xef\xbb\xbfs3\r\n":                  "s3",
		"\xff\xfes\x003\x00\r\x00\n\x00":      "s3",
		"\xfe\xff\x00s\x003\x00\r\x00\n":      "s3",
		"s\x003\x00\r\x00\n\x00":              "s3",
		"s3 \r\n":                             "s3 ",
		strings.Repeat("x", secret.MaxSecret): strings.Repeat("x", secret.MaxSecret),
	} {
		var errs bytes.Buffer
		got, err := (&terminal{in: strings.NewReader(piped), err: &errs}).readSecret(t.Context())
		if got != want || err != nil {
			t.Errorf("%.20q is read as %.20q, %v", piped, got, err)
		}
		if warned := strings.Contains(errs.String(), "ends with a blank"); warned != secret.HasOuterBlanks(want) {
			t.Errorf("%.20q: %s", piped, errs.String())
		}
	}
	for piped, want := range map[string]string{
		"":                                      "pipe it in",
		"\xef\xbb\xbf\r\n":                      "pipe it in",
		"s3\nmore\n":                            "more than one line",
		"contrase\xf1a\n":                       "neither UTF-8 nor UTF-16",
		"\xef\xbb\xbf\xef\xbb\xbfs3\n":          "an invisible character (U+FEFF)",
		"s3\x07\n":                              "an invisible character (U+0007)",
		strings.Repeat("x", secret.MaxSecret+1): "more than 64 KB",
		strings.Repeat("xy", 1<<20):             "more than 64 KB",
	} {
		if _, err := (&terminal{in: strings.NewReader(piped), err: &bytes.Buffer{}}).readSecret(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v", piped, err)
		}
	}
}
