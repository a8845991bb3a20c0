package input

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTheNameOfAFileIsALabel(t *testing.T) {
	long := strings.Repeat("ñ", 251) + ".pdf"
	for path, want := range map[string]string{
		"/a/lease.pdf":                      "lease.pdf",
		"/a/contrato_a\xf1o.pdf":            "contrato_a\ufffdo.pdf",
		"/a/two\nlines\t\u202efdp.exe":      "two lines fdp.exe",
		"/a/\x01":                           "document",
		"/a/" + long:                        long,
		"/a/" + strings.Repeat("x", 300):    strings.Repeat("x", 254) + "…",
		"/\xff/" + strings.Repeat("y", 255): strings.Repeat("y", 255),
	} {
		if got := Name(path); got != want {
			t.Errorf("%q has the name %q, not %q", path, got, want)
		}
	}
}

func TestThePathOfALabelEndsWithTheName(t *testing.T) {
	if got := PathLabel("/home/ana/a\xf1o.pdf"); got != "/home/ana/a\ufffdo.pdf" {
		t.Errorf("got %q", got)
	}
	got := PathLabel("/" + strings.Repeat("deep/", 100) + "lease.pdf")
	if !strings.HasPrefix(got, "…") || !strings.HasSuffix(got, "/deep/lease.pdf") || utf8.RuneCountInString(got) != maxLabel {
		t.Errorf("got %q", got)
	}
}

func TestCharactersAreCountedAsPeopleCountThem(t *testing.T) {
	for text, want := range map[string]int{
		"":                       0,
		"año":                    3,
		"an\u0303o":              3,
		"👍🏽":                     1,
		"👩\u200d👩\u200d👧\u200d👦": 1,
		"🇪🇸🇫🇷🇨":                  3,
		"❤\ufe0f":                1,
		"각":                      1,
		"\u1100\u1161\u11a8":     1,
		"ไม่":                    2,
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": 1,
		"e" + strings.Repeat("\u0301", 5000):                            5001, // no text that anybody reads
	} {
		if got := Characters(text); got != want {
			t.Errorf("%.40q has %d characters, not %d", text, got, want)
		}
	}
}

func TestATextIsKeptWholeOrRefusedWithItsLength(t *testing.T) {
	fits := strings.Repeat("e\u0301", 255)
	if got, err := Title.Clean(" a\n" + fits[:len(fits)-6]); err != nil || got != "a "+fits[:len(fits)-6] {
		t.Errorf("%.20q, %v", got, err)
	}
	for text, want := range map[string]string{
		fits + "e":                             "the title has 256 characters, and at most 255 fit: shorten it",
		strings.Repeat("x\u0301\u0301 ", 5000): "the title has 9999 characters, and at most 255 fit: shorten it",
	} {
		if got, err := Title.Clean(text); err == nil || err.Error() != want || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	}
}
