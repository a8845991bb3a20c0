package about

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheVersionHasTheCommitThatTheLinkerSets(t *testing.T) {
	old := revision
	t.Cleanup(func() { revision = old })
	revision = "0123456789ab-dirty"
	if got, want := Version(), release+" 0123456789ab-dirty"; got != want {
		t.Errorf("Version() = %q, want %q", got, want)
	}
}

func TestThePackageOfTheDesktopHasTheSameVersion(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("..", "..", "FyneApp.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `Version = "` + release + `"`; !strings.Contains(string(file), want) {
		t.Errorf("FyneApp.toml does not have %s", want)
	}
}
