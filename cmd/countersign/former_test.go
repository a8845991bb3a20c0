package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"countersign/core/home"
)

func TestAFormerHomeIsMovedOnlyIfThePersonSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		answer       answer
		goOn, atNew  bool // what becomes of the program, and of the home
		opensNewHome bool
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
		folder, goOn, err := placeHome(t.Context(), former, "Move it?", func(text string) answer { asked = text; return c.answer })
		if err != nil || goOn != c.goOn {
			t.Errorf("%s: it goes on: %v, %v", name, goOn, err)
		}
		if want := map[bool]string{true: former.To, false: former.From}[c.opensNewHome]; goOn && folder != want {
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
