package sandbox

import (
	"strings"
	"testing"
)

func TestLabelsAreNeverPaths(t *testing.T) {
	for name, want := range map[string]string{
		"contract.pdf": "contract.pdf", `C:\docs\a.pdf`: "a.pdf", "../../etc/passwd": "passwd", "": "document.pdf",
		"..": "document.pdf", "a\r\nb.pdf": "ab.pdf", "/": "document.pdf", strings.Repeat("ñ", 300): strings.Repeat("ñ", 200),
	} {
		if got := label(name); got != want {
			t.Errorf("label(%q) is %q, want %q", name, got, want)
		}
	}
}
