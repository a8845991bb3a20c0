package sandbox

import (
	"strings"
	"testing"
)

func TestDisplayNamesAreNeverPaths(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"contract.pdf": "contract.pdf", `C:\docs\a.pdf`: "a.pdf", "../../etc/passwd": "passwd", "": "document.pdf",
		"..": "document.pdf", "a\r\nb.pdf": "ab.pdf", "/": "document.pdf", strings.Repeat("ñ", 300): strings.Repeat("ñ", 200),
	} {
		if got := displayName(name); got != want {
			t.Errorf("displayName(%q) is %q, want %q", name, got, want)
		}
	}
}
