package secret

import (
	"strings"
	"testing"
)

func TestWhatCannotBeASecretIsRefused(t *testing.T) {
	for _, good := range []string{"x", value, " in blanks ", "=/+%&;", "пароль", "\u00a0", strings.Repeat("x", MaxSecret)} {
		if err := Check(good); err != nil {
			t.Errorf("%.20q: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                               "is empty",
		strings.Repeat("x", MaxSecret+1): "more than 64 KB",
		"hunter2\xff":                    "lost on the way",
		"hunter2\ufffd":                  "lost on the way",
		"hunter2\nmore":                  "more than one line",
		"hunter2\u2028more":              "more than one line",
		"hunter2\x00":                    "invisible character (U+0000)",
		"\ufeffhunter2":                  "invisible character (U+FEFF)",
		"hunter2\u200b":                  "invisible character (U+200B)",
		"hunter2\t":                      "invisible character (U+0009)",
	} {
		if err := Check(bad); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.20q: got %v", bad, err)
		}
	}
}
