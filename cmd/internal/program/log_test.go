package program

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"countersign/core/home"
)

func mustLog(t *testing.T) (*Log, home.Dir) {
	t.Helper()
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := OpenLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, dir
}

func TestTheLogIsForItsOwnerAloneAndGoesOn(t *testing.T) {
	l, dir := mustLog(t)
	fmt.Fprintln(l, "one")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(l, "late"); err == nil {
		t.Error("a closed log takes a line")
	}
	again, err := OpenLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	fmt.Fprintln(again, "two")
	path, _ := dir.LogFiles()
	if text, err := os.ReadFile(path); string(text) != "one\ntwo\n" {
		t.Errorf("%q, %v", text, err)
	}
	for path, want := range map[string]fs.FileMode{path: 0o600, dir.Log(): 0o700} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestTheLogIsBounded(t *testing.T) {
	l, dir := mustLog(t)
	l.max = 1000
	for i := range 100 {
		if _, err := fmt.Fprintf(l, "%03d %s\n", i, strings.Repeat("x", 95)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fmt.Fprintln(l, strings.Repeat("y", 2000)); err != nil { // one line is never cut
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir.Log())
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("%d files", len(entries))
	}
	_, older := dir.LogFiles()
	old, err := os.ReadFile(older)
	if err != nil || len(old) != 1000 || !strings.HasPrefix(string(old), "090 ") {
		t.Errorf("the one before: %d bytes from %.4q, %v", len(old), old, err)
	}
}
