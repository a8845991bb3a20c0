package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/home"
)

// What cannot be removed is said, and the desk opens where it is now.
func TestADeskOpensAlthoughSomethingIsLeftWhereItWas(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("run the tests as another user than root, who may remove everything, to try a folder from which nothing can be removed")
	}
	root := t.TempDir()
	former := home.Former{From: filepath.Join(root, "old", "desk"), To: filepath.Join(root, "new")}
	d, err := home.Open(former.From)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(home.WriteFile(d.Gateways(), nil), os.Chmod(filepath.Dir(former.From), 0o500)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(former.From), 0o700) })
	told := ""
	folder, goOn, err := placeHome(t.Context(), former, "Move it?", func(string) answer { return answerYes }, func(text string) { told = text })
	if err != nil || !goOn || folder != "" || !strings.Contains(told, "something is left in "+filepath.Dir(former.From)) {
		t.Errorf("it opens %s, %v, %v, and says %s", folder, goOn, err, told)
	}
}

func TestAFormerHomeIsMovedOnlyIfThePersonSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		answer      answer
		goOn, atNew bool // what becomes of the program, and of the home
		opensUsual  bool
	}{
		"yes":    {answerYes, true, true, true},
		"no":     {answerNo, true, false, false},
		"cancel": {answerCancel, false, false, false},
	} {
		root := t.TempDir()
		former := home.Former{From: filepath.Join(root, "old"), To: filepath.Join(root, "new")}
		d, err := home.Open(former.From)
		if err != nil {
			t.Fatal(err)
		}
		if err := home.WriteFile(d.Gateways(), nil); err != nil {
			t.Fatal(err)
		}
		asked := ""
		folder, goOn, err := placeHome(t.Context(), former, "Move it?", func(text string) answer { asked = text; return c.answer }, func(text string) { t.Errorf("%s: it says %s", name, text) })
		if err != nil || goOn != c.goOn {
			t.Errorf("%s: it goes on: %v, %v", name, goOn, err)
		}
		if want := map[bool]string{true: "", false: former.From}[c.opensUsual]; goOn && folder != want {
			t.Errorf("%s: it opens %s", name, folder)
		}
		if asked != "Move it?" {
			t.Errorf("%s: it asks %q", name, asked)
		}
		_, err = os.Stat(former.To)
		if moved := !errors.Is(err, fs.ErrNotExist); moved != c.atNew {
			t.Errorf("%s: moved: %v", name, moved)
		}
	}
}
