package countersign_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoticesAreOfWhatIsBuiltIn checks that the notices that both programs print name each module that is built in, in the version
// that is built in. It looks at this system only; make audit-deps looks at all, and at the licenses.
func TestNoticesAreOfWhatIsBuiltIn(t *testing.T) {
	notices, err := os.ReadFile(filepath.Join("core", "about", "notices.txt"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^- (\S+ v\S+) \(`).FindAllStringSubmatch(string(notices), -1) {
		named[m[1]] = true
	}
	const format = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}`
	out, err := exec.Command("go", "list", "-deps", "-tags", "x11,migrated_fynedo", "-f", format, "./cmd/countersign", "./cmd/countersignctl").Output()
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if module := strings.TrimSpace(line); module != "" {
			built[module] = true
		}
	}
	if len(built) < 10 {
		t.Fatalf("only %d modules are built in", len(built))
	}
	for module := range built {
		if !named[module] {
			t.Errorf("the notices do not name %s: make notices writes them", module)
		}
	}
}
