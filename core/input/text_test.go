package input

import (
	"errors"
	"testing"
	"unicode/utf8"
)

func TestATextIsReadAsOtherProgramsWriteIt(t *testing.T) {
	for written, want := range map[string]string{
		"":                         "",
		"s3\n":                     "s3\n",
		"\xef\xbb\xbfs3\r\n":       "s3\r\n",
		"\xff\xfes\x003\x00\r\x00": "s3\r",
		"\xfe\xff\x00s\x003\x00\r": "s3\r",
		"s\x003\x00":               "s3",
		"\x00s\x003":               "s3",
		"a\x00\xf1\x00o\x00":       "año",
		"\xff\xfe\x3d\xd8\x00\xde": "😀",
		"\xff\xfe":                 "",
		"s\x003":                   "s\x003", // one control character makes it no UTF-16
		"a\x00":                    "a",
		"año":                      "año",
	} {
		if got, err := Text([]byte(written)); got != want || err != nil {
			t.Errorf("%q is read as %q, %v", written, got, err)
		}
	}
	for _, written := range []string{"a\xf1o", "\xff\xfes", "\xff", "\xfe\xffs\x003"} {
		if got, err := Text([]byte(written)); !errors.Is(err, ErrNotText) {
			t.Errorf("%q is read as %q, %v", written, got, err)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "s3\n", "\xff\xfes\x003\x00", "\xfe\xff\xd8\x00", "a\xf1o", "\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, written []byte) {
		text, err := Text(written)
		if err == nil && !utf8.ValidString(text) || err != nil && text != "" {
			t.Errorf("%q is read as %q, %v", written, text, err)
		}
	})
}
